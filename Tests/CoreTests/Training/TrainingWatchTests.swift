import Foundation
import LinearAlgebra
import SeerSupport
import SeerTraining
import TestSupport
import Testing

@Suite struct TrainingWatchTests {
  private func step(_ number: Int) -> TrainingStep {
    TrainingStep(step: number, seconds: 0.5)
  }

  @Test func stepsComeOnceEach() throws {
    let folder = try TemporaryFolder()
    var watch = TrainingWatch(folder: folder.path)
    #expect(throws: Failure.self) { try watch.next() }
    var log = try TrainingLog(folder.path, keepingSteps: nil)
    #expect(try watch.next().isEmpty)
    try log.append(step(0))
    try log.append(step(1))
    #expect(try watch.next().map(\.step) == [0, 1])
    #expect(try watch.next().isEmpty && !watch.isFinished)
    try log.append(step(2))
    #expect(try watch.next().map(\.step) == [2])
    // Started afresh, the log is shorter.
    log = try TrainingLog(folder.path, keepingSteps: nil)
    try log.append(step(0))
    #expect(try watch.next().map(\.step) == [0])
  }

  /// A line that is being written is no line yet; one that is none at all is an error.
  @Test func linesThatAreNoSteps() throws {
    let folder = try TemporaryFolder()
    try folder.write("{\"seconds\":1,\"step\":3}\n{\"seconds\":1,\"st", to: "log.jsonl")
    var watch = TrainingWatch(folder: folder.path)
    #expect(try watch.next().map(\.step) == [3])
    try folder.write("{\"seconds\":1,\"step\":3}\n{\"seconds\":1,\"step\":4}\nx\n", to: "log.jsonl")
    do {
      _ = try watch.next()
      Issue.record("read x as a step")
    } catch {
      #expect(error.place == "line 3")
    }
  }

  /// The same rows in the same order at every judgement, and a checkpoint when one is asked for.
  @Test func observing() throws {
    let tiny = try TinyTraining()
    let training = tiny.training()
    var seen: [TrainingStates] = []
    var asked = 0
    let summary = try training.run(
      checkpoint: {}, report: { _ in },
      observer: TrainingObserver(
        onStates: { seen.append($0) },
        wantsSave: {
          asked += 1
          return asked == 1
        })
    ) { step in
      if step.step == 2 {
        #expect(TrainingCheckpoint.exists(training.folder), "the one that was asked for")
      }
    }
    #expect(summary.steps == 5 && seen.map(\.step) == [0, 2, 4, 5])
    #expect(Set(seen.map(\.labels)).count == 1 && seen[0].labels.count == seen[0].states.rows)
    #expect(seen[0].concepts == ["blue", "green", "red"])
    #expect(seen[0].states.values != seen[3].states.values, "training moved them")
    #expect(seen.allSatisfy { $0.before.values == seen[0].states.values })

    var watch = TrainingWatch(folder: training.folder)
    let left = try #require(try watch.nextStates())
    #expect(left.step == 5 && left.labels == seen[3].labels && left.concepts == seen[3].concepts)
    #expect(left.states.values == seen[3].states.values)
    #expect(left.before.values == seen[0].states.values)
    #expect(try watch.nextStates() == nil, "the same step again")
  }

  @Test func damagedStates() throws {
    let folder = try TemporaryFolder()
    #expect(try TrainingStates(folder.path) == nil, "none yet")
    let states = Matrix(rows: 3, columns: 2) { row, column in Float(row * 2 + column) }
    try TrainingStates(
      step: 1, before: states, states: states, labels: [0, 1, 0], concepts: ["a", "b"]
    ).write(folder.path)
    let whole = try bytes(ofFile: folder(TrainingStates.name))
    for (found, wanted) in [("[0,1,0]", "[0,2,0]"), ("[0,1,0]", "[0,1]  "), ("before", "behind")] {
      var damaged = Data(whole)
      damaged.replaceSubrange(
        try #require(damaged.range(of: Data(found.utf8))), with: Data(wanted.utf8))
      try damaged.write(to: URL(fileURLWithPath: folder(TrainingStates.name)))
      #expect(throws: Failure.self) { try TrainingStates(folder.path) }
    }
  }

  @Test func estimates() throws {
    let tiny = try TinyTraining()
    let training = tiny.training()
    let estimate = try Engine().submit("test", priority: .map) { try training.estimate($0) }.wait()
    #expect(estimate.seconds > 0 && estimate.memory > 0)
    #expect(estimate.trainRows + estimate.heldOutRows == 24)
    #expect(!FileManager.default.fileExists(atPath: training.folder), "nothing is written")
  }
}
