import LinearAlgebra

/// How states are scaled before their coding rates are taken. Both are in use, and their values
/// cannot be compared with each other.
package enum CodingRateScale: String, CaseIterable, Sendable {
  /// Unit columns over all rows, and d / (m eps): as in the evaluation of disentanglement that
  /// goes with SEER.
  case unitColumns
  /// Unit rows, and d / (m eps²): MCR² (Yu et al. 2020, https://arxiv.org/abs/2006.08558).
  case unitRows

  /// The distortion allowed.
  package static let epsilon = 0.1

  package var precision: Double {
    switch self {
    case .unitColumns: Self.epsilon
    case .unitRows: Self.epsilon * Self.epsilon
    }
  }
}

/// The coding rates of one layer's states, in nats, for any labels.
///
///     R_diff = 1/2 logdet(I + d / (m eps) Z'Z)
///     R_same = sum over concepts of m_j / (2m) logdet(I + d / (m_j eps) Z_j'Z_j)
package struct CodingRates {
  private let scaled: Matrix
  private let precision: Double
  /// Z Z', (rows, rows), where many labelings share it.
  private let gram: Matrix?

  /// - Parameter sharesProducts: whether ``same(labels:concepts:)`` will be asked many times.
  package init(_ states: Matrix, scale: CodingRateScale, sharesProducts: Bool) {
    switch scale {
    case .unitRows: scaled = unitNormalised(states)
    case .unitColumns: scaled = columnsNormalised(states)
    }
    precision = scale.precision
    gram =
      sharesProducts && scaled.rows <= 4096 ? multiply(scaled, scaled, transposeB: true) : nil
  }

  /// R_diff: it knows of no labels.
  package func all() throws(LAPACKError) -> Double {
    try rate(of: Array(0..<scaled.rows))
  }

  /// R_same for each labeling, computed on all cores.
  package func same(labelings: [[Int]], concepts: Int) throws(LAPACKError) -> [Double] {
    let members = labelings.map { rowsByConcept($0, concepts: concepts) }
    let total = Double(max(1, scaled.rows))
    let parts = results(count: labelings.count * concepts) {
      (index) -> Result<Double, LAPACKError> in
      let rows = members[index / concepts][index % concepts]
      do throws(LAPACKError) {
        return .success(try rate(of: rows) * Double(rows.count) / total)
      } catch { return .failure(error) }
    }
    var sums = [Double](repeating: 0, count: labelings.count)
    for (index, part) in parts.enumerated() { sums[index / concepts] += try part.get() }
    return sums
  }

  /// 1/2 logdet(I + d / (count eps) Z'Z) of some rows, by the smaller of Z'Z and Z Z'.
  private func rate(of rows: [Int]) throws(LAPACKError) -> Double {
    guard !rows.isEmpty else { return 0 }
    let width = scaled.columns
    let factor = Float(Double(width) / (Double(rows.count) * precision))
    let side = min(rows.count, width)
    let product = MatrixBuilder(rows: side, columns: side)
    if rows.count <= width, let gram {
      for (place, row) in rows.enumerated() {
        let (source, target) = (gram.row(row), product.row(place))
        for other in place..<side { target[other] = factor * source[rows[other]] }
      }
    } else {
      let chosen = MatrixBuilder(copying: scaled, rows: rows)
      BLAS.ssyrk(
        transpose: rows.count > width, n: side, k: max(rows.count, width), alpha: factor,
        chosen.elements, stride: width, into: product.elements, stride: side)
    }
    for index in 0..<side { product.elements[index &* (side &+ 1)] += 1 }
    return try takeLogDeterminant(product) / 2
  }
}

/// The rows of each concept, ascending.
func rowsByConcept(_ labels: [Int], concepts: Int) -> [[Int]] {
  var members = [[Int]](repeating: [], count: concepts)
  for (row, label) in labels.enumerated() { members[label].append(row) }
  return members
}

/// Every column divided by its length over all rows; columns of zeros stay.
private func columnsNormalised(_ states: Matrix) -> Matrix {
  let result = MatrixBuilder(rows: states.rows, columns: states.columns)
  Parallel.ranges(of: states.columns, grain: 32) { range in
    var squares = [Double](repeating: 0, count: range.count)
    for row in 0..<states.rows {
      let source = states.row(row)
      for column in range {
        squares[column - range.lowerBound] += Double(source[column]) * Double(source[column])
      }
    }
    let factors = squares.map { $0 > 0 ? 1 / $0.squareRoot() : 0 }
    for row in 0..<states.rows {
      let (source, target) = (states.row(row), result.row(row))
      for column in range {
        target[column] = Float(Double(source[column]) * factors[column - range.lowerBound])
      }
    }
  }
  return result.frozen()
}

/// One value for each index, computed on all cores.
package func results<Value>(count: Int, grain: Int = 1, _ value: (Int) -> Value) -> [Value] {
  [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
    guard let base = buffer.baseAddress else { return }
    Parallel.ranges(of: count, grain: grain) { range in
      for index in range { (base + index).initialize(to: value(index)) }
    }
    initialized = count
  }
}
