/// Uninitialised memory with an owner, for what ``Matrix`` cannot hold.
///
/// It stays in the job that made it.
package final class Buffer<Element: BitwiseCopyable> {
  package let count: Int
  package let elements: UnsafeMutablePointer<Element>

  package init(count: Int) {
    self.count = count
    let bytes = max(64, count * MemoryLayout<Element>.stride)
    elements = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      .bindMemory(to: Element.self, capacity: max(1, count))
  }

  package convenience init(repeating value: Element, count: Int) {
    self.init(count: count)
    elements.update(repeating: value, count: count)
  }

  /// Precondition: there are as many values.
  package func fill(from values: [Element]) {
    precondition(values.count == count)
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      elements.update(from: base, count: count)
    }
  }

  deinit { elements.deallocate() }
}

/// Called between pieces of work, at most 20 ms apart on the machines this is made for; it throws
/// to cancel the work.
package typealias Checkpoint = () throws -> Void
