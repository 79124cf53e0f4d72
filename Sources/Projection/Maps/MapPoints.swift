import LinearAlgebra

/// Places of rows, as matrices of two columns and as points.
extension Matrix {
  /// The first two columns of every row. Precondition: there are two.
  package var points: [SIMD2<Float>] {
    precondition(columns > 1)
    return (0..<rows).map { SIMD2(row($0)[0], row($0)[1]) }
  }

  /// (points, 2).
  package convenience init(points: [SIMD2<Float>]) {
    self.init(rows: points.count, columns: 2) { points[$0][$1] }
  }
}

/// What a map around the origin is multiplied with for a mean squared distance of 1 from there, so
/// that states of any norm fill the same panel; 1 where all rows lie in one place.
package func unitScale(of map: Matrix) -> Float {
  var sum = 0.0
  for index in 0..<map.count { sum += Double(map.elements[index]) * Double(map.elements[index]) }
  return sum > 0 ? Float((Double(map.rows) / sum).squareRoot()) : 1
}

/// A map multiplied with its ``unitScale(of:)``.
package func scaledToUnit(_ map: Matrix) -> Matrix {
  let scale = unitScale(of: map)
  return Matrix(rows: map.rows, columns: map.columns) { map[$0, $1] * scale }
}

extension [SIMD2<Float>] {
  /// The points on their way to others, at a share of it. O(points).
  ///
  /// Precondition: there are as many.
  package func glided(to others: [SIMD2<Float>], _ share: Float) -> [SIMD2<Float>] {
    precondition(count == others.count)
    return [SIMD2<Float>](unsafeUninitializedCapacity: count) { points, filled in
      filled = count
      withUnsafeBufferPointer { from in
        others.withUnsafeBufferPointer { to in
          for index in 0..<from.count {
            points[index] = from[index] + (to[index] - from[index]) * share
          }
        }
      }
    }
  }
}
