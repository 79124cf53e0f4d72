import Foundation
import LinearAlgebra
import SeerSupport
import Testing

/// What jobs promise: one computes at a time, the urgent ones first, and every one ends.
///
/// Order is made by semaphores: a job says where it is and waits to be let on.
struct EngineTests {
  /// A place where a job stops until it is let on.
  final class Gate: Sendable {
    private let arrived = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    /// For the job.
    func pass() {
      arrived.signal()
      opened.wait()
    }

    /// For the test: returns when the job stands at the gate.
    func awaitArrival() { arrived.wait() }
    func open() { opened.signal() }
  }

  final class Log: Sendable {
    private let entries = Locked<[String]>([])
    func callAsFunction(_ entry: String) { entries.withLock { $0.append(entry) } }
    var all: [String] { entries.withLock { $0 } }
  }

  struct Broken: Error, Equatable {
    var number: Int
  }

  let engine = Engine()
  let log = Log()
  let gate = Gate()

  /// A job that is computing, at the gate; let on, it reaches a checkpoint.
  func running(_ priority: JobPriority) -> Job<String> {
    let job = engine.submit("running", priority: priority) { [log, gate] context in
      log("start")
      gate.pass()
      try context.checkpoint()
      log("end")
      return "done"
    }
    gate.awaitArrival()
    return job
  }

  func logging(_ entry: String, _ priority: JobPriority) -> Job<Void> {
    engine.submit(entry, priority: priority) { [log] _ in log(entry) }
  }

  // MARK: Results

  @Test func aResultIsDelivered() throws {
    let job = engine.submit("sum", priority: .map) { _ in 2 + 2 }
    #expect(try job.wait() == 4)
    #expect(try job.wait() == 4, "it can be asked for again")
  }

  @Test func aResultIsDeliveredAsTheLastEvent() throws {
    let finished = DispatchSemaphore(value: 0)
    let log = log
    let job = engine.submit(
      "sum", priority: .map,
      onEvent: { (event: JobEvent<Int>) in
        switch event {
        case .progress(let progress): log("progress \(progress.completed)")
        case .finished(let result):
          log("finished \((try? result.get()) ?? -1)")
          finished.signal()
        }
      },
      body: { context in
        for step in 1...3 { context.report(JobProgress(completed: step, total: 3)) }
        return 7
      })
    finished.wait()
    #expect(try job.wait() == 7)
    #expect(log.all == ["progress 1", "progress 2", "progress 3", "finished 7"])
  }

  @Test func anErrorIsDelivered() {
    let finished = DispatchSemaphore(value: 0)
    let log = log
    let job = engine.submit(
      "broken", priority: .map,
      onEvent: { (event: JobEvent<Int>) in
        if case .finished(.failure(let error)) = event { log("\(error)") }
        finished.signal()
      },
      body: { _ in throw Broken(number: 3) })
    #expect(throws: Broken(number: 3)) { try job.wait() }
    finished.wait()
    #expect(log.all == ["Broken(number: 3)"])
    #expect(engine.jobs.isEmpty)
  }

  @Test func aJobAfterABrokenOneRuns() throws {
    let broken = engine.submit("broken", priority: .typing) { _ in throw Broken(number: 1) }
    let next = engine.submit("next", priority: .typing) { _ in "fine" }
    #expect(throws: Broken.self) { try broken.wait() }
    #expect(try next.wait() == "fine")
  }

  // MARK: Priorities

  @Test func typingRunsAtTheNextCheckpointOfTraining() throws {
    let training = running(.training)
    let typing = logging("typing", .typing)
    gate.open()
    try typing.wait()
    #expect(try training.wait() == "done")
    #expect(log.all == ["start", "typing", "end"])
  }

  @Test func theMostUrgentJobIsFirst() throws {
    let training = running(.training)
    let jobs = [
      logging("training", .training), logging("map", .map), logging("typing", .typing),
      logging("map 2", .map), logging("typing 2", .typing),
    ]
    gate.open()
    for job in jobs { try job.wait() }
    _ = try training.wait()
    #expect(log.all == ["start", "typing", "typing 2", "map", "map 2", "end", "training"])
  }

