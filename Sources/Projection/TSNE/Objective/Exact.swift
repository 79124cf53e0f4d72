import CKernels
import LinearAlgebra

/// Every pair, with one reciprocal each: the fastest way for small maps, and the judge of the
/// others. O(n²).
package final class ExactRepulsion: Repulsion {
  private let padded: Int
  private let x: MutableMatrix
  private let y: MutableMatrix

  package init(count: Int) {
    padded = (count + 15) / 16 * 16
    x = MutableMatrix(rows: 1, columns: padded)
    y = MutableMatrix(rows: 1, columns: padded)
  }

  package func prepare(_ points: some ReadableMatrix, bounds: LayoutBounds) {
    let start = points.start
    for row in 0..<points.rows {
      x.elements[row] = start[2 * row]
      y.elements[row] = start[2 * row + 1]
    }
    // Far enough away that their weight is nothing.
    for row in points.rows..<max(padded, points.rows) {
      x.elements[row] = 1e18
      y.elements[row] = 1e18
    }
  }

  package func sample(_ points: some ReadableMatrix, range: Range<Int>, forces: MutableMatrix)
    -> Double
  {
    sk_exact_repulsion(
      forces.elements, nil, points.start, x.elements, y.elements, padded, range.lowerBound,
      range.upperBound)
  }

  /// The same for points that are not of the map: forces (count, 2), and each point's own sum.
  package func sample(
    others points: some ReadableMatrix, forces: MutableMatrix, sums: MutableMatrix
  ) {
    Parallel.ranges(of: points.rows, grain: 1) { range in
      _ = sk_exact_repulsion(
        forces.elements, sums.elements, points.start, x.elements, y.elements, padded,
        range.lowerBound, range.upperBound)
    }
  }
}
