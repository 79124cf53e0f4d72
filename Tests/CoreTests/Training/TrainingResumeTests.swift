import Foundation
import SeerFormats
import SeerModels
import SeerSupport
import SeerTraining
import TestSupport
import Testing

/// A training that was stopped and resumed ends at the same adapter, bit for bit.
struct TrainingResumeTests {
  func expectSame(_ test: TinyTraining, _ name: String, as whole: String, _ comment: Comment) throws
  {
    for file in ["adapter_model.safetensors", "adapter_config.json", "preset.json"] {
      #expect(
        try test.contents("\(name)/\(file)") == test.contents("\(whole)/\(file)"), comment)
    }
    #expect(try test.log(name) == test.log(whole), comment)
    #expect(!TrainingCheckpoint.exists(test.folder(name)), comment)
  }

  /// Stopped at each of its checkpoints in turn: by cancelling, which saves, and as by a kill.
  @Test(arguments: [ObjectiveName.seer, .ntXent, .released], [true, false])
  func stoppedAnywhere(objective: ObjectiveName, isKilled: Bool) throws {
    let test = try TinyTraining { preset in
      preset.objective = preset.objective.replaced(by: objective)
      preset.recombine = 0.5
      preset.steps = 3
    }
    let count = try test.checkpoints("whole")
    let whole = try test.run("again")
    try expectSame(test, "again", as: "whole", "the same seed gives the same adapter")
    #expect(count > 30)
    // Every checkpoint once; the other objectives share all of the trainer.
    for stop in stride(from: 1, through: count, by: objective == .seer ? 1 : 7) {
      let name = "stopped\(stop)"
      do {
        _ = try test.run(
          name, stoppingAt: stop, with: isKilled ? TinyTraining.Killed() : Cancelled())
        Issue.record("not stopped at \(stop) of \(count)")
      } catch is Cancelled {
      } catch is TinyTraining.Killed {
      }
      #expect(!AdapterFile.exists(test.folder(name)))
      let summary = try test.run(name, resumes: true)
      try expectSame(test, name, as: "whole", "stopped at \(stop) of \(count)")
      #expect(summary.chosenStep == whole.chosenStep && summary.after == whole.after)
      #expect(summary.steps == whole.steps && summary.before == whole.before)
    }
  }

  /// Stopped over and over, each sitting a few checkpoints longer than the last.
  @Test func stoppedOverAndOver() throws {
    let test = try TinyTraining()
    let count = try test.checkpoints("whole")
    var sittings = 0
    for stop in stride(from: 20, to: 20 * count, by: 3) {
      sittings += 1
      do {
        _ = try test.run("pieces", resumes: true, stoppingAt: stop)
        break
      } catch is Cancelled {
      }
    }
    #expect(sittings > 3)
    try expectSame(test, "pieces", as: "whole", "\(sittings) sittings")
  }

  @Test func aJobThatIsCancelledCanBeResumed() throws {
    let test = try TinyTraining()
    try test.run("whole")
    let engine = Engine()
    let training = test.training("job")
    let job = engine.submit("train", priority: .training) { context in
      try training.run(context) { if $0.step == 3 { engine.cancel(context.id) } }
    }
    #expect(throws: Cancelled.self) { _ = try job.wait() }
    #expect(TrainingCheckpoint.exists(test.folder("job")))
    #expect(try test.log("job").last?.first == "3")
    try test.run("job", resumes: true)
    try expectSame(test, "job", as: "whole", "cancelled after step 3")
  }

  @Test func anotherSeedIsAnotherAdapter() throws {
    var test = try TinyTraining()
    try test.run("one")
    test.seed = 6
    try test.run("two")
    #expect(
      try test.contents("one/adapter_model.safetensors")
        != test.contents("two/adapter_model.safetensors"))
  }

  @Test func resumingAnotherRecipeIsRefusedByName() throws {
    let test = try TinyTraining()
    #expect(throws: Cancelled.self) { try test.run(stoppingAt: 60) }
    let kept = try test.contents("adapter/checkpoint.safetensors")
    func refused(
      _ what: String, _ change: (inout TinyTraining) throws -> Void,
      _ location: SourceLocation = #_sourceLocation
    ) throws {
      var other = test
      try change(&other)
      let failure = thrownFailure { try other.run(resumes: true) }
      let message = try #require(failure, sourceLocation: location)
      message.expect(
        .usage, file: test.folder("adapter/checkpoint.safetensors"), place: "--resume",
        found: what, advice: "options", location)
    }
    try refused("seed (5)") { $0.seed = 6 }
    if Precision.fast.here == .fast { try refused("precision (exact)") { $0.precision = .fast } }
    try refused("preset") { $0.preset.rank = 3 }
    try refused("preset") { $0.preset.objective.temperature = 0.2 }
    try refused("retain") { $0.retain = try $0.folder.write("prompt\nhello\n", to: "other.csv") }
    try test.folder.write(TinyTraining.concepts(rows: 9), to: "concepts.csv")
    try refused("concepts") { _ in }
    try test.folder.write(TinyTraining.concepts(), to: "concepts.csv")
    #expect(try test.contents("adapter/checkpoint.safetensors") == kept)
    try test.run(resumes: true)
  }

  /// A fast training is deterministic, learns what an exact one learns, and says what it is.
  @Test func fast() throws {
    var test = try TinyTraining()
    let exact = try test.run("exact")
    test.precision = .fast
    let summary = try test.run("fast")
    try test.run("again")
    let file = "adapter_model.safetensors"
    #expect(try test.contents("fast/\(file)") == test.contents("again/\(file)"))
    let isFast = Precision.fast.here == .fast
    #expect(try (test.contents("fast/\(file)") == test.contents("exact/\(file)")) != isFast)
    let within = try #require(summary.after.within)
    #expect(abs(within - (try #require(exact.after.within))) < 0.02)
    for (name, precision) in [("exact", "exact"), ("fast", isFast ? "fast" : "exact")] {
      let recipe = String(decoding: try test.contents("\(name)/recipe.json"), as: UTF8.self)
      #expect(recipe.contains("\"precision\" : \"\(precision)\""))
      // peft reads its own file, which stays as it is.
      let peft = String(decoding: try test.contents("\(name)/adapter_config.json"), as: UTF8.self)
      #expect(!peft.contains("precision"))
    }
    // Stopped and resumed, it ends at the same bits.
    #expect(throws: Cancelled.self) { try test.run("pieces", stoppingAt: 60) }
    try test.run("pieces", resumes: true)
    #expect(try test.contents("pieces/\(file)") == test.contents("fast/\(file)"))
  }

  @Test func anUnfinishedTrainingIsNotOverwritten() throws {
    let test = try TinyTraining()
    #expect(throws: Cancelled.self) { try test.run(stoppingAt: 60) }
    try test.failure().expect(
      .cannotWrite, file: test.folder("adapter"), found: "an unfinished training",
      advice: "--resume")
  }

  @Test func aFinishedAdapterIsNotOverwritten() throws {
    let test = try TinyTraining()
    try test.run()
    for resumes in [true, false] {
      let failure = try #require(thrownFailure { try test.run(resumes: resumes) })
      failure.expect(
        .cannotWrite, file: test.folder("adapter"), found: "a finished adapter",
        advice: "another folder")
    }
  }

  /// Files of our names that are somebody's own stay as they are.
  @Test(arguments: [
    "preset.json", "recipe.json", "log.csv", "log.jsonl", "clusters.safetensors",
    "adapter_config.json", "adapter_model.bin",
  ])
  func filesOfOthersAreNotOverwritten(name: String) throws {
    let test = try TinyTraining()
    let own = Array("step,loss\n1,0.5\n".utf8)
    try FileManager.default.createDirectory(
      atPath: test.folder("adapter"), withIntermediateDirectories: false)
    try test.folder.write(own, to: "adapter/" + name)
    for resumes in [true, false] {
      let failure = try #require(thrownFailure { try test.run(resumes: resumes) })
      failure.expect(
        .cannotWrite, file: test.folder("adapter/" + name), found: "no training of this folder",
        advice: "another folder")
    }
    #expect(try test.contents("adapter/" + name) == own)
    #expect(try names(inFolder: test.folder("adapter")) == [name])
  }

  /// Killed before its first checkpoint, a training leaves logs: the next one begins anew, but does
  /// not write over what was put beside them.
  @Test func logsOfAKilledTrainingAreReplaced() throws {
    let test = try TinyTraining()
    try test.run("whole")
    #expect(throws: TinyTraining.Killed.self) {
      try test.run("killed", stoppingAt: 5, with: TinyTraining.Killed())
    }
    #expect(try names(inFolder: test.folder("killed")).contains("log.csv"))
    #expect(!TrainingCheckpoint.exists(test.folder("killed")))
    try test.folder.write("{}", to: "killed/preset.json")
    let failure = try #require(thrownFailure { try test.run("killed") })
    failure.expect(
      .cannotWrite, file: test.folder("killed/preset.json"), found: "no training of this folder")
    try FileManager.default.removeItem(atPath: test.folder("killed/preset.json"))
    try test.run("killed")
    try expectSame(test, "killed", as: "whole", "begun anew")
  }

  @Test func aDamagedCheckpointIsRefused() throws {
    let test = try TinyTraining()
    #expect(throws: Cancelled.self) { try test.run(stoppingAt: 60) }
    let path = test.folder("adapter/checkpoint.safetensors")
    let good = try bytes(ofFile: path)
    for bad in [[], Array(good.prefix(100)), Array(good.dropLast(5)), Array("hello".utf8)] {
      try test.folder.write(bad, to: "adapter/checkpoint.safetensors")
      let failure = try #require(thrownFailure { try test.run(resumes: true) })
      #expect(failure.kind == .badData && failure.file == path, "\(failure)")
    }
    // Right as a file, but no checkpoint.
    try test.folder.write(
      Safetensors.header([], metadata: ["step": "1"]), to: "adapter/checkpoint.safetensors")
    let failure = try #require(thrownFailure { try test.run(resumes: true) })
    failure.expect(file: path, place: "metadata", found: "no step and recipe")
    try test.folder.write(good, to: "adapter/checkpoint.safetensors")
    try test.run(resumes: true)
  }

  /// `--resume` where there is nothing to resume starts.
  @Test func resumingNothingStarts() throws {
    let test = try TinyTraining()
    try test.run("whole")
    try test.run("fresh", resumes: true)
    try expectSame(test, "fresh", as: "whole", "nothing to resume")
  }
}
