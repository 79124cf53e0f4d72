import LinearAlgebra

/// The experts that spans of tokens went to in one block.
///
/// A span of one token has its experts and their weights. One of several has the experts that weigh
/// most in the mean over its tokens, with those means; of equal ones the lowest id comes first.
package struct RoutedSpans: Sendable {
  /// From 0.
  package let block: Int
  /// (spans, experts a token), the largest weight first; -1 beyond the experts that an empty span
  /// went to.
  package let ids: [Int32]
  /// The same shape.
  package let weights: Matrix

  init(
    _ routing: Routing, ofBlock block: Int, _ spans: [Range<Int>], _ c: ExpertConfiguration
  ) {
    self.block = block
    var ids = [Int32](repeating: -1, count: spans.count * c.used)
    let weights = MatrixBuilder(rows: spans.count, columns: c.used)
    var sums = [Float](repeating: 0, count: c.count)
    for (row, span) in spans.enumerated() {
      let first = row * c.used
      if span.count == 1, let token = span.first {
        for place in 0..<c.used {
          ids[first + place] = routing.ids.elements[token * c.used + place]
          weights.elements[first + place] = routing.weights.elements[token * c.used + place]
        }
        continue
      }
      for slot in span.lowerBound * c.used..<span.upperBound * c.used {
        sums[Int(routing.ids.elements[slot])] += routing.weights.elements[slot]
      }
      let largest = sums.indices.filter { sums[$0] > 0 }
        .sorted { (sums[$0], $1) > (sums[$1], $0) }.prefix(c.used)
      for (place, expert) in largest.enumerated() {
        ids[first + place] = Int32(expert)
        weights.elements[first + place] = sums[expert] / Float(span.count)
      }
      for slot in span.lowerBound * c.used..<span.upperBound * c.used {
        sums[Int(routing.ids.elements[slot])] = 0
      }
    }
    self.ids = ids
    self.weights = weights.frozen()
  }
}
