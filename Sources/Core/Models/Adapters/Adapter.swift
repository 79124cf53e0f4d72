import Foundation
import LinearAlgebra

/// The seven projections of a block that LoRA can sit on, by the names they have in Llama; where a
/// model's layer makes several of them (``LoRAModule``), one brings the others with it.
package enum LoRATarget: String, CaseIterable, Sendable, Codable {
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

  package var scale: Float {
    Float(alpha / (isRankStabilised ? Double(rank).squareRoot() : Double(rank)))
  }
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
  /// (modules x rank, inputs): the A of each module below the one before.
  package let a: MutableMatrix
  /// (outputs, rank) each.
  package let b: [MutableMatrix]

  package var targets: [LoRATarget] { modules.flatMap(\.targets) }

  /// One projection's share of a layer.
  package struct Part {
    package let target: LoRATarget
    package let b: MutableMatrix
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
            target: target, b: b[index], first: first, rows: rows,
            column: index * b[index].columns))
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
  package let configuration: LoRAConfiguration
  /// The model it belongs to.
  package let model: ModelConfiguration
  package let scale: Float
  /// By block, then by ``LoRAGroup/Place``; nil where the block or place carries nothing.
  private let groups: [[LoRAGroup?]]
  /// Every matrix, in a fixed order: blocks, places, A then the Bs.
  package let parameters: [MutableMatrix]

  /// Zeros everywhere. Precondition: the blocks exist.
  package init(zeros configuration: LoRAConfiguration, _ c: ModelConfiguration) {
    self.configuration = configuration
    model = c
    scale = configuration.scale
    let carrying = Set(configuration.blocks)
    let chosen = Set(configuration.targets)
    let groups = (0..<c.blocks).map { block -> [LoRAGroup?] in
      LoRAGroup.Place.allCases.map { place -> LoRAGroup? in
        let modules = c.modules.filter { module in
          module.targets.allSatisfy(place.targets.contains)
            && module.targets.contains(where: chosen.contains)
        }
        guard carrying.contains(block), let first = modules.first else { return nil }
        let rank = configuration.rank
        return LoRAGroup(
          modules: modules,
          a: MutableMatrix(rows: modules.count * rank, columns: first.shape(c).inputs),
          b: modules.map { MutableMatrix(rows: $0.shape(c).outputs, columns: rank) })
      }
    }
    self.groups = groups
    parameters = groups.flatMap { $0.compactMap { $0 }.flatMap { [$0.a] + $0.b } }
  }

  /// As PEFT starts: A uniform in ±1/sqrt(inputs) (Kaiming with a = sqrt(5)), B zero, so that the
  /// tuned model is the base model.
  package convenience init(
    starting configuration: LoRAConfiguration, _ c: ModelConfiguration,
    using generator: inout SeededGenerator
  ) {
    self.init(zeros: configuration, c)
    for group in groups.joined().compactMap({ $0 }) {
      let bound = 1 / Float(group.a.columns).squareRoot()
      for index in 0..<group.a.count {
        group.a.elements[index] = (2 * generator.uniform() - 1) * bound
      }
    }
  }

  package func group(block: Int, _ place: LoRAGroup.Place) -> LoRAGroup? {
    groups[block][place.rawValue]
  }

  /// Where the A, (rank, inputs), of the layer that makes a target begins, and its B, whose first
  /// rows belong to the targets before; nil where the adapter has none there.
  package func pair(
    block: Int, _ target: LoRATarget
  ) -> (a: UnsafeMutablePointer<Float>, inputs: Int, b: MutableMatrix)? {
    for group in groups[block].compactMap({ $0 }) {
      guard let index = group.modules.firstIndex(where: { $0.targets.contains(target) }) else {
        continue
      }
      return (group.a.row(index * configuration.rank), group.a.columns, group.b[index])
    }
    return nil
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
