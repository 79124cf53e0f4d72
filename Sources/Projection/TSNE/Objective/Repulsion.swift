import CKernels
import LinearAlgebra

/// A way to compute how the points of a map push each other apart.
///
/// Points and forces are x, y pairs. ``prepare(_:bounds:)`` sees all points of a step once, then
/// ``sample(_:range:forces:)`` is called for disjoint ranges, possibly on several threads.
package protocol Repulsion: AnyObject {
  func prepare(_ points: some ReadableMatrix, bounds: LayoutBounds)
  /// Writes sum over j of (y_i - y_j) / (1 + |y_i - y_j|²)² for the points of the range, and
  /// returns their sum of 1 / (1 + |y_i - y_j|²) over all j, i itself included.
  func sample(_ points: some ReadableMatrix, range: Range<Int>, forces: MutableMatrix) -> Double
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

  package init(of points: some ReadableMatrix) {
    lowestX = .infinity
    lowestY = .infinity
    highestX = -.infinity
    highestY = -.infinity
    let (start, columns) = (points.start, points.columns)
    for row in 0..<points.rows {
      let point = start + row * columns
      lowestX = min(lowestX, point[0])
      lowestY = min(lowestY, point[1])
      highestX = max(highestX, point[0])
      highestY = max(highestY, point[1])
    }
  }
}
