import LinearAlgebra
import SeerSupport

/// How a concept's logit of one token changes while other tokens are taken out of the text in some
/// order, and while they are put in (Petsiuk et al. 2018).
package struct OrderCurves: Equatable, Sendable {
  /// The logit without the first k tokens of the order, for growing k.
  package var deletion: [Double]
  /// The logit with the first k alone, for the same k.
  package var insertion: [Double]

  package init(deletion: [Double], insertion: [Double]) {
    self.deletion = deletion
    self.insertion = insertion
  }

  /// How far insertion lies above deletion on the mean: the larger, the more the order knows of
  /// what the logit rests on. A random order has 0 on the mean.
  package var area: Double {
    zip(insertion, deletion).reduce(0) { $0 + $1.0 - $1.1 } / Double(max(1, deletion.count))
  }
}

extension Explainer {
  /// The curves of several orders of the same tokens, none of them the one explained.
  ///
  /// Both ends of a curve are the same for all orders and left out: `points` counts are taken
  /// evenly between them, fewer where there are not so many tokens. Two texts for each order and
  /// count, in packed passes.
  package func curves(
    _ ids: [Int32], at token: Int, _ concept: Int, orders: [[Int]], points: Int = 6,
    _ checkpoint: Checkpoint = {}
  ) throws -> [OrderCurves] {
    let tokens = orders.first?.count ?? 0
    let steps = min(points, tokens - 1)
    guard steps > 0 else { return orders.map { _ in OrderCurves(deletion: [], insertion: []) } }
    // Symmetric, so that putting in is taking out of the order turned around.
    let counts = (1...steps).map { (2 * $0 * tokens + steps + 1) / (2 * (steps + 1)) }
    let choices = orders.flatMap { order in
      counts.map { Array(order.prefix($0)) } + counts.map { Array(order.dropFirst($0)) }
    }
    let values = try logits(ids, at: token, concept, without: choices, checkpoint)
    return orders.indices.map { order in
      let start = 2 * order * steps
      return OrderCurves(
        deletion: Array(values[start..<start + steps]),
        insertion: Array(values[start + steps..<start + 2 * steps]))
    }
  }
}
