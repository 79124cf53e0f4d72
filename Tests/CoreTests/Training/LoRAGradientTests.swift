import CKernels
import Foundation
import LinearAlgebra
import SeerModels
import TestSupport
import Testing

/// LoRA's forward and backward pass on one block, with and without dropout.
///
/// The added part is linear in each of x, A and B for itself as long as the dropout mask stays the
/// same, so a central difference with a step of 1 in float32 is exact but for rounding; a mask that
/// differed between the passes would show at once.
struct LoRAGradientTests {
  static let configuration = ModelConfiguration(
    architecture: "llama", blocks: 2, width: 24, heads: 4, kvHeads: 2, headDimension: 6,
    feedForward: 20, vocabulary: 10, context: 100, rope: Rope(base: 10_000, dimension: 6),
    epsilon: 1e-5)

  /// One group of targets with everything that goes in.
  struct Setting {
    let place: LoRAGroup.Place
    let adapter: Adapter
    let dropout: Dropout?
    let tokens: Int
    let x: MutableMatrix
    let before: [LoRATarget: MutableMatrix]
    let slopes: [LoRATarget: MutableMatrix]

    init(
      _ place: LoRAGroup.Place, targets: [LoRATarget] = LoRATarget.allCases, tokens: Int,
      dropout: Dropout?, seed: UInt64 = 5, isRankStabilised: Bool = false
    ) {
      let c = LoRAGradientTests.configuration
      var random = SeededGenerator(seed: seed)
      self.place = place
      self.dropout = dropout
      self.tokens = tokens
      adapter = Adapter(
        zeros: LoRAConfiguration(
          rank: 3, alpha: 5, dropout: Double(dropout?.rate ?? 0), targets: targets, blocks: [1],
          isRankStabilised: isRankStabilised), c)
      for matrix in adapter.parameters {
        for index in 0..<matrix.count { matrix.elements[index] = random.normal() }
      }
      let chosen = place.targets.filter { targets.contains($0) }
      let inputs = chosen.first?.shape(c).inputs ?? 1
      x = MutableMatrix(rows: tokens, columns: inputs) { _, _ in random.normal() }
      var before: [LoRATarget: MutableMatrix] = [:]
      var slopes: [LoRATarget: MutableMatrix] = [:]
      for target in place.targets {
        let outputs = target.shape(c).outputs
        before[target] = MutableMatrix(rows: tokens, columns: outputs) { _, _ in random.normal() }
        slopes[target] = MutableMatrix(rows: tokens, columns: outputs) { _, _ in random.normal() }
      }
      self.before = before
      self.slopes = slopes
    }

    func lora(_ buffers: BlockBuffers, block: Int = 1) -> BlockLoRA {
      let c = LoRAGradientTests.configuration
      let context = BlockContext(
        Batch([[Int32](repeating: 1, count: tokens)]),
        rotations: RotationTables(positions: 1, c),
        adapter: adapter, dropout: dropout)
      return BlockLoRA(block, context, buffers, c)
    }

    /// What is added to each output.
    func added(x: MutableMatrix? = nil, block: Int = 1) -> [LoRATarget: [Float]] {
      let c = LoRAGradientTests.configuration
      let outputs = before.mapValues(MutableMatrix.init(copying:))
      lora(BlockBuffers(tokens: tokens, c, training: true), block: block)
        .forward(place, (x ?? self.x).elements, outputs.mapValues(\.elements))
      return outputs.reduce(into: [:]) { result, output in
        let start = before[output.key]?.values ?? []
        result[output.key] = zip(output.value.values, start).map { $0 - $1 }
      }
    }

    /// `sum of slope * output`, in Double.
    func loss(x: MutableMatrix? = nil) -> Double {
      let added = added(x: x)
      return place.targets.reduce(0) { sum, target in
        sum + dot((added[target] ?? []).doubles, (slopes[target]?.values ?? []).doubles)
      }
    }

    /// The gradients, and what is added to dx.
    func backward() -> (gradients: Adapter, dx: [Float]) {
      let c = LoRAGradientTests.configuration
      let buffers = BlockBuffers(tokens: tokens, c, training: true)
      let lora = lora(buffers)
      let outputs = before.mapValues(MutableMatrix.init(copying:))
      lora.forward(place, x.elements, outputs.mapValues(\.elements))
      let gradients = Adapter(zeros: adapter.configuration, c)
      let dx = MutableMatrix(rows: tokens, columns: x.columns) { _, _ in 1 }
      lora.backward(
        place, x.elements, slopes.mapValues { UnsafePointer($0.elements) }, into: gradients,
        inputGradient: dx.elements)
      withExtendedLifetime(outputs) {}
      return (gradients, dx.values.map { $0 - 1 })
    }
  }

  /// (f(+1) - f(-1)) / 2 for each element of a matrix that a multilinear function reads.
  func differences(_ matrix: MutableMatrix, _ function: () -> Double) -> [Float] {
    (0..<matrix.count).map { index in
      let value = matrix.elements[index]
      matrix.elements[index] = value + 1
      let above = function()
      matrix.elements[index] = value - 1
      let below = function()
      matrix.elements[index] = value
      return Float((above - below) / 2)
    }
  }

