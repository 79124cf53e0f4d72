import Foundation
import LinearAlgebra
import SeerModels
import SeerSupport
import SeerTokenizers
import SeerTraining
import TestSupport
import Testing

/// Steps in parts: what they give, and that it is the same whoever computes them.
struct PartsTests {
  func test(_ objective: ObjectiveName = .seer, parts: Int) throws -> TinyTraining {
    try TinyTraining(
      concepts: TinyTraining.concepts(names: ["bad", "safe", "worse"])
    ) { preset in
      preset.objective = preset.objective.replaced(by: objective)
      preset.objective.layers = [1, 2]
      preset.parts = parts
      preset.steps = 3
      preset.keep = 2
      // Some judge whether a row is safe, and need the room for the question.
      preset.maxTokens = objective.kind.rows == .verdicts ? 400 : 24
    }
  }

  /// Runs a training as so many ranks; the errors they end in, nil for none.
  @discardableResult
  func run(
    _ test: TinyTraining, _ name: String, ranks: Int, resumes: Bool = false,
    checkpoint: @escaping @Sendable (_ rank: Int) throws -> Void = { _ in },
    change: @escaping @Sendable (inout Training, _ rank: Int) -> Void = { _, _ in }
  ) -> [(any Error)?] {
    let training = test.training(name, resumes: resumes)
    return ThreadRanks.run(ranks) { group in
      var training = training
      training.ranks = group
      change(&training, group.rank)
      _ = try training.run(checkpoint: { try checkpoint(group.rank) }, report: { _ in })
    }.map { result in
      if case .failure(let error) = result { error } else { nil }
    }
  }

