import LinearAlgebra

/// How ``align(_:to:by:)`` may move a map.
package enum Alignment: Sendable {
  /// Rotation and reflection: the orthogonal Procrustes solution (Schönemann 1966).
  case rotation
  /// Only the sign of every column, so that columns stay principal components.
  case signs
}

/// The map `moving` laid over `reference`: moved to its centre and turned, without changing any
/// distance between points, so that the same rows lie as close together as they can.
///
/// Both are (rows, k), with row i of both speaking of the same thing. O(rows · k²) time.
/// Precondition: both have the same shape.
package func align(
  _ moving: Matrix, to reference: Matrix, by alignment: Alignment = .rotation
) -> Matrix {
  precondition(moving.rows == reference.rows && moving.columns == reference.columns)
  let k = moving.columns
  guard moving.rows > 0, k > 0 else { return moving.copy() }
  let movingCentre = centre(of: moving)
  let referenceCentre = centre(of: reference)
  // cross = moving' * reference, both centred, (k, k)
  var cross = [Double](repeating: 0, count: k * k)
  for row in 0..<moving.rows {
    for i in 0..<k {
      let value = Double(moving.row(row)[i]) - movingCentre[i]
      for j in 0..<k {
        cross[i * k + j] += value * (Double(reference.row(row)[j]) - referenceCentre[j])
      }
    }
  }
  var turn = [Double](repeating: 0, count: k * k)
  switch alignment {
  case .rotation: turn = nearestOrthogonal(to: cross, size: k)
  case .signs: for i in 0..<k { turn[i * k + i] = cross[i * k + i] < 0 ? -1 : 1 }
  }
  return Matrix(rows: moving.rows, columns: k) { row, column in
    var sum = referenceCentre[column]
    for i in 0..<k {
      sum += (Double(moving.row(row)[i]) - movingCentre[i]) * turn[i * k + column]
    }
    return Float(sum)
  }
}

private func centre(of matrix: Matrix) -> [Double] {
  var sums = [Double](repeating: 0, count: matrix.columns)
  for row in 0..<matrix.rows {
    for column in 0..<matrix.columns { sums[column] += Double(matrix.row(row)[column]) }
  }
  return sums.map { $0 / Double(matrix.rows) }
}

/// U · V' of the singular value decomposition of a (size, size) matrix; a matrix that holds no
/// finite numbers turns nothing.
///
/// Directions that the matrix does not determine are completed to a basis on both sides by a rule
/// of ours, never by what rounding left there: no map at all is turned by nothing.
private func nearestOrthogonal(to matrix: [Double], size: Int) -> [Double] {
  var result = [Double](repeating: 0, count: size * size)
  guard let decomposed = try? SingularValues(matrix, rows: size, columns: size) else {
    for i in 0..<size { result[i * size + i] = 1 }
    return result
  }
  let known = decomposed.rank(relativeTolerance: 1e-12)
  let left = completed(decomposed.left, from: known, size: size)
  let right = completed(decomposed.right, from: known, size: size)
  for index in 0..<size {
    for i in 0..<size {
      for j in 0..<size {
        result[i * size + j] += left[index * size + i] * right[index * size + j]
      }
    }
  }
  return result
}

/// The first `known` of (size, size) orthonormal rows, and others that complete them.
private func completed(_ rows: [Double], from known: Int, size: Int) -> [Double] {
  guard known < size else { return rows }
  let basis = MatrixBuilder(rows: size, columns: size) { row, column in
    row < known ? Float(rows[row * size + column]) : 0
  }
  Orthonormal.complete(basis, from: known)
  return rows[..<(known * size)] + basis.frozen().values[(known * size)...].map(Double.init)
}
