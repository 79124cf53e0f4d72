/// Which of a row's neighbours stayed, left and joined, each nearest first.
package struct NeighbourChange: Equatable, Sendable {
  package var stayed: [Int]
  package var left: [Int]
  package var joined: [Int]
}

extension Neighbours {
  /// How a row's neighbours differ in another run over the same rows.
  package func change(of row: Int, to other: Neighbours) -> NeighbourChange {
    let (before, after) = (indices(of: row), other.indices(of: row))
    return NeighbourChange(
      stayed: before.filter(after.contains), left: before.filter { !after.contains($0) },
      joined: after.filter { !before.contains($0) })
  }

  /// The mean share of neighbours that are kept in another run; nil without neighbours.
  package func kept(in other: Neighbours) -> Double? {
    let most = min(k, other.k)
    guard most > 0, rows > 0 else { return nil }
    let kept = (0..<rows).reduce(0) { sum, row in
      let others = other.indices(of: row)
      return sum + indices(of: row).count { others.contains($0) }
    }
    return Double(kept) / Double(most * rows)
  }
}