  func expectSame(_ test: TinyTraining, _ name: String, as whole: String) throws {
    for file in [
      "adapter_model.safetensors", "clusters.safetensors", "recipe.json",
      "kept/step-000002/adapter_model.safetensors",
    ] {
      #expect(
        try test.contents("\(name)/\(file)") == test.contents("\(whole)/\(file)"), "\(name) \(file)"
      )
    }
    #expect(try test.log(name) == test.log(whole))
    #expect(!TrainingCheckpoint.exists(test.folder(name)))
  }

  /// One process that knows no ranks, then 1, 2, 3 and, more than there are parts, 4.
  @Test(arguments: ObjectiveName.allCases)
  func anyNumberOfRanksGivesTheSameBits(objective: ObjectiveName) throws {
    let test = try test(objective, parts: 3)
    try test.run("alone")
    for ranks in 1...4 {
      #expect(run(test, "ranks\(ranks)", ranks: ranks).allSatisfy { $0 == nil })
      try expectSame(test, "ranks\(ranks)", as: "alone")
    }
  }

  /// Parts belong to the recipe: another number is another adapter, though nearly the same.
  @Test func partsAreAnotherAdapter() throws {
    let (one, three) = (try test(parts: 1), try test(parts: 3))
    try one.run("adapter")
    try three.run("adapter")
    #expect(
      try one.contents("adapter/adapter_model.safetensors")
        != three.contents("adapter/adapter_model.safetensors"))
    let error = run(
      try test(parts: 1), "x", ranks: 2,
      change: { training, rank in
        training.preset.parts = rank + 1
      })
    let failure = try #require(error[0] as? Failure)
    failure.expect(place: "rank 1 on ", found: "a difference in preset or options")
  }

  /// Without dropout the parts' gradients and terms add up to the whole step's.
  @Test(arguments: ObjectiveName.allCases, [2, 3, 5])
  func partsAddUp(name: ObjectiveName, parts: Int) throws {
    let test = try test(name, parts: parts)
    let model = try LanguageModel(test.model)
    var preset = test.preset
    preset.dropout = 0
    let data = try TrainingData(
      concepts: test.folder("concepts.csv"), retain: test.retain,
      renderer: RowRenderer(model.tokenizer, template: .plain, maxTokens: preset.maxTokens),
      preset: preset, seed: 3)
    let batch = try data.batch(step: 1, preset: preset)
    var random = SeededGenerator(seed: 4)
    let adapter = Adapter(
      starting: LoRAConfiguration(rank: 3, dropout: 0, blocks: [0, 1]), model.configuration,
      using: &random)
    for matrix in adapter.parameters {
      for index in 0..<matrix.count { matrix.elements[index] += 0.05 * random.normal() }
    }
    func computed(_ parts: Int) throws -> ComputedLoss {
      try ComputedLoss(
        model, preset.objective, batch, adapter, pad: 0, side: preset.maxTokens,
        parts: StepParts(parts))
    }
    let (whole, summed) = (try computed(1), try computed(parts))
    let distance = relativeDistance(
      summed.gradients.parameters.flatMap(\.values), whole.gradients.parameters.flatMap(\.values))
    #expect(distance <= 1e-5)
    for term in name.kind.columns {
      #expect(abs(summed.terms[term] - whole.terms[term]) <= 1e-5 * max(1, whole.terms[term]))
    }
    #expect(whole.terms.total != 0)
  }

  // MARK: Stopping and going on

  /// The first rank is stopped in the middle of a step, another after the step with all; another number
  /// of ranks goes on.
  @Test(arguments: [0, 1, 2])
  func stoppedAndResumedByOthers(stopped: Int) throws {
    let test = try test(parts: 3)
    try test.run("alone")
    let count = try test.checkpoints("counted")
    for share in 1...4 {
      let name = "stopped\(share)"
      // A rank of three comes by a third of the checkpoints at least.
      let left = Locked(count / 15 * share)
      let errors = run(test, name, ranks: 3) { rank in
        guard rank == stopped else { return }
        let isStopped = left.withLock { left in
          left -= 1
          return left <= 0
        }
        if isStopped { throw Cancelled() }
      }
      if stopped == 0 {
        #expect(errors[0] is Cancelled)
      } else if errors.contains(where: { $0 == nil }) {
        // Asked for in the last step, which all had begun.
        #expect(errors.allSatisfy { $0 == nil })
        try expectSame(test, name, as: "alone")
        continue
      } else {
        #expect(errors.allSatisfy { $0 is Cancelled })
      }
      #expect(!AdapterFile.exists(test.folder(name)))
      #expect(run(test, name, ranks: share, resumes: true).allSatisfy { $0 == nil })
      try expectSame(test, name, as: "alone")
    }
  }

  // MARK: Ranks that do not belong together

  @Test func aMixtureIsRefused() throws {
    let errors = run(
      try test(parts: 2), "mixed", ranks: 3,
      change: { training, rank in
        if rank == 2 { training.seed = 99 }
      })
    for error in errors {
      let failure = try #require(error as? Failure)
      failure.expect(
        place: "rank 2 on ", found: "a difference in seed (99)", wanted: "what rank 0 on ",
        advice: "one build of seer and the same files")
    }
    let kernels = ThreadRanks.run(2) { group in
      var facts = RankFacts()
      facts.kernels = "kernels \(group.rank)"
      facts.host = "host \(group.rank)"
      try facts.check(group, checkpoint: {})
    }
    guard case .failure(let error) = kernels[0] else {
      Issue.record("nothing refused")
      return
    }
    try #require(error as? Failure).expect(
      place: "rank 1 on host 1", found: "kernels: kernels 1", wanted: "kernels 0")
  }

  @Test(arguments: [(0, "1 or more"), (-3, "1 or more"), (5000, "at most 4096")])
  func badNumbers(parts: Int, words: String) throws {
    try test(parts: parts).failure().expect(
      .usage, place: "--parts", found: "\(parts)", wanted: words)
  }

  // MARK: Dealing

  @Test func rowsAreDealtOnceAndPairsStayTogether() {
    for count in 1...7 {
      let parts = StepParts(count)
      for rows in 0...20 {
        for unit in [1, 2] where rows % unit == 0 {
          let ranges = (0..<count).map { parts.rows(of: $0, among: rows, by: unit) }
          #expect(ranges.flatMap(Array.init) == Array(0..<rows))
          #expect(ranges.allSatisfy { $0.lowerBound % unit == 0 })
          let sizes = ranges.map(\.count)
          #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= unit)
        }
      }
    }
  }

  /// What is given is what each rank has put there, whatever the sizes.
  @Test func gradientsAreAddedInTheOrderOfTheParts() throws {
    let model = try LanguageModel(Fixtures.tinyModel).configuration
    let configuration = LoRAConfiguration(rank: 2, blocks: [0, 2])
    @Sendable func value(_ part: Int, _ index: Int) -> Float {
      // Sums of such numbers depend on their order.
      [1e8, 1, -1e8, 0.3, 7e7][(part + index) % 5] * (1 + Float(index % 13))
    }
    for ranks in 1...4 {
      let sums = ThreadRanks.run(ranks) { group in
        let gradients = PartGradients(StepParts(5, ranks: group), like: configuration, model)
        for part in gradients.parts.own {
          var index = 0
          for matrix in gradients[part].parameters {
            for element in 0..<matrix.count {
              matrix.elements[element] = value(part, index)
              index += 1
            }
          }
        }
        try gradients.sum(checkpoint: {})
        return gradients.total.parameters.flatMap(\.values)
      }
      for sum in sums {
        let sum = try sum.get()
        let wanted = sum.indices.map { index in
          (1..<5).reduce(value(0, index)) { $0 + value($1, index) }
        }
        #expect(sum == wanted)
      }
    }
  }
}
