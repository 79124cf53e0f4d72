import SeerSupport

/// Runs a piece of work as a job, in a thread of its own, and waits for it.
///
/// What the work has need not be `Sendable`, as it must be for `Engine.submit`: the caller stands
/// still until the job is done, so the two never use it at the same time.
package func inJob<Output>(
  cancelled: Bool = false, _ body: (JobContext) throws -> Output
) throws -> Output {
  let engine = Engine()
  return try withoutActuallyEscaping(body) { body in
    // By its address: the job's thread may let go of what it was given after it has told its result.
    try withUnsafePointer(to: body) { body in
      nonisolated(unsafe) let body = body
      nonisolated(unsafe) var output: Result<Output, any Error> = .failure(Cancelled())
      try engine.submit("test", priority: .typing) { context in
        if cancelled { engine.cancel(context.id) }
        output = Result { try body.pointee(context) }
      }.wait()
      return try output.get()
    }
  }
}
