import SeerSupport

/// Runs a job of the engine and waits for it.
///
/// - Parameter progress: told the share done; where it returns false the job is cancelled.
func work<Output: Sendable>(
  _ title: String, progress: @escaping @Sendable (Double) -> Bool = { _ in true },
  _ body: @escaping @Sendable (JobContext) throws -> Output
) throws -> Output {
  let engine = Engine()
  let job = engine.submit(
    title, priority: .training,
    onEvent: { event in
      guard case .progress(let done) = event, done.total > 0 else { return }
      if progress(Double(done.completed) / Double(done.total)) { return }
      // By the engine: this may come before `submit` has returned the job.
      for job in engine.jobs { engine.cancel(job.id) }
    }, body: body)
  return try job.wait()
}
