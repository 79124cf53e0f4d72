import Foundation

/// A value that one thread at a time reads or changes.
///
/// The standard library's `Mutex` does the same. Where threads meet in it, it waits inside a library
/// that the thread sanitizer cannot see into, and every such meeting is then reported as a race. This
/// lock is the system's, which the sanitizer knows.
package final class Locked<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  package init(_ value: sending Value) {
    self.value = value
  }

  /// What the body makes of the value. Not to be called within itself.
  package func withLock<Result, Failed: Error>(
    _ body: (inout sending Value) throws(Failed) -> sending Result
  ) throws(Failed) -> sending Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
