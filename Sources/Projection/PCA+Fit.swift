import CKernels
import LinearAlgebra

extension PCA {
  /// Fits `min(components, width)` components.
  ///
  /// Decomposes the covariance (width, width) or the Gram matrix (rows, rows), whichever is
  /// smaller. Where the rows span fewer directions than asked for, the rest are orthonormal
  /// directions of no variance. O(rows · width · min(rows, width)) time; beyond the input, memory
  /// for the smaller of the two matrices and, on the Gram side, one centred copy.
  ///
  /// - Throws: ``ProjectionError`` for an empty matrix, NaN and infinities (naming the first row
  ///   that has one), squares beyond float32, and fewer than one component.
  package static func fit(_ matrix: Matrix, components: Int) throws(ProjectionError) -> PCA {
    try fit(matrix, components: components, goesOn: { true })
  }

  /// The same with checkpoints a few milliseconds apart while the covariance is summed; throws what
  /// `checkpoint` throws.
  package static func fit(
    _ matrix: Matrix, components: Int, checkpoint: Checkpoint
  ) throws -> PCA {
    var failure: (any Error)?
    do {
      return try fit(matrix, components: components) {
        do { try checkpoint() } catch { failure = error }
        return failure == nil
      }
    } catch {
      throw failure ?? error
    }
  }

  private static func fit(
    _ matrix: Matrix, components: Int, goesOn: () -> Bool
  ) throws(ProjectionError) -> PCA {
    guard components > 0 else {
      throw .badOption(name: "components", found: "\(components)", wanted: "at least 1")
    }
    let mean = try columnMeans(matrix)
    let wanted = min(components, matrix.columns)
    return matrix.columns <= matrix.rows
      ? try fitCovariance(matrix, mean: mean, components: wanted, goesOn: goesOn)
      : try fitGram(matrix, mean: mean, components: wanted)
  }

  private static func fitCovariance(
    _ matrix: Matrix, mean: [Float], components wanted: Int, goesOn: () -> Bool
  ) throws(ProjectionError) -> PCA {
    let scatter = try scatterMatrix(of: matrix, mean: mean, goesOn: goesOn)
    let eigen = try decompose(scatter, largest: wanted)
    let directions = MatrixBuilder(unfilled: wanted, columns: matrix.columns)
    for index in 0..<wanted {
      // Ascending in LAPACK, descending here.
      directions.row(index).update(
        from: eigen.vectors.row(eigen.values.count - 1 - index), count: matrix.columns)
    }
    return PCA(
      mean: mean, directions: directions, scatter: eigen.values.reversed(),
      total: trace(scatter), rows: matrix.rows)
  }

  private static func fitGram(
    _ matrix: Matrix, mean: [Float], components wanted: Int
  ) throws(ProjectionError) -> PCA {
    let rows = matrix.rows
    let width = matrix.columns
    let centred = MatrixBuilder(unfilled: rows, columns: width)
    Parallel.forEach(rows) {
      sk_centre_rows(centred.row($0), matrix.row($0), mean, 1, width, width)
    }
    let products = MatrixBuilder(rows: rows, columns: rows)
    forEachStrip(of: rows) { strip in
      let left = rows - strip.lowerBound
      BLAS.sgemm(
        transposeB: true, m: strip.count, n: left, k: width, centred.row(strip.lowerBound),
        stride: width, centred.row(strip.lowerBound), stride: width,
        into: products.row(strip.lowerBound) + strip.lowerBound, stride: rows)
    }
    let gram = products.frozen()
    let count = min(wanted, rows)
    let eigen = try decompose(gram, largest: count)
    let largest = eigen.values.last ?? 0
    // Below this an eigenvalue is rounding, and its direction would not be orthogonal.
    let floor = max(0, largest) * Float(max(rows, 16)) * 2 * Float.ulpOfOne
    let kept = (0..<count).prefix { eigen.values[eigen.values.count - 1 - $0] > floor }.count
    let directions = MatrixBuilder(rows: wanted, columns: width)
    if kept > 0 {
      let left = MatrixBuilder(unfilled: kept, columns: rows)
      for index in 0..<kept {
        left.row(index).update(
          from: eigen.vectors.row(eigen.values.count - 1 - index), count: rows)
      }
      let product = multiply(left.frozen(), centred.frozen())
      directions.elements.update(from: product.elements, count: kept * width)
    }
    Orthonormal.complete(directions, from: kept)
    let values = (0..<wanted).map { $0 < kept ? eigen.values[eigen.values.count - 1 - $0] : 0 }
    return PCA(
      mean: mean, directions: directions, scatter: values, total: trace(gram), rows: rows)
  }

