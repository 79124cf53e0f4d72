import LinearAlgebra
import SeerFormats

// Sums in Double that products are held to. They stand here because tests are not optimised.

package func dot(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}

package func dot(_ a: [Float], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { $0 + Double($1.0) * $1.1 }
}

/// x W', added to `start`: (tokens, rows of the weight), row by row.
package func naiveProduct(_ x: Matrix, _ weight: StoredMatrix, _ start: Matrix?) -> [Float] {
  let rows = expandedRows(weight)
  return (0..<x.rows).flatMap { token in
    (0..<weight.rows).map { row in
      let sum = (0..<weight.columns).reduce(Double(start?[token, row] ?? 0)) {
        $0 + Double(x[token, $1]) * Double(rows[row][$1])
      }
      return Float(sum)
    }
  }
}

/// The sum of the products of two vectors' elements, and that of their magnitudes.
package func naiveDot(
  _ x: ArraySlice<Float>, _ y: ArraySlice<Float>
) -> (sum: Double, size: Double) {
  zip(x, y).reduce(into: (0, 0)) { result, pair in
    let term = Double(pair.0) * Double(pair.1)
    result.0 += term
    result.1 += abs(term)
  }
}

/// The same of numbers that were rounded, and what rounding them can have changed.
package func naiveDot(
  rounded x: [Double], of exact: [Float], _ y: [Double], of exactY: [Float]
) -> (sum: Double, size: Double, slack: Double) {
  x.indices.reduce(into: (0, 0, 0)) { result, place in
    let term = x[place] * y[place]
    result.0 += term
    result.1 += abs(term)
    result.2 +=
      abs(x[place] * (Double(exactY[place]) - y[place]))
      + abs((Double(exact[place]) - x[place]) * Double(exactY[place]))
  }
}

/// The sum over weights of dy W, and the size of its terms: (tokens, columns), row by row.
package func naiveTransposedProduct(
  _ tasks: [(weight: [[Float]], dy: Matrix)], tokens: Int, columns: Int
) -> (sum: [Double], size: [Double]) {
  var sum = [Double](repeating: 0, count: tokens * columns)
  var size = sum
  for (weight, dy) in tasks {
    for token in 0..<tokens {
      for (row, line) in weight.enumerated() {
        let slope = Double(dy[token, row])
        for column in 0..<columns {
          let term = slope * Double(line[column])
          sum[token * columns + column] += term
          size[token * columns + column] += abs(term)
        }
      }
    }
  }
  return (sum, size)
}

/// A weight's rows as floats.
package func expandedRows(_ weight: StoredMatrix) -> [[Float]] {
  (0..<weight.rows).map { row in
    let line = MutableMatrix(rows: 1, columns: weight.columns)
    weight.expand(row: row, into: line.elements)
    return line.values
  }
}

/// The largest error of what was found, each less what was there before, in its terms' size;
/// infinite where one is no number.
package func worstError(
  _ found: UnsafePointer<Float>, before: UnsafePointer<Float>?, _ sum: [Double], size: [Double]
) -> Double {
  var worst = 0.0
  for index in sum.indices {
    let start = Double(before?[index] ?? 0)
    let error = abs(Double(found[index]) - start - sum[index])
    worst = error.isNaN ? .infinity : max(worst, error / (size[index] + abs(start) + 1e-30))
  }
  return worst
}
