import Foundation
import LinearAlgebra

/// The effective rank (Roy and Vetterli 2007) of centred unit rows: exp of the entropy of the
/// eigenvalues of Z'Z / m as shares of their sum; 1 to the width. Nil where nothing varies.
///
/// Decomposes the smaller of Z'Z and Z Z': O(rows x width x min(rows, width)).
package func effectiveRank(_ states: Matrix) throws(LAPACKError) -> Double? {
  guard states.rows > 0, states.columns > 0 else { return nil }
  let units = unitNormalised(centred(states))
  let product =
    units.columns <= units.rows
    ? multiply(units, transposeA: true, units) : multiply(units, units, transposeB: true)
  let values = try symmetricEigenvalues(product).map { max(0, Double($0)) }
  let sum = values.reduce(0, +)
  guard sum > 0 else { return nil }
  let entropy = values.reduce(0) { total, value in
    let share = value / sum
    return share > 0 ? total - share * log(share) : total
  }
  return exp(entropy)
}

/// The states less their mean, which is taken in Double.
package func centred(_ states: Matrix) -> Matrix {
  let mean = columnMeans(states)
  let result = Matrix(rows: states.rows, columns: states.columns)
  Parallel.ranges(of: states.rows, grain: 64) { range in
    for row in range {
      let (source, target) = (states.row(row), result.row(row))
      for column in 0..<states.columns {
        target[column] = Float(Double(source[column]) - mean[column])
      }
    }
  }
  return result
}

/// The mean of every column, in Double; zeros without rows.
package func columnMeans(_ states: Matrix) -> [Double] {
  var means = [Double](repeating: 0, count: states.columns)
  guard states.rows > 0 else { return means }
  means.withUnsafeMutableBufferPointer { means in
    Parallel.ranges(of: states.columns, grain: 32) { range in
      for row in 0..<states.rows {
        let source = states.row(row)
        for column in range { means[column] += Double(source[column]) }
      }
      for column in range { means[column] /= Double(states.rows) }
    }
  }
  return means
}
