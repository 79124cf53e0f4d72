import CKernels
import LinearAlgebra

/// Repulsion through a potential on a grid; see `sk_projection_grid.h` for the method.
///
/// O(n + g log g) for a grid of g nodes. The spacing is fixed in units of the map, in which the
/// kernel's width is 1, so that accuracy does not change while the map grows.
package final class InterpolatedRepulsion: Repulsion {
  /// Nodes are this far apart. See Benchmarks for what it costs and gains.
  static let spacing: Float = 0.4
  /// The largest grid side: beyond it the map is too wide for a grid.
  package static let largestSide = 2048

  /// Multiples of 32 whose doubles have no prime factor above 5.
  package static let sides: [Int] = stride(from: 32, through: largestSide, by: 32).filter { side in
    var rest = side
    for factor in [2, 3, 5] { while rest % factor == 0 { rest /= factor } }
    return rest == 1
  }

  /// A fixed number of private grids, so that sums do not depend on the number of cores.
  private static let parts = 4

  private var grid = sk_grid()
  private var charges = MutableMatrix(rows: 0, columns: 0)
  private var potential = MutableMatrix(rows: 0, columns: 0)
  private var real = MutableMatrix(rows: 0, columns: 0)
  private var imaginary = MutableMatrix(rows: 0, columns: 0)
  private var kernel = MutableMatrix(rows: 0, columns: 0)
  private var twiddles: [Int: [Float]] = [:]

  package init() {}

  /// The grid side for an extent of the map, or nil when it would be too large.
  package static func side(for extent: Float) -> Int? {
    let nodes = extent / spacing + 2 * Float(sk_grid_margin)
    return sides.first { Float($0) >= nodes }
  }

  package func prepare(_ points: some ReadableMatrix, bounds: LayoutBounds) {
    let width = Self.side(for: bounds.highestX - bounds.lowestX) ?? Self.largestSide
    let height = Self.side(for: bounds.highestY - bounds.lowestY) ?? Self.largestSide
    resize(width: width, height: height)
    grid.centre_x = (bounds.lowestX + bounds.highestX) / 2
    grid.centre_y = (bounds.lowestY + bounds.highestY) / 2
    spread(points)
    convolve()
  }

  package func sample(_ points: some ReadableMatrix, range: Range<Int>, forces: MutableMatrix)
    -> Double
  {
    withUnsafePointer(to: grid) { grid in
      sk_grid_sample(
        forces.elements + 2 * range.lowerBound, potential.elements, grid,
        points.start + 2 * range.lowerBound, range.count)
    }
  }

  private func resize(width: Int, height: Int) {
    guard grid.width != width || grid.height != height else { return }
    grid.width = width
    grid.height = height
    grid.spacing = Self.spacing
    // Splines are read and written eight nodes at a time: a few more than the grid's own.
    let nodes = width * height + 16
    charges = MutableMatrix(rows: Self.parts, columns: nodes)
    potential = MutableMatrix(rows: 1, columns: nodes)
    real = MutableMatrix(rows: 1, columns: nodes)
    imaginary = MutableMatrix(rows: 1, columns: nodes)
    kernel = MutableMatrix(rows: 2 * height, columns: width)
    let scratch = MatrixBuilder(rows: height + 16, columns: width + 16)
    sk_grid_kernel(
      kernel.elements, scratch.elements, width, height, grid.spacing, factors(2 * width),
      factors(2 * height))
  }

  private func factors(_ length: Int) -> [Float] {
    if let table = twiddles[length] { return table }
    var table = [Float](repeating: 0, count: 2 * length)
    sk_fft_twiddles(&table, length)
    twiddles[length] = table
    return table
  }

  private func spread(_ points: some ReadableMatrix) {
    let (charges, grid) = (charges, grid)
    Parallel.forEach(Self.parts) { part in
      let first = points.rows * part / Self.parts
      let end = points.rows * (part + 1) / Self.parts
      charges.row(part).update(repeating: 0, count: charges.columns)
      withUnsafePointer(to: grid) {
        sk_grid_spread(charges.row(part), $0, points.start + 2 * first, end - first)
      }
    }
  }

  private func convolve() {
    let (width, height) = (grid.width, grid.height)
    let (charges, real, imaginary) = (charges, real, imaginary)
    let (kernel, potential) = (kernel, potential)
    let alongX = factors(2 * width)
    let alongY = factors(2 * height)
    Parallel.forEach(width / 32) { block in
      sk_grid_forward(
        real.elements, imaginary.elements, charges.elements, Self.parts, charges.columns, width,
        height, 32 * block, alongY)
    }
    Parallel.forEach(height / 16) { block in
      sk_grid_convolve(
        real.elements, imaginary.elements, kernel.elements, width, 16 * block, alongX)
    }
    Parallel.forEach(width / 32) { block in
      sk_grid_backward(
        potential.elements, real.elements, imaginary.elements, width, height, 32 * block, alongY)
    }
  }
}