  @Test(arguments: [JobPriority.typing, .map, .training])
  func anEqualJobWaitsForTheEnd(priority: JobPriority) throws {
    let first = running(priority)
    let second = logging("second", priority)
    gate.open()
    _ = try first.wait()
    try second.wait()
    #expect(log.all == ["start", "end", "second"])
  }

  @Test func aLessUrgentJobWaitsForTheEnd() throws {
    let typing = running(.typing)
    let training = logging("training", .training)
    gate.open()
    _ = try typing.wait()
    try training.wait()
    #expect(log.all == ["start", "end", "training"])
  }

  @Test func theJobThatGaveWayGoesOnBeforeItsEquals() throws {
    let first = running(.training)
    let second = logging("second", .training)
    let typing = logging("typing", .typing)
    gate.open()
    _ = try first.wait()
    try second.wait()
    try typing.wait()
    #expect(log.all == ["start", "typing", "end", "second"])
  }

  // MARK: Cancelling

  @Test func cancelledBeforeItsTurn() throws {
    let first = running(.map)
    let second = logging("second", .map)
    second.cancel()
    #expect(throws: Cancelled.self) { try second.wait() }
    gate.open()
    _ = try first.wait()
    #expect(log.all == ["start", "end"])
    #expect(engine.jobs.isEmpty)
  }

  @Test func cancelledWhileRunning() throws {
    let job = running(.map)
    job.cancel()
    gate.open()
    #expect(throws: Cancelled.self) { try job.wait() }
    #expect(log.all == ["start"])
    #expect(try engine.submit("next", priority: .training) { _ in 1 }.wait() == 1)
  }

  @Test func cancelledWhilePaused() throws {
    let job = running(.map)
    engine.pause(job.id)
    gate.open()
    // Another job gets its turn only once the paused one has given it up.
    try logging("other", .training).wait()
    job.cancel()
    #expect(throws: Cancelled.self) { try job.wait() }
    #expect(log.all == ["start", "other"])
  }

  @Test func cancelledWhileGivingWay() throws {
    let training = running(.training)
    let typingGate = Gate()
    let typing = engine.submit("typing", priority: .typing) { _ in typingGate.pass() }
    gate.open()
    typingGate.awaitArrival()
    training.cancel()
    #expect(throws: Cancelled.self) { try training.wait() }
    typingGate.open()
    try typing.wait()
    #expect(log.all == ["start"])
  }

  @Test func aJobCanSeeThatItIsCancelled() throws {
    let gate = gate
    let job = engine.submit("watching", priority: .map) { context in
      let before = context.isCancelled
      gate.pass()
      return [before, context.isCancelled]
    }
    gate.awaitArrival()
    job.cancel()
    gate.open()
    #expect(try job.wait() == [false, true])
  }

  @Test func cancellingAFinishedJobDoesNothing() throws {
    let job = engine.submit("done", priority: .map) { _ in 5 }
    #expect(try job.wait() == 5)
    job.cancel()
    engine.pause(job.id)
    engine.resume(job.id)
    #expect(try job.wait() == 5)
    #expect(engine.jobs.isEmpty)
  }

  @Test func aCheckpointAfterTheEndThrows() throws {
    let context = try engine.submit("leaking", priority: .map) { $0 }.wait()
    #expect(throws: Cancelled.self) { try context.checkpoint() }
    #expect(context.isCancelled)
  }

  // MARK: Pausing

  @Test func aPausedJobLetsLessUrgentOnesRun() throws {
    let typing = running(.typing)
    engine.pause(typing.id)
    gate.open()
    try logging("training", .training).wait()
    #expect(log.all == ["start", "training"])
    #expect(engine.jobs.map(\.isPaused) == [true])
    engine.resume(typing.id)
    #expect(try typing.wait() == "done")
    #expect(log.all == ["start", "training", "end"])
  }

