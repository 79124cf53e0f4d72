import LinearAlgebra

/// The linear centred kernel alignment of two sets of states of the same rows (Kornblith et al.
/// 2019, https://arxiv.org/abs/1905.00414): 1 where one is a rotation and scaling of the other; the
/// widths may differ. Nil where either does not vary.
///
/// O(rows x width²) or O(rows² x width), whichever is less.
///
/// Precondition: both have the same number of rows.
package func linearCKA(_ a: Matrix, _ b: Matrix) -> Double? {
  precondition(a.rows == b.rows, "\(a.rows) and \(b.rows) rows")
  let (a, b) = (centred(a), centred(b))
  let cross: Double
  let norms: Double
  if a.rows < max(a.columns, b.columns) {
    let first = multiply(a, a, transposeB: true)
    let second = multiply(b, b, transposeB: true)
    cross = products(first, second)
    norms = (products(first, first) * products(second, second)).squareRoot()
  } else {
    let mixed = multiply(b, transposeA: true, a)
    let first = multiply(a, transposeA: true, a)
    let second = multiply(b, transposeA: true, b)
    cross = products(mixed, mixed)
    norms = (products(first, first) * products(second, second)).squareRoot()
  }
  return norms > 0 && norms.isFinite ? min(1, cross / norms) : nil
}

/// The sum of products of corresponding elements.
private func products(_ a: Matrix, _ b: Matrix) -> Double {
  tileSums(rows: a.rows, count: 1) { row, totals in
    totals[0] += dot(a.row(row), b.row(row), count: a.columns)
  }[0]
}
