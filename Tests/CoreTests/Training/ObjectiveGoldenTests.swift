import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerTraining
import TestModels
import TestSupport
import Testing

/// Losses, every LoRA gradient and ten AdamW steps against torch.
struct ObjectiveGoldenTests {
  func relative(_ a: Double, _ b: Double) -> Double { abs(a - b) / max(abs(b), 1e-30) }

  func expectEqual(_ ours: LossTerms, _ theirs: TrainingGolden.Terms, total: Double) {
    #expect(relative(ours.contrastive, theirs.contrastive) <= 1e-5, "contrastive")
    #expect(relative(ours.retain, theirs.retain) <= 1e-5, "retain")
    #expect(relative(ours.kl, theirs.kl) <= 1e-5, "KL")
    #expect(relative(ours.total, total) <= 1e-5, "total")
  }

  @Test(arguments: TrainingGolden.caseNames)
  func lossesAndGradients(name: String) throws {
    let golden = try TrainingGolden.load()
    let test = try golden.testCase(name)
    let tensors = try TrainingGolden.tensors()
    let model = try TinyLlama.model()
    let c = model.configuration
    let adapter = try golden.adapter("start", layers: test.layers, in: tensors, c)
    let ours = try ComputedLoss(
      model, golden.objective(test), golden.batch(test.positions), adapter, pad: golden.pad)
    expectEqual(ours.terms, test.terms, total: test.total)
    let matrices = TrainingGolden.matrices(ours.gradients, c)
    #expect(matrices.count == 14 * (test.layers.max() ?? 0))
    for matrix in matrices {
      let theirs = try #require(tensors["\(name)/\(matrix.name)"])
      #expect(relativeDistance(TrainingGolden.values(matrix), theirs) <= 1e-4, "\(matrix.name)")
    }
  }

  /// The same weights in other blocks: forward and backward through every kind of storage.
  @Test(arguments: [BlockType.f32, .f16, .bf16, .q4_1, .q8_0])
  func gradientsThroughOtherBlockTypes(type: BlockType) throws {
    let golden = try TrainingGolden.load()
    let test = try golden.testCase("seer.3.last")
    let tensors = try TrainingGolden.tensors()
    let model = try TinyLlama.model(type)
    let adapter = try golden.adapter("start", layers: [3], in: tensors, model.configuration)
    let ours = try ComputedLoss(
      model, golden.objective(test), golden.batch(test.positions), adapter, pad: golden.pad)
    expectEqual(ours.terms, test.terms, total: test.total)
    for matrix in TrainingGolden.matrices(ours.gradients, model.configuration) {
      let theirs = try #require(tensors["seer.3.last/\(matrix.name)"])
      #expect(relativeDistance(TrainingGolden.values(matrix), theirs) <= 1e-4, "\(matrix.name)")
    }
  }

  @Test func tenAdamWSteps() throws {
    let golden = try TrainingGolden.load()
    let test = try golden.testCase("seer.2.last")
    let tensors = try TrainingGolden.tensors()
    let model = try TinyLlama.model()
    let c = model.configuration
    let adapter = try golden.adapter("start", layers: [2], in: tensors, c)
    let optimizer = AdamW(adapter, weightDecay: golden.steps.weightDecay)
    for step in 0..<10 {
      let ours = try ComputedLoss(
        model, golden.objective(test), golden.batch(test.positions), adapter, pad: golden.pad)
      let norm = AdamW.clip(ours.gradients, to: golden.steps.clip)
      let total = golden.steps.totals[step]
      #expect(relative(ours.terms.total, total) <= 1e-4, "step \(step)")
      #expect(relative(ours.terms.kl, golden.steps.terms[step].kl) <= 1e-4, "step \(step)")
      #expect(relative(norm, golden.steps.norms[step]) <= 1e-4, "step \(step)")
      optimizer.update(adapter, ours.gradients, learningRate: golden.steps.learningRate)
    }
    #expect(optimizer.step == 10)
    for matrix in TrainingGolden.matrices(adapter, c) {
      let ours = TrainingGolden.values(matrix)
      let theirs = try #require(tensors["steps/\(matrix.name)"])
      let start = try #require(tensors["start/\(matrix.name)"])
      #expect(relativeDistance(ours, theirs) <= 1e-3, "\(matrix.name)")
      // Not only near the start: the way gone is the same.
      let ourWay = zip(ours, start).map { $0 - $1 }
      let theirWay = zip(theirs, start).map { $0 - $1 }
      #expect(relativeDistance(ourWay, theirWay) <= 1e-2, "\(matrix.name)")
    }
  }

