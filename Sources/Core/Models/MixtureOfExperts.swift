import CKernels
import LinearAlgebra

/// A mixture of experts (Shazeer et al. 2017; Fedus et al. 2021): a block's feed-forward part is
/// many, of which a router chooses a few for each token and weighs what they make.
package struct ExpertConfiguration: Equatable, Sendable {
  /// Experts of a block.
  package var count: Int
  /// Experts that a token goes to; at most `count`.
  package var used: Int
  /// The size between one expert's products.
  package var feedForward: Int
  package var weighting: Weighting
  /// The blocks, from 0, that have experts; the others' feed-forward part is dense.
  package var blocks: Set<Int>
  /// The size between the products of the part that every token goes through beside its experts; 0
  /// where there is none.
  package var shared = 0
  /// Each token has a gate for the shared part.
  package var gatesShared = false
  /// The linear layers of such a block as the reference implementation has them.
  package var modules: [LoRAModule] = []

  /// How the chosen experts' weights come from the router's logits.
  package enum Weighting: Equatable, Sendable {
    /// The softmax over all experts, as it is.
    case all
    /// The same, divided by the chosen ones' sum.
    case normalised
    /// The softmax over the chosen ones.
    case chosen

    var code: Int32 {
      switch self {
      case .all: Int32(sk_route_all)
      case .normalised: Int32(sk_route_normalised)
      case .chosen: Int32(sk_route_chosen)
      }
    }
  }
}

extension ModelConfiguration {
  /// The same with the sizes and linear layers of a block's own feed-forward part, which may be its
  /// experts' shared one, or nothing.
  package func ofBlock(_ block: Int) -> ModelConfiguration {
    guard let experts, experts.blocks.contains(block) else { return self }
    var c = self
    c.feedForward = experts.shared
    c.modules = experts.modules
    return c
  }

  package func gatesShared(inBlock block: Int) -> Bool {
    experts.map { $0.gatesShared && $0.blocks.contains(block) } ?? false
  }

  /// The linear layers of all blocks, each once.
  package var allModules: [LoRAModule] {
    guard let experts else { return modules }
    let dense = experts.blocks.count < blocks ? modules : []
    return dense + experts.modules.filter { !dense.contains($0) }
  }

  /// All blocks have experts and nothing beside them.
  mutating func replaceFeedForward(by experts: ExpertConfiguration) {
    self.experts = experts
    self.experts?.modules = LoRAModule.attention
    feedForward = 0
  }

  /// The largest size between two products that every token goes through.
  package var widestFeedForward: Int { max(feedForward, experts?.shared ?? 0) }
}

/// The experts of one block.
package struct Experts: Sendable {
  package typealias Linear = Transformer.Linear

  package struct Expert: Sendable {
    package let gate: Linear  // (size, width)
    package let up: Linear
    package let down: Linear  // (width, size)
  }

  /// (experts, width)
  package let router: Linear
  package let experts: [Expert]
  /// What the shared part's outputs are multiplied with is the logistic of a token's product with
  /// this; nil where they are taken as they are.
  package let sharedGate: [Float]?

  var linears: [Linear] { [router] + experts.flatMap { [$0.gate, $0.up, $0.down] } }
}

/// Which experts the tokens of one block go to.
package final class Routing {
  /// (tokens, experts): the router's logits, and its probabilities where those are weighed.
  let probabilities: MutableMatrix
  /// (tokens, used), the largest first.
  package let weights: MutableMatrix
  /// (tokens, used)
  package let ids: Buffer<Int32>
  /// Slots, which are places among ids and weights, by their expert; where each expert's begin.
  let order: Buffer<Int32>
  let starts: Buffer<Int32>

  init(tokens: Int, _ c: ExpertConfiguration) {
    probabilities = MutableMatrix(unfilled: tokens, columns: c.count)
    weights = MutableMatrix(unfilled: tokens, columns: c.used)
    ids = Buffer(count: tokens * c.used)
    order = Buffer(count: tokens * c.used)
    starts = Buffer(count: c.count + 1)
  }

  /// In floats for each token.
  static func floats(_ c: ExpertConfiguration) -> Int { c.count + 3 * c.used }

  /// Chooses experts by the router's logits, which lie in `probabilities`.
  func choose(tokens: Int, _ c: ExpertConfiguration) {
    Parallel.ranges(of: tokens, grain: 64) { range in
      for token in range {
        sk_route(
          ids.elements + token * c.used, weights.row(token), probabilities.row(token), c.count,
          c.used, c.weighting.code)
      }
    }
    sk_group_slots(starts.elements, order.elements, ids.elements, tokens * c.used, c.count)
  }

  /// Where the slots of an expert lie in ``order``.
  func slots(of expert: Int) -> Range<Int> {
    Int(starts.elements[expert])..<Int(starts.elements[expert + 1])
  }

  /// Moves what stands for the tokens `places` at the front to their own places.
  func spread(to places: [Int]) {
    for (row, token) in places.enumerated().reversed() where row != token {
      weights.row(token).update(from: weights.row(row), count: weights.columns)
      (ids.elements + token * weights.columns).update(
        from: ids.elements + row * weights.columns, count: weights.columns)
    }
  }
}
