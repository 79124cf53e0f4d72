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

/// U · V' of the singular value decomposition of a (size, size) matrix, by one-sided Jacobi
/// rotations (Hestenes 1958).
private func nearestOrthogonal(to matrix: [Double], size: Int) -> [Double] {
  // Columns of `left` become U · S while `right` gathers V.
  var left = matrix
  var right = [Double](repeating: 0, count: size * size)
  for i in 0..<size { right[i * size + i] = 1 }
  func rotate(_ m: inout [Double], _ p: Int, _ q: Int, _ c: Double, _ s: Double) {
    for row in 0..<size {
      let a = m[row * size + p]
      let b = m[row * size + q]
      m[row * size + p] = c * a - s * b
      m[row * size + q] = s * a + c * b
    }
  }
  for _ in 0..<60 {
    var worst = 0.0
    for p in 0..<size {
      for q in (p + 1)..<max(p + 1, size) {
        var alpha = 0.0
        var beta = 0.0
        var gamma = 0.0
        for row in 0..<size {
          let a = left[row * size + p]
          let b = left[row * size + q]
          alpha += a * a
          beta += b * b
          gamma += a * b
        }
        guard gamma * gamma > 1e-28 * alpha * beta else { continue }
        worst = max(worst, abs(gamma) / (alpha * beta).squareRoot())
        let zeta = (beta - alpha) / (2 * gamma)
        let t = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
        let c = 1 / (1 + t * t).squareRoot()
        rotate(&left, p, q, c, c * t)
        rotate(&right, p, q, c, c * t)
      }
    }
    if worst < 1e-13 { break }
  }
  var lengths = [Double](repeating: 0, count: size)
  for column in 0..<size {
    for row in 0..<size { lengths[column] += left[row * size + column] * left[row * size + column] }
    lengths[column] = lengths[column].squareRoot()
  }
  let order = lengths.indices.sorted { lengths[$0] > lengths[$1] }
  let largest = lengths.max() ?? 0
  // Directions that the rows do not determine are completed to a basis.
  let known = order.prefix { lengths[$0] > largest * 1e-12 && lengths[$0] > 0 }.count
  let basis = Matrix(rows: size, columns: size) { index, row in
    index < known ? Float(left[row * size + order[index]] / lengths[order[index]]) : 0
  }
  Orthonormal.complete(basis, from: known)
  var result = [Double](repeating: 0, count: size * size)
  for (index, column) in order.enumerated() {
    for i in 0..<size {
      let u =
        index < known
        ? left[i * size + column] / lengths[column] : Double(basis.row(index)[i])
      for j in 0..<size { result[i * size + j] += u * right[j * size + column] }
    }
  }
  return result
}
