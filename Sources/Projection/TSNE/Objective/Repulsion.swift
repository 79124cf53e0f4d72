import CKernels
import LinearAlgebra

/// A way to compute how the points of a map push each other apart.
///
/// Points and forces are x, y pairs. ``prepare(_:bounds:)`` sees all points of a step once, then
/// ``sample(_:range:forces:)`` is called for disjoint ranges, possibly on several threads.
package protocol Repulsion: AnyObject {
  func prepare(_ points: Matrix, bounds: LayoutBounds)
  /// Writes sum over j of (y_i - y_j) / (1 + |y_i - y_j|²)² for the points of the range, and
  /// returns their sum of 1 / (1 + |y_i - y_j|²) over all j, i itself included.
  func sample(_ points: Matrix, range: Range<Int>, forces: Matrix) -> Double
}

/// The smallest box around all points.
package struct LayoutBounds: Equatable {
  var lowestX: Float
  var lowestY: Float
  var highestX: Float
  var highestY: Float

  package init(_ sums: [sk_layout_sums]) {
    lowestX = sums.map(\.lowest_x).min() ?? 0
    lowestY = sums.map(\.lowest_y).min() ?? 0
    highestX = sums.map(\.highest_x).max() ?? 0
    highestY = sums.map(\.highest_y).max() ?? 0
  }

  package init(of points: Matrix) {
    lowestX = .infinity
    lowestY = .infinity
    highestX = -.infinity
    highestY = -.infinity
    for row in 0..<points.rows {
      lowestX = min(lowestX, points.row(row)[0])
      lowestY = min(lowestY, points.row(row)[1])
      highestX = max(highestX, points.row(row)[0])
      highestY = max(highestY, points.row(row)[1])
    }
  }
}
