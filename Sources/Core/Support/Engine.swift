import Foundation
import LinearAlgebra

/// The one door through which front ends start heavy work.
///
/// A job is a closure with a priority. At most one job computes at a time (each of them uses all
/// cores); a job that reaches a ``JobContext/checkpoint()`` while a more urgent one waits lets
/// that one run first. Events arrive on the job's own thread: a front end posts them to its own
/// queue and returns at once.
///
///     let job = engine.submit("map", priority: .map) { context in
///       try context.checkpoint()
///       return try PCA.fit(states)
///     }
///     let pca = try job.wait()
package final class Engine: Sendable {
  private let state = Locked(State())
  /// Signalled whenever who may compute could have changed.
  fileprivate let changed = NSCondition()

  private struct State {
    var lastID = 0
    var jobs: [Entry] = []
    var running: JobID?
  }

  private struct Entry {
    let id: JobID
    let title: String
    let priority: JobPriority
    var isPaused = false
    var isCancelled = false
    var progress = JobProgress()
  }

  /// How far jobs stand back behind the rest of the process, as `nice` counts.
  private let niceness: Int32

  /// - Parameter niceness: of the jobs' threads, and of the loops' workers that they are the first to
  ///   start. A front end that draws gives some, so that its own thread is never kept waiting.
  package init(niceness: Int32 = 0) { self.niceness = niceness }

  /// Starts a job and returns at once.
  ///
  /// - Parameters:
  ///   - onEvent: called on the job's thread with its progress and, last, its result.
  ///   - body: the work; it calls `checkpoint()` at least every 20 ms of its running time.
  @discardableResult
  package func submit<Output: Sendable>(
    _ title: String, priority: JobPriority,
    onEvent: @escaping @Sendable (JobEvent<Output>) -> Void = { _ in },
    body: @escaping @Sendable (JobContext) throws -> Output
  ) -> Job<Output> {
    let id = state.withLock { state in
      state.lastID += 1
      let id = JobID(number: state.lastID)
      state.jobs.append(Entry(id: id, title: title, priority: priority))
      return id
    }
    let job = Job<Output>(id: id, engine: self)
    let context = JobContext(id: id, engine: self) { onEvent(.progress($0)) }
    let thread = Thread { [self] in
      // On Linux niceness belongs to a thread, and goes to those it starts.
      if niceness > 0 { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
      let result: Result<Output, any Error>
      do {
        try takeTurn(id)
        result = .success(try JobContext.$current.withValue(context) { try body(context) })
      } catch {
        result = .failure(error)
      }
      remove(id)
      Matrix.releaseUnused()
      job.finish(result)
      onEvent(.finished(result))
    }
    thread.stackSize = 16 << 20
    thread.name = title
    thread.start()
    return job
  }

  /// The jobs that have not finished, most urgent first.
  package var jobs: [JobSummary] {
    state.withLock { state in
      state.jobs.sorted { ($0.priority, $0.id.number) < ($1.priority, $1.id.number) }.map {
        JobSummary(
          id: $0.id, title: $0.title, priority: $0.priority, isRunning: state.running == $0.id,
          isPaused: $0.isPaused, progress: $0.progress)
      }
    }
  }

  /// Asks a job to stop at its next checkpoint. Unknown ids are ignored: the job is done.
  package func cancel(_ id: JobID) { change(id) { $0.isCancelled = true } }

  /// Holds a job at its next checkpoint until ``resume(_:)`` or ``cancel(_:)``.
  package func pause(_ id: JobID) { change(id) { $0.isPaused = true } }

  package func resume(_ id: JobID) { change(id) { $0.isPaused = false } }

  private func change(_ id: JobID, _ edit: (inout Entry) -> Void) {
    state.withLock { state in
      for index in state.jobs.indices where state.jobs[index].id == id {
        edit(&state.jobs[index])
      }
    }
    broadcast()
  }

  private func broadcast() {
    changed.lock()
    changed.broadcast()
    changed.unlock()
  }

  private func remove(_ id: JobID) {
    state.withLock { state in
      state.jobs.removeAll { $0.id == id }
      if state.running == id { state.running = nil }
    }
    broadcast()
  }

  fileprivate func isCancelled(_ id: JobID) -> Bool {
    state.withLock { state in state.jobs.first { $0.id == id }?.isCancelled ?? true }
  }

  fileprivate func record(_ progress: JobProgress, for id: JobID) {
    state.withLock { state in
      for index in state.jobs.indices where state.jobs[index].id == id {
        state.jobs[index].progress = progress
      }
    }
  }

  private enum Turn { case mine, cancelled, wait }

  /// Whether a job may compute now. A running job keeps its turn unless it is paused or a more
  /// urgent job is ready; among equals the older one is first.
  private func turn(of id: JobID, in state: inout State) -> Turn {
    guard let job = state.jobs.first(where: { $0.id == id }), !job.isCancelled else {
      return .cancelled
    }
    func isReady(_ other: Entry) -> Bool { !other.isPaused && !other.isCancelled }
    if job.isPaused { return .wait }
    let urgent = state.jobs.contains { isReady($0) && $0.priority < job.priority }
    if urgent { return .wait }
    if state.running == id { return .mine }
    let first = state.jobs.first { isReady($0) && $0.priority == job.priority }
    guard state.running == nil, first?.id == id else { return .wait }
    return .mine
  }

  /// Blocks until the job may compute. Throws ``Cancelled`` when it was cancelled.
  fileprivate func takeTurn(_ id: JobID) throws {
    var handedOver = false
    while true {
      changed.lock()
      let (turn, released) = state.withLock { state -> (Turn, Bool) in
        let turn = self.turn(of: id, in: &state)
        switch turn {
        case .mine: state.running = id
        case .wait, .cancelled:
          guard state.running == id else { return (turn, false) }
          state.running = nil
          return (turn, true)
        }
        return (turn, false)
      }
      if released { changed.broadcast() }
      handedOver = handedOver || released
      if turn == .wait { changed.wait() }
      changed.unlock()
      switch turn {
      case .mine: return
      case .cancelled: throw Cancelled()
      case .wait: continue
      }
    }
  }
}

/// The error of a job that was cancelled.
package struct Cancelled: Error, Equatable, CustomStringConvertible {
  package init() {}
  package var description: String { "cancelled" }
}

package struct JobID: Hashable, Sendable {
  package let number: Int
}

/// What runs first when several jobs want the cores.
package enum JobPriority: Int, Comparable, Sendable, CaseIterable {
  /// What is typed first, then maps, then figures that follow by themselves, then training.
  case typing, map, figures, training
  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

package enum JobEvent<Output: Sendable>: Sendable {
  case progress(JobProgress)
  case finished(Result<Output, any Error>)
}

package struct JobSummary: Sendable, Identifiable {
  package let id: JobID
  package let title: String
  package let priority: JobPriority
  package let isRunning: Bool
  package let isPaused: Bool
  package let progress: JobProgress
}

/// How far a job is, with the estimates a user wants to see.
package struct JobProgress: Equatable, Sendable {
  /// Done and all, in `unit`s; `total` 0 means unknown.
  package var completed: Int
  package var total: Int
  package var unit: String
  package var elapsed: Duration
  /// Bytes the job expects to hold at its peak; 0 means unknown.
  package var memory: Int
  package var message: String

  package init(
    completed: Int = 0, total: Int = 0, unit: String = "", elapsed: Duration = .zero,
    memory: Int = 0, message: String = ""
  ) {
    self.completed = completed
    self.total = total
    self.unit = unit
    self.elapsed = elapsed
    self.memory = memory
    self.message = message
  }

  /// 0...1, or nil where the total is unknown.
  package var fraction: Double? {
    total > 0 ? min(1, max(0, Double(completed) / Double(total))) : nil
  }

  /// Time left at the average speed so far; nil before the first unit is done.
  package var remaining: Duration? {
    guard let fraction, fraction > 0 else { return nil }
    return elapsed * ((1 - fraction) / fraction)
  }
}

/// What a job's body sees of the engine.
package final class JobContext: Sendable {
  package let id: JobID
  private let engine: Engine
  private let report: @Sendable (JobProgress) -> Void

  /// The job whose thread this is, for work that has no checkpoint handed to it.
  @TaskLocal package static var current: JobContext?

  fileprivate init(id: JobID, engine: Engine, report: @escaping @Sendable (JobProgress) -> Void) {
    self.id = id
    self.engine = engine
    self.report = report
  }

  /// Lets more urgent jobs run, waits while paused, and throws ``Cancelled`` when cancelled.
  /// Costs well under a microsecond when nothing waits.
  package func checkpoint() throws { try engine.takeTurn(id) }

  package var isCancelled: Bool { engine.isCancelled(id) }

  package func report(_ progress: JobProgress) {
    engine.record(progress, for: id)
    report(progress)
  }
}

/// A started job: its id, a way to cancel it, and its result.
package final class Job<Output: Sendable>: Sendable {
  package let id: JobID
  private let engine: Engine
  private let result = Locked<Result<Output, any Error>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  fileprivate init(id: JobID, engine: Engine) {
    self.id = id
    self.engine = engine
  }

  fileprivate func finish(_ value: Result<Output, any Error>) {
    result.withLock { $0 = value }
    done.signal()
  }

  package func cancel() { engine.cancel(id) }

  /// Blocks until the job is done and returns its result; for the command, never for a screen.
  package func wait() throws -> Output {
    done.wait()
    done.signal()
    guard let value = result.withLock({ $0 }) else { throw Cancelled() }
    return try value.get()
  }
}
