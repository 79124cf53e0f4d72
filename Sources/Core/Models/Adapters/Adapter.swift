import Foundation
import LinearAlgebra
import SeerSupport

/// The seven projections of a block that LoRA can sit on, by the names they have in Llama; where a
/// model's layer makes several of them (``LoRAModule``), one brings the others with it.
package enum LoRATarget: String, NamedChoice {
  case queries = "q_proj"
  case keys = "k_proj"
  case values = "v_proj"
  case output = "o_proj"
  case gate = "gate_proj"
  case up = "up_proj"
  case down = "down_proj"

  /// (outputs, inputs) of the projection.
  package func shape(_ c: ModelConfiguration) -> (outputs: Int, inputs: Int) {
    switch self {
    case .queries: (c.queryWidth, c.width)
    case .keys, .values: (c.keyWidth, c.width)
    case .output: (c.width, c.queryWidth)
    case .gate, .up: (c.feedForward, c.width)
    case .down: (c.width, c.feedForward)
    }
  }
}

/// What a low-rank adapter is made of (Hu et al. 2021).
package struct LoRAConfiguration: Equatable, Sendable, Codable {
  package var rank: Int
  package var alpha: Double
  /// The share of a projection's inputs left out at random in training.
  package var dropout: Double
  package var targets: [LoRATarget]
  /// Blocks that carry it, from 0.
  package var blocks: [Int]
  /// Scale by alpha / sqrt(rank) instead of alpha / rank (Kalajdzievski 2023).
  package var isRankStabilised: Bool

  package init(
    rank: Int = 16, alpha: Double = 16, dropout: Double = 0.05,
    targets: [LoRATarget] = LoRATarget.allCases, blocks: [Int], isRankStabilised: Bool = false
  ) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.targets = targets
    self.blocks = blocks
    self.isRankStabilised = isRankStabilised
  }

  package var scale: Float { layer.scale }

  /// What each of its layers is.
  package var layer: LoRALayer { layer(rank: rank, alpha: alpha) }

  /// The same with a rank and alpha of its own.
  func layer(rank: Int, alpha: Double) -> LoRALayer {
    let root = isRankStabilised ? Double(rank).squareRoot() : Double(rank)
    return LoRALayer(rank: rank, scale: Float(alpha / root))
  }
}

/// One layer's size and strength: y += scale * B (A x), with A (rank, inputs).
package struct LoRALayer: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case plain
    /// B has a bias (`lora_bias`).
    case biased
    /// DoRA: the layer's weights are normed with the addition, row by row, and each row is given a
    /// length of its own (Liu et al. 2024).
    case decomposed
  }

  package let rank: Int
  package let scale: Float
  package var kind = Kind.plain
  /// The layer's bias is another than the model's. A layer that has nothing else is of rank 0.
  var replacesBias = false

  /// Nothing but an addition.
  var isPlain: Bool { kind == .plain && !replacesBias }
}

/// The layers of a block that read the same input; their A matrices lie in one, so that the input
/// is read once.
package struct LoRAGroup {
  package enum Place: Int, CaseIterable, Sendable {
    case attentionInput, attentionOutput, feedForwardInput, feedForwardOutput

    package var targets: [LoRATarget] {
      switch self {
      case .attentionInput: [.queries, .keys, .values]
      case .attentionOutput: [.output]
      case .feedForwardInput: [.gate, .up]
      case .feedForwardOutput: [.down]
      }
    }
  }

  package let modules: [LoRAModule]
  /// One for each module.
  package let layers: [LoRALayer]
  /// (ranks of all, inputs): the A of each module below the one before.
  package let a: MutableMatrix
  /// (outputs, rank) each.
  package let b: [MutableMatrix]
  /// What is done to each module's outputs besides; nil for plain layers.
  let changes: [LoRAOutputs?]

  /// Zeros everywhere.
  init(_ modules: [(module: LoRAModule, layer: LoRALayer)], _ c: ModelConfiguration) {
    self.modules = modules.map(\.module)
    layers = modules.map(\.layer)
    a = MutableMatrix(
      rows: modules.reduce(0) { $0 + $1.layer.rank },
      columns: modules.first?.module.shape(c).inputs ?? 0)
    b = modules.map { MutableMatrix(rows: $0.module.shape(c).outputs, columns: $0.layer.rank) }
    changes = modules.map {
      $0.layer.isPlain ? nil : LoRAOutputs($0.layer, $0.module.shape(c).outputs)
    }
  }

  /// Whether some outputs are multiplied, not only added to.
  var scalesOutputs: Bool { changes.contains { $0?.factor != nil } }

  package var targets: [LoRATarget] { modules.flatMap(\.targets) }

  /// Which row of A is a module's first.
  func firstRow(of index: Int) -> Int { layers[..<index].reduce(0) { $0 + $1.rank } }

  /// One projection's share of a layer.
  package struct Part {
    package let target: LoRATarget
    package let layer: LoRALayer
    package let b: MutableMatrix
    let changes: LoRAOutputs?
    /// The projection's rows of B.
    package let first: Int
    package let rows: Int
    /// Where the layer's columns begin in the product of the input and A.
    package let column: Int
  }

  package func parts(_ c: ModelConfiguration) -> [Part] {
    var parts: [Part] = []
    for (index, module) in modules.enumerated() {
      var first = 0
      for target in module.targets {
        let rows = target.shape(c).outputs
        parts.append(
          Part(
            target: target, layer: layers[index], b: b[index], changes: changes[index],
            first: first, rows: rows,
            column: firstRow(of: index)))
        first += rows
      }
    }
    return parts
  }
}

