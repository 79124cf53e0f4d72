import CKernels
import Foundation
import LinearAlgebra
import SeerAnalysis

extension TSNE {
  /// Places new rows into a finished map, approximately: each new point starts between its nearest
  /// neighbours of the map and takes a few steps of its own gradient, while the map stays as it is
  /// and new points do not see each other.
  ///
  /// - Parameters:
  ///   - rows: (count, width), reduced like the map's input.
  ///   - input: (n, width), the rows of the map.
  ///   - map: (n, 2).
  ///   - perplexity: of the map; lowered where the map is small.
  /// - Returns: (count, 2). O(count · n · (width + steps)).
  package static func place(
    _ rows: Matrix, among input: Matrix, map: Matrix, perplexity: Float = 30,
    checkpoint: Checkpoint = {}
  ) throws -> Matrix {
    guard rows.columns == input.columns else {
      throw ProjectionError.badOption(
        name: "width of new rows", found: "\(rows.columns)", wanted: "\(input.columns)")
    }
    guard map.rows == input.rows, map.columns == 2 else {
      throw ProjectionError.badOption(
        name: "map", found: "\(map.rows) x \(map.columns)", wanted: "\(input.rows) x 2")
    }
    guard rows.rows > 0 else { return Matrix(rows: 0, columns: 2) }
    // New rows are refused before they are compared with anything.
    _ = try PCA.columnMeans(rows)
    let frame = try Frame(of: input)
    // One more than `usable` counts: none of them is the new row itself.
    let usable = Affinities.usable(perplexity: perplexity, rows: input.rows + 1)
    let neighbours = try NeighbourSearch(points: frame.apply(input), portable: false)
      .neighbours(of: frame.apply(rows), k: usable.neighbours, checkpoint: checkpoint)
    let weights = MatrixBuilder(unfilled: rows.rows, columns: neighbours.k)
    let target = log(Double(usable.perplexity))
    var points = MutableMatrix(rows: rows.rows, columns: 2)
    for row in 0..<rows.rows {
      let place = row * neighbours.k
      sk_conditional_row(
        weights.row(row), neighbours.squaredDistances.elements + place, neighbours.k, target)
      for entry in 0..<neighbours.k {
        let other = map.row(Int(neighbours.indices.elements[place + entry]))
        points.row(row)[0] += weights.row(row)[entry] * other[0]
        points.row(row)[1] += weights.row(row)[entry] * other[1]
      }
    }
    try settle(points, map: map, neighbours: neighbours, weights: weights, checkpoint: checkpoint)
    return MutableMatrix.freeze(&points)
  }

  /// Descends the divergence of each point's own distribution, KL(p_i || q_i).
  private static func settle(
    _ points: MutableMatrix, map: Matrix, neighbours: Neighbours,
    weights: borrowing MatrixBuilder, checkpoint: Checkpoint
  ) throws {
    let repulsion = ExactRepulsion(count: map.rows)
    repulsion.prepare(map, bounds: LayoutBounds(of: map))
    let forces = MutableMatrix(rows: points.rows, columns: 2)
    let sums = MutableMatrix(rows: 1, columns: points.rows)
    let steps = 40
    for step in 0..<steps {
      try checkpoint()
      repulsion.sample(others: points, forces: forces, sums: sums)
      // Weights sum to 1 and no kernel exceeds 1, so a rate of 1 is stable; it falls to settle.
      let rate = 1 - Float(step) / Float(steps)
      for row in 0..<points.rows {
        let point = points.row(row)
        var x: Float = 0
        var y: Float = 0
        for entry in 0..<neighbours.k {
          let other = map.row(Int(neighbours.indices.elements[row * neighbours.k + entry]))
          let dx = point[0] - other[0]
          let dy = point[1] - other[1]
          let weight = weights.row(row)[entry] / (1 + dx * dx + dy * dy)
          x += weight * dx
          y += weight * dy
        }
        let scale = sums.elements[row] > 0 ? 1 / sums.elements[row] : 0
        point[0] -= rate * (x - scale * forces.row(row)[0])
        point[1] -= rate * (y - scale * forces.row(row)[1])
      }
    }
  }
}