  @Test(arguments: TrainingGolden.caseNames)
  func runningBlocksAgainGivesTheSameBits(name: String) throws {
    let golden = try TrainingGolden.load()
    let test = try golden.testCase(name)
    let model = try TinyLlama.model(.q4_1)
    let adapter = try golden.adapter(
      "start", layers: test.layers, in: try TrainingGolden.tensors(), model.configuration)
    for seed: UInt64? in [nil, 12] {
      let dropout = LoRAConfiguration(
        rank: golden.rank, alpha: golden.alpha, dropout: seed == nil ? 0 : 0.2,
        blocks: adapter.configuration.blocks)
      let dropping = Adapter(zeros: dropout, model.configuration)
      dropping.copy(from: adapter)
      func computed(memory: Int) throws -> ComputedLoss {
        try ComputedLoss(
          model, golden.objective(test), golden.batch(test.positions), dropping, pad: golden.pad,
          memory: memory, dropoutSeed: seed)
      }
      let kept = try computed(memory: 1 << 40)
      let again = try computed(memory: 0)
      #expect(kept.terms == again.terms)
      for (a, b) in zip(kept.gradients.parameters, again.gradients.parameters) {
        #expect(a.values.contains { $0 != 0 })
        #expect(a.values == b.values)
      }
      // The same seed is the same step, another seed is not.
      #expect(try computed(memory: 0).terms == kept.terms)
      if let seed {
        let other = try ComputedLoss(
          model, golden.objective(test), golden.batch(test.positions), dropping, pad: golden.pad,
          dropoutSeed: seed + 1)
        #expect(other.terms.total != kept.terms.total)
      }
    }
  }

  /// With B zero the tuned model is the base model, bit for bit.
  @Test(arguments: [ObjectiveName.seer, .seerPair, .infonce, .ntXent], [2, 3])
  func aNewAdapterHasNoRetainAndNoKLLoss(name: ObjectiveName, layer: Int) throws {
    let golden = try TrainingGolden.load()
    let model = try TinyLlama.model(.q4_1)
    let c = model.configuration
    var random = SeededGenerator(seed: 4)
    let adapter = Adapter(
      starting: LoRAConfiguration(rank: 4, dropout: 0.1, blocks: Array(0..<layer)), c,
      using: &random)
    let objective = Objective(
      name: name, contrastiveWeight: 0, retainWeight: 1, klWeight: 1, layers: [layer])
    let ours = try ComputedLoss(
      model, objective, golden.batch([.last]), adapter, pad: golden.pad, dropoutSeed: 3)
    #expect(ours.terms.retain == 0)
    #expect(ours.terms.kl == 0)
    #expect(ours.terms.total == 0)
    for matrix in TrainingGolden.matrices(ours.gradients, c) {
      #expect(TrainingGolden.values(matrix).allSatisfy { $0 == 0 }, "\(matrix.name)")
    }
    // The contrastive term alone moves B, and B only: A's gradient goes through B.
    let contrastive = try ComputedLoss(
      model, Objective(name: name, retainWeight: 0, klWeight: 0, layers: [layer]),
      golden.batch([.last]), adapter, pad: golden.pad, dropoutSeed: 3)
    for matrix in TrainingGolden.matrices(contrastive.gradients, c) {
      let isZero = TrainingGolden.values(matrix).allSatisfy { $0 == 0 }
      #expect(isZero == matrix.name.hasSuffix("lora_A.weight"), "\(matrix.name)")
    }
  }

  /// Each term's gradient alone adds up to the whole: weights are applied once each.
  @Test(arguments: ["seer.3.last", "seer-pair.2.last"])
  func termsAddUp(name: String) throws {
    let golden = try TrainingGolden.load()
    let test = try golden.testCase(name)
    let model = try TinyLlama.model()
    let adapter = try golden.adapter(
      "start", layers: test.layers, in: try TrainingGolden.tensors(), model.configuration)
    func gradients(_ contrastive: Double, _ retain: Double, _ kl: Double) throws -> [Float] {
      var objective = golden.objective(test)
      objective.contrastiveWeight = contrastive
      objective.retainWeight = retain
      objective.klWeight = kl
      let loss = try ComputedLoss(
        model, objective, golden.batch(test.positions), adapter, pad: golden.pad)
      return loss.gradients.parameters.flatMap(\.values)
    }
    let whole = try gradients(1, 0.5, 2)
    let parts = [
      try gradients(1, 0, 0), try gradients(0, 0.5, 0), try gradients(0, 0, 2),
    ]
    let sum = whole.indices.map { index in parts.reduce(0) { $0 + $1[index] } }
    #expect(relativeDistance(sum, whole) <= 1e-5)
    #expect(relativeDistance(try gradients(3, 0, 0), parts[0].map { 3 * $0 }) <= 1e-5)
  }

  @Test func withoutRetainRowsOnlyTheContrastiveTermIsLeft() throws {
    let golden = try TrainingGolden.load()
    let test = try golden.testCase("seer.2.last")
    let model = try TinyLlama.model()
    let adapter = try golden.adapter(
      "start", layers: [2], in: try TrainingGolden.tensors(), model.configuration)
    var batch = golden.batch(test.positions)
    batch.retain = []
    let ours = try ComputedLoss(
      model, golden.objective(test), batch, adapter, pad: golden.pad)
    #expect(relative(ours.terms.contrastive, test.terms.contrastive) <= 1e-5)
    #expect(ours.terms.retain == 0 && ours.terms.kl == 0)
    // Rows of one token have no next token to compare.
    batch.retain = [[5], [9]]
    let short = try ComputedLoss(model, golden.objective(test), batch, adapter, pad: golden.pad)
    #expect(short.terms.retain > 0 && short.terms.kl == 0)
    #expect(short.terms.total.isFinite)
  }
}