/// Low-rank additions to a model's projections: y += scale * B (A x).
///
/// A reference type, because training changes its matrices in place; everyone else only reads. It
/// stays in the job that made or read it.
package final class Adapter {
  /// What it was made as; layers of one that was read may differ (``LoRAGroup/layers``).
  package let configuration: LoRAConfiguration
  /// The model it belongs to.
  package let model: ModelConfiguration
  /// By block, then by ``LoRAGroup/Place``; nil where the block or place carries nothing.
  private let groups: [[LoRAGroup?]]
  /// Every matrix, in a fixed order: blocks, places, A then the Bs.
  package let parameters: [MutableMatrix]
  package var ends = AdapterEnds()
  /// Whether what depends on a model's weights and biases is worked out yet.
  private var isFitted = true

  /// Zeros everywhere, in the layers for which there is one.
  init(
    zeros configuration: LoRAConfiguration, _ c: ModelConfiguration,
    layer: (_ block: Int, _ module: LoRAModule) -> LoRALayer?
  ) {
    self.configuration = configuration
    model = c
    let groups = (0..<c.blocks).map { block -> [LoRAGroup?] in
      let c = c.ofBlock(block)
      return LoRAGroup.Place.allCases.map { place -> LoRAGroup? in
        let modules = c.modules.filter { $0.targets.allSatisfy(place.targets.contains) }
          .compactMap { module in layer(block, module).map { (module, $0) } }
        return modules.isEmpty ? nil : LoRAGroup(modules, c)
      }
    }
    self.groups = groups
    parameters = groups.flatMap { $0.compactMap { $0 }.flatMap { [$0.a] + $0.b } }
    isFitted = !groups.joined().contains { $0?.changes.contains { $0?.needsModel == true } == true }
  }

  /// Zeros everywhere. Precondition: the blocks exist.
  package convenience init(zeros configuration: LoRAConfiguration, _ c: ModelConfiguration) {
    let carrying = Set(configuration.blocks)
    let chosen = Set(configuration.targets)
    self.init(zeros: configuration, c) { block, module in
      carrying.contains(block) && module.targets.contains(where: chosen.contains)
        ? configuration.layer : nil
    }
  }

  /// As PEFT starts: A uniform in ±1/sqrt(inputs) (Kaiming with a = sqrt(5)), B zero, so that the
  /// tuned model is the base model.
  ///
  /// - Parameter bound: B is uniform within it where the base model is no start
  ///   (`reroute`).
  package convenience init(
    starting configuration: LoRAConfiguration, _ c: ModelConfiguration, b bound: Float = 0,
    using generator: inout SeededGenerator
  ) {
    self.init(zeros: configuration, c)
    let groups = groups.joined().compactMap { $0 }
    for group in groups {
      Self.fill(group.a, within: 1 / Float(group.a.columns).squareRoot(), using: &generator)
    }
    guard bound > 0 else { return }
    for b in groups.flatMap(\.b) { Self.fill(b, within: bound, using: &generator) }
  }

  private static func fill(
    _ matrix: MutableMatrix, within bound: Float, using generator: inout SeededGenerator
  ) {
    for index in 0..<matrix.count {
      matrix.elements[index] = (2 * generator.uniform() - 1) * bound
    }
  }

  package func group(block: Int, _ place: LoRAGroup.Place) -> LoRAGroup? {
    groups[block][place.rawValue]
  }

  /// One layer's matrices: A, (rank, inputs), and B, (outputs, rank), whose first rows belong to
  /// the projections before.
  package struct Pair {
    let module: LoRAModule
    package let layer: LoRALayer
    package let a: UnsafeMutablePointer<Float>
    package let inputs: Int
    package let b: MutableMatrix
    let changes: LoRAOutputs?
  }

  /// The matrices of the layer that makes a target; nil where the adapter has none there.
  package func pair(block: Int, _ target: LoRATarget) -> Pair? {
    for group in groups[block].compactMap({ $0 }) {
      guard let index = group.modules.firstIndex(where: { $0.targets.contains(target) }) else {
        continue
      }
      return Pair(
        module: group.modules[index], layer: group.layers[index],
        a: group.a.row(group.firstRow(of: index)),
        inputs: group.a.columns, b: group.b[index], changes: group.changes[index])
    }
    return nil
  }

  /// Whether some layers have a bias of their own.
  var isBiased: Bool {
    groups.joined().contains { group in
      group?.layers.contains { $0.kind == .biased || $0.replacesBias } == true
    }
  }

  /// Works out what the rows of decomposed layers are multiplied with, their length over that of the
  /// weights with the addition, and what makes the model's biases those of the adapter. Once, before
  /// the first pass.
  func fit(to model: Transformer) {
    guard !isFitted else { return }
    isFitted = true
    for (index, block) in model.blocks.enumerated() {
      for target in LoRATarget.allCases {
        guard let linear = block.linear(target), let pair = pair(block: index, target),
          let changes = pair.changes, changes.needsModel
        else { continue }
        let first = pair.firstRow(of: target, model.configuration.ofBlock(index))
        Parallel.ranges(of: linear.weight.rows, grain: 32) { range in
          let line = MatrixBuilder(unfilled: 1, columns: pair.inputs)
          for row in range {
            var scale: Float = 1
            if let factor = changes.factor {
              linear.weight.expand(row: row, into: line.elements)
              pair.add(row: first + row, to: line.elements)
              var square = 0.0
              for column in 0..<pair.inputs {
                square += Double(line.elements[column]) * Double(line.elements[column])
              }
              scale = changes.lengths.elements[first + row] / Float(square.squareRoot())
              factor.elements[first + row] = scale
            }
            // The bias is not multiplied.
            let own = linear.bias?[row] ?? 0
            changes.shift.elements[first + row] +=
              (changes.biases?.elements[first + row] ?? own) - scale * own
          }
        }
      }
      if index >= model.residentBlocks { block.release() }
    }
  }

  package func copy(from other: Adapter) {
    for (target, source) in zip(parameters, other.parameters) {
      target.elements.update(from: source.elements, count: target.count)
    }
  }

  /// Moves towards `other` by a share of the way.
  package func move(to other: Adapter, share: Float) {
    Parallel.forEach(parameters.count) { index in
      let target = parameters[index].elements
      let source = other.parameters[index].elements
      for element in 0..<parameters[index].count {
        target[element] += share * (source[element] - target[element])
      }
    }
  }

  /// Sets every matrix to zeros (where the adapter holds gradients).
  package func clear() {
    for matrix in parameters { matrix.elements.update(repeating: 0, count: matrix.count) }
  }
}

