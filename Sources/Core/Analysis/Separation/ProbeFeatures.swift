import LinearAlgebra

/// States as a probe sees them: every column centred and scaled to a variance of 1 over all rows,
/// and a last column of ones for the intercepts.
///
/// A fit standardises again over its own training rows (``rowStatistics(_:)``); since both are
/// affine, the result does not depend on the other rows. This first pass only keeps float32
/// products exact where a column's mean is thousands of times its spread.
package struct ProbeFeatures: Sendable {
  /// (rows, width + 1)
  package let matrix: Matrix
  package let mean: [Double]
  /// 1 / standard deviation; 0 for a column that is constant up to rounding.
  let inverseDeviation: [Double]

  package var width: Int { mean.count }

  package init(_ states: Matrix) {
    let width = states.columns
    let statistics = columnStatistics(states, columns: width, rows: Array(0..<states.rows))
    mean = statistics.mean
    inverseDeviation = zip(statistics.mean, statistics.deviation).map { mean, deviation in
      deviation > 1e-6 * abs(mean) && deviation > 0 ? 1 / deviation : 0
    }
    let (mean, inverse) = (mean, inverseDeviation)
    let features = MatrixBuilder(unfilled: states.rows, columns: width + 1)
    features.fillRows { row, target in
      let source = states.row(row)
      for column in 0..<width {
        target[column] = Float((Double(source[column]) - mean[column]) * inverse[column])
      }
      target[width] = 1
    }
    matrix = features.frozen()
  }

  /// Mean and 1 / standard deviation of each feature over some rows.
  func rowStatistics(_ rows: [Int]) -> (mean: [Double], inverseDeviation: [Double]) {
    let statistics = columnStatistics(matrix, columns: width, rows: rows)
    // Columns have a variance of 1 over all rows, so what is as small as this is rounding.
    return (statistics.mean, statistics.deviation.map { $0 > 1e-5 ? 1 / $0 : 0 })
  }
}

/// Mean and standard deviation (divisor: the number of rows) of the first columns, in Double.
private func columnStatistics(
  _ matrix: Matrix, columns: Int, rows: [Int]
) -> (mean: [Double], deviation: [Double]) {
  var mean = [Double](repeating: 0, count: columns)
  var deviation = mean
  guard !rows.isEmpty else { return (mean, deviation) }
  let count = Double(rows.count)
  mean.withUnsafeMutableBufferPointer { mean in
    deviation.withUnsafeMutableBufferPointer { deviation in
      Parallel.ranges(of: columns, grain: 32) { range in
        for row in rows {
          let source = matrix.row(row)
          for column in range { mean[column] += Double(source[column]) }
        }
        for column in range { mean[column] /= count }
        for row in rows {
          let source = matrix.row(row)
          for column in range {
            let difference = Double(source[column]) - mean[column]
            deviation[column] += difference * difference
          }
        }
        for column in range { deviation[column] = (deviation[column] / count).squareRoot() }
      }
    }
  }
  return (mean, deviation)
}
