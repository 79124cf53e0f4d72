import Foundation

/// Attention of one row of queries, keys and values, each (count, heads x size), in Double.
package struct NaiveAttention {
  let count: Int
  let visible: Int
  let heads: Int
  let kvHeads: Int
  let size: Int
  let window: Int
  let cap: Double
  /// A score for each head beside those of the keys.
  let sinks: [Double]?

  package init(
    count: Int, visible: Int, heads: Int, kvHeads: Int, size: Int, window: Int = .max,
    cap: Double = 0, sinks: [Double]? = nil
  ) {
    (self.count, self.visible, self.heads, self.kvHeads) = (count, visible, heads, kvHeads)
    (self.size, self.window, self.cap, self.sinks) = (size, window, cap, sinks)
  }

  package func output(_ q: [Double], _ k: [Double], _ v: [Double]) -> [Double] {
    var out = [Double](repeating: 0, count: q.count)
    for query in 0..<count {
      for head in 0..<heads {
        let kvHead = head / (heads / kvHeads)
        let end = min(query + 1, visible)
        let seen = min(max(0, query - min(window, count) + 1), end - 1)..<end
        var weights = seen.map { key in
          (0..<size).reduce(0.0) {
            $0 + q[(query * heads + head) * size + $1] * k[(key * kvHeads + kvHead) * size + $1]
          } / Double(size).squareRoot()
        }
        if cap > 0 { weights = weights.map { cap * tanh($0 / cap) } }
        let largest = max(weights.max() ?? 0, sinks?[head] ?? -.infinity)
        weights = weights.map { exp($0 - largest) }
        let sum = weights.reduce(sinks.map { exp($0[head] - largest) } ?? 0, +)
        for (key, weight) in zip(seen, weights) {
          for index in 0..<size {
            out[(query * heads + head) * size + index] +=
              weight / sum * v[(key * kvHeads + kvHead) * size + index]
          }
        }
      }
    }
    return out
  }
}