extension Adapter.Pair {
  /// Which row of B is the first that belongs to a target.
  func firstRow(of target: LoRATarget, _ c: ModelConfiguration) -> Int {
    module.targets.prefix { $0 != target }.reduce(0) { $0 + $1.shape(c).outputs }
  }

  /// Adds a row of scale * B A to `inputs` floats.
  func add(row: Int, to target: UnsafeMutablePointer<Float>) {
    for index in 0..<layer.rank {
      let factor = layer.scale * b.row(row)[index]
      let line = a + index * inputs
      for column in 0..<inputs { target[column] += factor * line[column] }
    }
  }
}

/// What is done to a layer's outputs after its product and the addition: y = factor * y + shift.
struct LoRAOutputs {
  /// (1, outputs) each. nil where nothing is multiplied.
  let factor: MutableMatrix?
  let shift: MutableMatrix
  /// The length of each row of a decomposed layer's weights.
  let lengths: MutableMatrix
  /// In place of the model's, where there are any.
  let biases: MutableMatrix?

  init(_ layer: LoRALayer, _ outputs: Int) {
    let isDecomposed = layer.kind == .decomposed
    factor = isDecomposed ? MutableMatrix(rows: 1, columns: outputs) : nil
    shift = MutableMatrix(rows: 1, columns: outputs)
    lengths = isDecomposed ? MutableMatrix(rows: 1, columns: outputs) : shift
    biases = layer.replacesBias ? MutableMatrix(rows: 1, columns: outputs) : nil
  }

  /// Whether the shift is to be worked out from a model's weights or biases.
  var needsModel: Bool { factor != nil || biases != nil }

  /// Does it to some outputs, (tokens, rows), which are those from row `first` on.
  func apply(to y: UnsafeMutablePointer<Float>, tokens: Int, first: Int, rows: Int) {
    let shift = shift.elements + first
    for token in 0..<tokens {
      let line = y + token * rows
      if let factor {
        let factor = factor.elements + first
        for row in 0..<rows { line[row] = factor[row] * line[row] + shift[row] }
      } else {
        for row in 0..<rows { line[row] += shift[row] }
      }
    }
  }
}

extension Transformer.Block {
  /// The layer that makes a target; nil where nothing does.
  func linear(_ target: LoRATarget) -> Transformer.Linear? {
    switch target {
    case .queries: queries
    case .keys: keys
    case .values: values
    case .output: output
    case .gate: gate
    case .up: up
    case .down: down
    }
  }
}
