import CKernels
import LinearAlgebra

/// Repulsion by a quadtree whose far cells stand for their points (Barnes and Hut 1986; van der
/// Maaten 2014): for maps too wide for a grid. O(n log n).
package final class BarnesHutRepulsion: Repulsion {
  /// Side of a cell over its distance below which it stands for its points.
  package static let angle: Float = 0.5

  private let nodes: Buffer<sk_tree_node>
  private let sorted: MutableMatrix
  private let keys: Buffer<UInt64>
  private let spare: Buffer<UInt64>
  private var nodeCount = 0

  package init(count: Int) {
    nodes = Buffer(count: 2 * count)
    sorted = MutableMatrix(rows: count, columns: 2)
    keys = Buffer(count: count)
    spare = Buffer(count: count)
  }

  package func prepare(_ points: some ReadableMatrix, bounds: LayoutBounds) {
    let side = max(bounds.highestX - bounds.lowestX, bounds.highestY - bounds.lowestY)
    nodeCount = sk_tree_build(
      nodes.elements, sorted.elements, keys.elements, spare.elements, points.start,
      points.rows, bounds.lowestX, bounds.lowestY, side, Self.angle)
  }

  package func sample(_ points: some ReadableMatrix, range: Range<Int>, forces: MutableMatrix)
    -> Double
  {
    sk_tree_repulsion(
      forces.elements, points.start, range.lowerBound, range.upperBound, nodes.elements,
      nodeCount, sorted.elements)
  }
}
