import CKernels
import LinearAlgebra
import SeerAnalysis

/// Over all rows and their neighbours in a map: how many rank within k in the input, and by how much
/// the others' ranks exceed k.
///
/// A rank counts the rows that are nearer than the neighbour, by their exact distances: sums of
/// squared differences in Double. Products in float32 tell most rows apart, as fast as that can be
/// done; where they come closer than they can be trusted, the exact distance decides.
struct RankSums {
  private(set) var kept = 0.0
  private(set) var excess = 0.0

  /// - Parameters:
  ///   - input: (rows, width).
  ///   - nearest: (rows, k): each row's neighbours in the map.
  init(_ input: Matrix, nearest: Buffer<UInt32>, k: Int, checkpoint: Checkpoint) throws {
    let n = input.rows
    let frame = try Frame(of: input)
    let search = Search(
      input: input, points: frame.apply(input), unit: Double(frame.scale) * Double(frame.scale))
    let sums = Buffer<Int>(repeating: 0, count: 2 * n)
    let tile = 64
    let tiles = (n + tile - 1) / tile
    let work = Double(tile) * Double(n) * Double(input.columns)
    try NeighbourSearch.forEachBatch(
      of: tiles, work: work, checkpoint: checkpoint, progress: { _ in }
    ) { index in
      let rows = index * tile..<min((index + 1) * tile, n)
      search.ranks(of: rows, nearest: nearest, k: k) { row, rank in
        if rank <= k { sums.elements[2 * row] += 1 }
        sums.elements[2 * row + 1] += max(0, rank - k)
      }
    }
    for row in 0..<n {
      kept += Double(sums.elements[2 * row])
      excess += Double(sums.elements[2 * row + 1])
    }
  }
}

private struct Search {
  let input: Matrix
  /// The same about its mean, scaled to 1.
  let points: Matrix
  /// A squared distance of `points` by one of `input`.
  let unit: Double
  private let norms: [Float]
  /// The norms less and more what a squared distance in float32 may be off by, on their side.
  private let low: [Float]
  private let high: [Float]
  private let error: Float

  init(input: Matrix, points: Matrix, unit: Double) {
    self.input = input
    self.points = points
    self.unit = unit
    // The products' rounding grows like the root of their length; the rest is that of the norms, of
    // the points themselves and of the limits.
    let error = Float.ulpOfOne * (8 + 2 * Float(points.columns).squareRoot())
    self.error = error
    norms = (0..<points.rows).map { row in
      let values = points.row(row)
      return (0..<points.columns).reduce(Float(0)) { $0 + values[$1] * values[$1] }
    }
    low = norms.map { $0 - error * $0 }
    high = norms.map { $0 + error * $0 }
  }

  func ranks(
    of rows: Range<Int>, nearest: Buffer<UInt32>, k: Int, _ body: (_ row: Int, _ rank: Int) -> Void
  ) {
    let n = points.rows
    let least = MatrixBuilder(unfilled: rows.count, columns: n)
    let most = MatrixBuilder(unfilled: 1, columns: n)
    BLAS.sgemm(
      transposeB: true, m: rows.count, n: n, k: points.columns, alpha: -2,
      points.row(rows.lowerBound), stride: points.columns, points.elements,
      stride: points.columns, into: least.elements, stride: n)
    var known = [Double](repeating: -1, count: n)
    var isUsed = false
    for (place, row) in rows.enumerated() {
      // Squared distances less the row's own norm, at the least and at the most.
      let (least, most) = (least.row(place), most.elements)
      most.update(from: least, count: n)
      sk_add_rows(least, low, n)
      sk_add_rows(most, high, n)
      least[row] = .infinity
      most[row] = .infinity
      let slack = error * norms[row]
      if isUsed {
        for other in 0..<n { known[other] = -1 }
        isUsed = false
      }
      for entry in 0..<k {
        let exact = squaredDistance(row, Int(nearest.elements[row * k + entry]))
        // Nothing is nearer than a twin.
        guard exact > 0 else {
          body(row, 1)
          continue
        }
        let limit = Float(exact * unit - Double(norms[row]))
        var nearer = sk_count_below(most, n, limit - slack)
        if sk_count_below(least, n, limit + slack) != nearer {
          isUsed = true
          nearer += (0..<n).count { other in
            guard least[other] < limit + slack, !(most[other] < limit - slack) else { return false }
            if known[other] < 0 { known[other] = squaredDistance(row, other) }
            return known[other] < exact
          }
        }
        body(row, Int(nearer) + 1)
      }
    }
  }

  private func squaredDistance(_ a: Int, _ b: Int) -> Double {
    let (first, second) = (input.row(a), input.row(b))
    // Four sums, none of which waits for another.
    var sums = (0.0, 0.0, 0.0, 0.0)
    @inline(__always)
    func square(_ column: Int) -> Double {
      let difference = Double(first[column]) - Double(second[column])
      return difference * difference
    }
    var column = 0
    while column + 4 <= input.columns {
      sums.0 += square(column)
      sums.1 += square(column + 1)
      sums.2 += square(column + 2)
      sums.3 += square(column + 3)
      column += 4
    }
    while column < input.columns {
      sums.0 += square(column)
      column += 1
    }
    return sums.0 + sums.1 + (sums.2 + sums.3)
  }
}
