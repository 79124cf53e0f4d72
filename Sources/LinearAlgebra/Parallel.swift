import CKernels
import Foundation

/// Loops over the machine's cores.
///
/// One pool of threads serves the whole process. A loop inside a loop, or a loop while another
/// thread's loop is running, runs on the calling thread: never wrong, only slower. Results do not
/// depend on the number of workers as long as each index writes only its own output.
public enum Parallel {
  /// Threads that work on one loop, the caller included.
  public static let workers: Int = {
    let wanted = ProcessInfo.processInfo.environment["SEER_THREADS"].flatMap { Int($0) }
    let count = max(1, min(wanted ?? ProcessInfo.processInfo.activeProcessorCount, 256))
    sk_pool_start(Int32(count))
    return Int(sk_pool_workers())
  }()

  /// Calls `body` once for every index below `count`; indices are handed out in order.
  @inlinable
  public static func forEach(_ count: Int, _ body: (_ index: Int) -> Void) {
    if count <= 1 || workers == 1 {
      for index in 0..<max(0, count) { body(index) }
      return
    }
    run(count, body)
  }

  /// Splits `0..<count` into contiguous ranges of at least `grain` elements (a fixed number of
  /// them for a given count and grain, so reductions over ranges have a fixed order).
  @inlinable
  public static func ranges(
    of count: Int, grain: Int, _ body: (_ range: Range<Int>) -> Void
  ) {
    let pieces = pieceCount(of: count, grain: grain)
    forEach(pieces) { body(count * $0 / pieces..<count * ($0 + 1) / pieces) }
  }

  /// What `body` gives for every index below `count`, in order; ranges of at least `grain` indices are
  /// handed out.
  package static func map<Element>(
    _ count: Int, grain: Int = 1, _ body: (_ index: Int) -> Element
  ) -> [Element] {
    Array(unsafeUninitializedCapacity: max(0, count)) { elements, initialized in
      guard count > 0, let first = elements.baseAddress else { return }
      ranges(of: count, grain: grain) { range in
        for index in range { (first + index).initialize(to: body(index)) }
      }
      initialized = count
    }
  }

  /// The number of ranges that ``ranges(of:grain:_:)`` makes.
  @inlinable
  public static func pieceCount(of count: Int, grain: Int) -> Int {
    max(1, min(workers * 4, count / max(1, grain)))
  }

  @usableFromInline
  static func run(_ count: Int, _ body: (_ index: Int) -> Void) {
    // The C loop returns only when every call is done, so the closure may live on this stack.
    withoutActuallyEscaping(body) { escapable in
      var box = escapable
      withUnsafeMutablePointer(to: &box) { pointer in
        sk_pool_for(
          count,
          { context, index in
            context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(index)
          }, UnsafeMutableRawPointer(pointer))
      }
    }
  }
}
