import Foundation
import LinearAlgebra
import SeerAnalysis

/// How far a map can be trusted about how crowded its rows are: the correlation (Pearson's) of the
/// logarithms of local radii in the input and on the map.
///
/// A row's radius is the mean squared distance to its nearest rows, on either side its own ones: what
/// densMAP and den-SNE keep (Narayan, Berger and Cho 2021), judged without a layout's own weights.
package enum DensityQuality {
  /// Neighbours that a radius is of.
  package static let neighbours = 15

  /// Judges a map (rows, any) against the input (rows, width) before any reduction; nil where either
  /// is equally crowded everywhere.
  ///
  /// Above ``MapQuality/exactLimit`` rows, ``MapQuality/sampleSize`` seeded ones are judged, by their
  /// neighbours among all. O(rows judged · rows · width).
  package static func measure(
    _ map: Matrix, of input: Matrix, seed: UInt64 = 0, checkpoint: Checkpoint = {}
  ) throws -> Double? {
    guard map.rows == input.rows else {
      throw ProjectionError.badOption(
        name: "rows of the map", found: "\(map.rows)", wanted: "\(input.rows)")
    }
    guard input.rows > 2 else { return nil }
    var judged: [Int]?
    if input.rows > MapQuality.exactLimit {
      var generator = SeededGenerator(seed: seed)
      judged = generator.permutation(input.rows).prefix(MapQuality.sampleSize).sorted()
    }
    let logs = try [input, map].map { matrix in
      try logRadii(try Frame(of: matrix).apply(matrix), of: judged, checkpoint: checkpoint)
    }
    return correlation(logs[0], logs[1], least: 1e-10)
  }

  private static func logRadii(
    _ matrix: Matrix, of judged: [Int]?, checkpoint: Checkpoint
  ) throws -> [Double] {
    let queries = judged.map { matrix.selecting(rows: $0) } ?? matrix
    // A row is its own nearest one, at a distance of 0, which adds nothing.
    let found = try Neighbours.exact(
      of: queries, among: matrix, k: neighbours + 1, checkpoint: checkpoint)
    let radii = (0..<queries.rows).map { row in
      found.squaredDistances(of: row).reduce(0.0) { $0 + Double($1) } / Double(found.k - 1)
    }
    let mean = radii.reduce(0, +) / Double(radii.count)
    // Nothing varies: all logarithms are alike.
    guard mean > 0 else { return radii.map { _ in 0 } }
    return radii.map { log(1e-8 + $0 / mean) }
  }
}