  private init(
    mean: [Float], directions: consuming MatrixBuilder, scatter: [Float], total: Double, rows: Int
  ) {
    for row in 0..<directions.rows { Self.fixSign(directions.row(row), count: directions.columns) }
    let divisor = Float(max(1, rows - 1))
    let positive = scatter.map { max(0, $0) }
    self.mean = mean
    components = directions.frozen()
    explainedVariance = positive.map { $0 / divisor }
    explainedVarianceRatio = positive.map { total > 0 ? Float(Double($0) / total) : 0 }
  }

  private static func fixSign(_ values: UnsafeMutablePointer<Float>, count: Int) {
    var largest: Float = 0
    for index in 0..<count where abs(values[index]) > abs(largest) { largest = values[index] }
    guard largest < 0 else { return }
    for index in 0..<count { values[index] = -values[index] }
  }

  /// The mean of every column, summed in Double; refuses what is not finite.
  package static func columnMeans(_ matrix: Matrix) throws(ProjectionError) -> [Float] {
    let rows = matrix.rows
    let width = matrix.columns
    guard rows > 0, width > 0 else { throw .empty(rows: rows, columns: width) }
    // A fixed number of pieces: the sum does not depend on the number of cores.
    let pieces = min(16, rows)
    var sums = [Double](repeating: 0, count: pieces * width)
    sums.withUnsafeMutableBufferPointer { sums in
      let base = sums.baseAddress
      Parallel.forEach(pieces) { piece in
        guard let base else { return }
        let first = rows * piece / pieces
        let end = rows * (piece + 1) / pieces
        sk_column_sums(base + piece * width, matrix.row(first), end - first, width, width)
      }
    }
    for piece in 1..<max(1, pieces) {
      for column in 0..<width { sums[column] += sums[piece * width + column] }
    }
    if !sums[..<width].allSatisfy(\.isFinite) { try checkFinite(matrix) }
    return sums[..<width].map { Float($0 / Double(rows)) }
  }

  /// The upper triangle of the centred matrix's transpose times itself, (width, width).
  ///
  /// Rows go through one centred tile at a time, which all cores share; each core owns strips of
  /// the result, so every sum has one order whatever the number of cores.
  private static func scatterMatrix(
    of matrix: Matrix, mean: [Float], goesOn: () -> Bool
  ) throws(ProjectionError) -> Matrix {
    let width = matrix.columns
    let scatter = MatrixBuilder(rows: width, columns: width)
    let tileRows = min(matrix.rows, max(256, (1 << 20) / width))
    let tile = MatrixBuilder(unfilled: tileRows, columns: width)
    for first in stride(from: 0, to: matrix.rows, by: tileRows) {
      guard goesOn() else { throw .stopped }
      let rows = min(tileRows, matrix.rows - first)
      Parallel.ranges(of: rows, grain: 64) { range in
        sk_centre_rows(
          tile.row(range.lowerBound), matrix.row(first + range.lowerBound), mean, range.count,
          width, width)
      }
      forEachStrip(of: width) { strip in
        BLAS.sgemm(
          transposeA: true, m: strip.count, n: width - strip.lowerBound, k: rows,
          tile.elements + strip.lowerBound, stride: width, tile.elements + strip.lowerBound,
          stride: width, beta: 1, into: scatter.row(strip.lowerBound) + strip.lowerBound,
          stride: width)
      }
    }
    return scatter.frozen()
  }

  /// Splits the upper triangle of a (size, size) matrix into strips of rows, the largest first.
  private static func forEachStrip(of size: Int, _ body: (Range<Int>) -> Void) {
    let height = 96
    Parallel.forEach((size + height - 1) / height) { strip in
      body(strip * height..<min(size, (strip + 1) * height))
    }
  }

  private static func trace(_ matrix: Matrix) -> Double {
    (0..<matrix.rows).reduce(0) { $0 + Double(matrix[$1, $1]) }
  }

  private static func decompose(
    _ symmetric: Matrix, largest count: Int
  ) throws(ProjectionError) -> SymmetricEigen {
    guard trace(symmetric).isFinite else { throw .tooLarge }
    do {
      return try SymmetricEigen(symmetric, largest: count)
    } catch {
      throw .decomposition(error)
    }
  }
}