  static let dropouts: [Dropout?] = [nil, Dropout(rate: 0.3, key: 99), Dropout(rate: 0.9, key: 7)]

  @Test(arguments: LoRAGroup.Place.allCases, dropouts)
  func matchesDifferences(place: LoRAGroup.Place, dropout: Dropout?) throws {
    // More tokens than one piece of the parallel loops.
    for tokens in [1, 5, 67] {
      let setting = Setting(place, tokens: tokens, dropout: dropout)
      let (gradients, dx) = setting.backward()
      let ours = try #require(gradients.group(block: 1, place))
      let group = try #require(setting.adapter.group(block: 1, place))
      #expect(
        relativeDistance(ours.a.values, differences(group.a) { setting.loss() }) <= 2e-5,
        "A, \(tokens) tokens")
      for (index, b) in group.b.enumerated() {
        #expect(
          relativeDistance(ours.b[index].values, differences(b) { setting.loss() }) <= 2e-5,
          "B of \(group.targets[index]), \(tokens) tokens")
      }
      let x = MutableMatrix(copying: setting.x)
      #expect(
        relativeDistance(dx, differences(x) { setting.loss(x: x) }) <= 2e-5, "x, \(tokens) tokens")
    }
  }

  @Test(arguments: [false, true])
  func forwardIsScaleTimesBAX(isRankStabilised: Bool) throws {
    let setting = Setting(
      .attentionInput, tokens: 37, dropout: nil, isRankStabilised: isRankStabilised)
    let scale = isRankStabilised ? 5 / 3.0.squareRoot() : 5 / 3.0
    let added = setting.added()
    for target in LoRAGroup.Place.attentionInput.targets {
      let pair = try #require(setting.adapter.pair(block: 1, target))
      let (a, b) = (pair.a, pair.b)
      var expected: [Float] = []
      for token in 0..<37 {
        let inner = (0..<3).map { row in
          (0..<24).reduce(0.0) { $0 + Double(a[row * 24 + $1]) * Double(setting.x[token, $1]) }
        }
        for output in 0..<b.rows {
          expected.append(
            Float(scale * (0..<3).reduce(0.0) { $0 + Double(b[output, $1]) * inner[$1] }))
        }
      }
      #expect(relativeDistance(try #require(added[target]), expected) <= 3e-6)
    }
  }

  @Test func targetsAndBlocksWithoutLoRAStayAsTheyAre() throws {
    let setting = Setting(.attentionInput, targets: [.keys, .down], tokens: 4, dropout: nil)
    let added = setting.added()
    let zeros = { (count: Int) in [Float](repeating: 0, count: count) }
    #expect(added[.queries] == zeros(4 * 24) && added[.values] == zeros(4 * 12))
    #expect(try #require(added[.keys]).contains { $0 != 0 })
    #expect(setting.added(block: 0).values.allSatisfy { $0.allSatisfy { $0 == 0 } })
    let none = Setting(.feedForwardInput, targets: [.keys, .down], tokens: 4, dropout: nil)
    #expect(none.added().values.allSatisfy { $0.allSatisfy { $0 == 0 } })
    #expect(none.adapter.group(block: 1, .feedForwardInput) == nil)
  }

  @Test func gradientsAreAddedTo() throws {
    let setting = Setting(.feedForwardInput, tokens: 9, dropout: nil)
    let c = Self.configuration
    let once = setting.backward().gradients
    let buffers = BlockBuffers(tokens: 9, c, training: true)
    let lora = setting.lora(buffers)
    let twice = Adapter(zeros: setting.adapter.configuration, c)
    let dx = MutableMatrix(rows: 9, columns: setting.x.columns)
    let outputs = setting.before.mapValues(MutableMatrix.init(copying:))
    for _ in 0..<2 {
      lora.forward(setting.place, setting.x.elements, outputs.mapValues(\.elements))
      lora.backward(
        setting.place, setting.x.elements, setting.slopes.mapValues { UnsafePointer($0.elements) },
        into: twice, inputGradient: dx.elements)
    }
    withExtendedLifetime(outputs) {}
    for (a, b) in zip(once.parameters, twice.parameters) {
      #expect(relativeDistance(b.values, a.values.map { 2 * $0 }) <= 1e-6)
    }
    twice.clear()
    #expect(twice.parameters.allSatisfy { $0.values.allSatisfy { $0 == 0 } })
  }

  @Test func aNewAdapterChangesNothing() throws {
    var random = SeededGenerator(seed: 1)
    let adapter = Adapter(
      starting: LoRAConfiguration(rank: 4, blocks: [0, 1]), Self.configuration, using: &random)
    for block in 0..<2 {
      for target in LoRATarget.allCases {
        let pair = try #require(adapter.pair(block: block, target))
        let (a, b) = (pair.a, pair.b)
        let shape = target.shape(Self.configuration)
        let values = UnsafeBufferPointer(start: a, count: 4 * shape.inputs)
        let bound = 1 / Float(shape.inputs).squareRoot()
        #expect(values.allSatisfy { abs($0) <= bound })
        // Uniform: the mean square is a third of the bound's.
        let square = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
        #expect(abs(square / (bound * bound) - 1 / 3.0) < 0.12, "\(square)")
        #expect(b.values.allSatisfy { $0 == 0 })
      }
    }
  }
}