  @Test func pausedBeforeItsTurn() throws {
    let first = running(.map)
    let second = logging("second", .map)
    let third = logging("third", .map)
    engine.pause(second.id)
    gate.open()
    _ = try first.wait()
    try third.wait()
    #expect(log.all == ["start", "end", "third"])
    engine.resume(second.id)
    try second.wait()
    #expect(log.all.last == "second")
  }

  @Test func resumedBeforeItNoticed() throws {
    let job = running(.map)
    engine.pause(job.id)
    engine.resume(job.id)
    gate.open()
    #expect(try job.wait() == "done")
  }

  // MARK: Many

  @Test func oneComputesAtATime() throws {
    struct Shared {
      var computing = 0
      var most = 0
      var steps = 0
    }
    final class Counts: Sendable { let value = Locked(Shared()) }
    let counts = Counts()
    let engine = engine
    let jobs = Locked<[Job<Int>]>([])
    let submitted = DispatchSemaphore(value: 0)
    for thread in 0..<4 {
      Thread.detachNewThread {
        for number in 0..<25 {
          let priority = JobPriority.allCases[(thread + number) % 3]
          let job = engine.submit("job", priority: priority) { context in
            for _ in 0..<20 {
              counts.value.withLock {
                $0.computing += 1
                $0.most = max($0.most, $0.computing)
                $0.steps += 1
              }
              counts.value.withLock { $0.computing -= 1 }
              try context.checkpoint()
            }
            return number
          }
          jobs.withLock { $0.append(job) }
        }
        submitted.signal()
      }
    }
    for _ in 0..<4 { submitted.wait() }
    let results = try jobs.withLock { $0 }.map { try $0.wait() }
    #expect(results.count == 100)
    #expect(counts.value.withLock { $0.most } == 1)
    #expect(counts.value.withLock { $0.steps } == 2000)
    #expect(engine.jobs.isEmpty)
  }

  @Test func cancellingManyEndsAll() {
    let first = running(.training)
    let jobs = (0..<50).map { logging("job \($0)", JobPriority.allCases[$0 % 3]) }
    for summary in engine.jobs { engine.cancel(summary.id) }
    gate.open()
    for job in jobs { #expect(throws: Cancelled.self) { try job.wait() } }
    #expect(throws: Cancelled.self) { try first.wait() }
    #expect(log.all == ["start"])
  }

  // MARK: What a screen sees

  @Test func theListIsMostUrgentFirst() throws {
    let gate = gate
    let training = engine.submit("train", priority: .training) { context in
      context.report(JobProgress(completed: 3, total: 12, unit: "steps", memory: 5))
      gate.pass()
    }
    gate.awaitArrival()
    let others = [logging("a map", .map), logging("typing", .typing)]
    for other in others { engine.pause(other.id) }
    let list = engine.jobs
    #expect(list.map(\.title) == ["typing", "a map", "train"])
    #expect(list.map(\.priority) == [.typing, .map, .training])
    #expect(list.map(\.isRunning) == [false, false, true])
    #expect(list.map(\.isPaused) == [true, true, false])
    #expect(list[2].progress == JobProgress(completed: 3, total: 12, unit: "steps", memory: 5))
    #expect(Set(list.map(\.id)).count == 3)
    for other in others { engine.resume(other.id) }
    gate.open()
    try training.wait()
    for other in others { try other.wait() }
    #expect(engine.jobs.isEmpty)
  }

  @Test(
    arguments: [
      (0, 0, nil, nil), (5, 0, nil, nil), (0, 10, 0, nil), (5, 10, 0.5, 10), (10, 10, 1, 0),
      (20, 10, 1, 0), (-1, 10, 0, nil),
    ] as [(Int, Int, Double?, Double?)])
  func fractionAndTimeLeft(completed: Int, total: Int, fraction: Double?, seconds: Double?) {
    let progress = JobProgress(completed: completed, total: total, elapsed: .seconds(10))
    #expect(progress.fraction == fraction)
    #expect(progress.remaining?.seconds == seconds)
  }
}
