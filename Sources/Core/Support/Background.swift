import Foundation
import LinearAlgebra

/// A value that is computed on a thread of its own while others go on.
package final class Background<Value: Sendable>: Sendable {
  private let result = Locked<Result<Value, Failure>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  package init(_ body: @escaping @Sendable () throws(Failure) -> Value) {
    Thread.detachNewThread { [self] in
      let value = Result { () throws(Failure) in try body() }
      result.withLock { $0 = value }
      done.signal()
    }
  }

  /// Waits for the value.
  package func value() throws(Failure) -> Value {
    done.wait()
    done.signal()
    guard let value = result.withLock({ $0 }) else {
      throw Failure(.software, found: "a thread that ended without its value")
    }
    return try value.get()
  }
}
