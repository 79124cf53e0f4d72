import LinearAlgebra
import SeerSupport

extension Run {
  /// The product of a vector with every row's state of a layer, straight from the mapped file:
  /// nothing is copied, so that one row can be asked about as fast as memory is read.
  ///
  /// - Parameter vector: (width).
  /// - Returns: (rows). O(rows x width).
  /// - Throws: where the run does not hold the layer.
  package func products(layer: Int, with vector: [Float]) throws(Failure) -> [Float] {
    precondition(vector.count == manifest.width)
    let start = try index(ofLayer: layer) * manifest.rows
    return [Float](unsafeUninitializedCapacity: manifest.rows) { products, count in
      count = manifest.rows
      guard let target = products.baseAddress else { return }
      vector.withUnsafeBufferPointer { vector in
        guard let vector = vector.baseAddress else { return }
        Parallel.ranges(of: manifest.rows, grain: 1024) { range in
          file.multiply(
            tensor, from: (start + range.lowerBound) * manifest.width, rows: range.count,
            by: vector, width: manifest.width, into: target + range.lowerBound)
        }
      }
    }
  }

  /// A float32 copy of some rows' states, (rows, width).
  ///
  /// - Parameter rows: below the number of the run's rows.
  package func states(layer: Int, rows: [Int]) throws(Failure) -> Matrix {
    let start = try index(ofLayer: layer) * manifest.rows
    let matrix = MatrixBuilder(unfilled: rows.count, columns: manifest.width)
    for (place, row) in rows.enumerated() {
      precondition(row >= 0 && row < manifest.rows)
      file.read(
        tensor, from: (start + row) * manifest.width, count: manifest.width,
        into: matrix.row(place))
    }
    return matrix.frozen()
  }
}
