import LinearAlgebra

/// The nearest other rows of every row by cosine, nearest first; equal ones in the order of rows.
package struct NearestLists: Equatable, Sendable {
  package let k: Int
  private let lists: [[Int32]]

  /// The neighbours of one row.
  package subscript(row: Int) -> [Int] { lists[row].map { Int($0) } }

  /// Compares every pair of rows: O(rows² x width) time, a tile of rows in memory at a time.
  /// `k` is lowered to `rows - 1`.
  package init(
    _ states: Matrix, k: Int = 10, checkpoint: () throws -> Void = {}
  ) rethrows {
    try self.init(CentredUnits(states), k: k, checkpoint: checkpoint)
  }

  package init(_ units: CentredUnits, k: Int, checkpoint: () throws -> Void = {}) rethrows {
    let rest = units.rest
    let rows = rest.rows
    let k = max(0, min(k, rows - 1))
    let tile = 32
    let tiles = (rows + tile - 1) / tile
    var lists: [[Int32]] = []
    while lists.count < rows {
      try checkpoint()
      let first = lists.count / tile
      let part = first..<min(tiles, first + 16)
      lists += results(count: part.count) { place in
        let start = (part.lowerBound + place) * tile
        let range = start..<min(rows, start + tile)
        let cosines = Matrix(rows: range.count, columns: rows)
        defer { withExtendedLifetime(cosines) {} }
        BLAS.sgemm(
          transposeB: true, m: range.count, n: rows, k: rest.columns, rest.row(start),
          stride: rest.columns, rest.elements, stride: rest.columns, into: cosines.elements,
          stride: rows)
        return range.map { row in
          Self.largest(k, of: cosines.row(row - start), plus: units.products, without: row)
        }
      }.flatMap { $0 }
    }
    self.k = k
    self.lists = lists
  }

  /// The places of the `k` largest sums.
  private static func largest(
    _ k: Int, of values: UnsafePointer<Float>, plus shares: [Double], without own: Int
  ) -> [Int32] {
    var best: [(place: Int32, value: Double)] = []
    guard k > 0 else { return [] }
    best.reserveCapacity(k + 1)
    for other in shares.indices where other != own {
      let value = Double(values[other]) + shares[other]
      if best.count == k, value <= best[k - 1].value { continue }
      var place = best.count
      while place > 0, value > best[place - 1].value { place -= 1 }
      best.insert((Int32(other), value), at: place)
      if best.count > k { best.removeLast() }
    }
    return best.map(\.place)
  }

  /// How a row's neighbours differ in another run over the same rows.
  package func change(of row: Int, to other: NearestLists) -> NeighbourChange {
    let (before, after) = (self[row], other[row])
    return NeighbourChange(
      stayed: before.filter(after.contains), left: before.filter { !after.contains($0) },
      joined: after.filter { !before.contains($0) })
  }

  /// The mean share of neighbours that are kept in another run; nil without neighbours.
  package func kept(in other: NearestLists) -> Double? {
    let most = min(k, other.k)
    guard most > 0, !lists.isEmpty else { return nil }
    let kept = lists.indices.reduce(0) { sum, row in
      sum + lists[row].count { other.lists[row].contains($0) }
    }
    return Double(kept) / Double(most * lists.count)
  }
}

/// Which of a row's neighbours stayed, left and joined, each nearest first.
package struct NeighbourChange: Equatable, Sendable {
  package var stayed: [Int]
  package var left: [Int]
  package var joined: [Int]
}
