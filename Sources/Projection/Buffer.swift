/// Uninitialised memory with an owner, for what ``LinearAlgebra/Matrix`` cannot hold.
///
/// Read-only once its maker has handed it over, which makes sending it between threads safe.
final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  let count: Int
  let elements: UnsafeMutablePointer<Element>

  init(count: Int) {
    self.count = count
    let bytes = max(64, count * MemoryLayout<Element>.stride)
    elements = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      .bindMemory(to: Element.self, capacity: max(1, count))
  }

  convenience init(repeating value: Element, count: Int) {
    self.init(count: count)
    elements.update(repeating: value, count: count)
  }

  deinit { elements.deallocate() }
}

/// Called between pieces of work, at most 20 ms apart on the machines this is made for; it throws
/// to cancel the work.
public typealias Checkpoint = () throws -> Void
