import Foundation
import LinearAlgebra

/// A loss over a few states with its gradient, which has the states' shape.
package struct StateLoss {
  package var value: Double
  package var gradient: Matrix
}

/// Label-aware InfoNCE over unit-normalised states (Khosla et al. 2020, with one positive in each
/// denominator; van den Oord et al. 2018):
///
///     mean over anchors i, mean over positives p of
///       -log(e^s(i,p) / (e^s(i,p) + sum over rows n of other concepts of e^s(i,n)))
///
/// with s = cosine / temperature. Rows of the anchor's concept are positives, never negatives, so
/// the loss goes to its least value when concepts collapse to points; anchors without a positive
/// are left out.
///
/// - Parameters:
///   - states: (rows, width).
///   - partners: the only positive of each row (SimCLR's form), or nil: all rows of its concept.
///
/// O(rows² width), in Double.
package func contrastiveLoss(
  _ states: Matrix, labels: [Int], partners: [Int]? = nil, temperature: Double
) -> StateLoss {
  let count = states.rows
  let unit = UnitRows(states)
  var slopes = [Double](repeating: 0, count: count * count)
  var value = 0.0
  let positives = (0..<count).map { anchor -> [Int] in
    if let partners { return [partners[anchor]] }
    return (0..<count).filter { $0 != anchor && labels[$0] == labels[anchor] }
  }
  let anchors = (0..<count).filter { !positives[$0].isEmpty }
  for anchor in anchors {
    let scores = (0..<count).map { unit.dot(anchor, unit, $0) / temperature }
    let negatives = (0..<count).filter { labels[$0] != labels[anchor] }
    let share = 1 / Double(anchors.count * positives[anchor].count)
    for positive in positives[anchor] {
      let largest = negatives.reduce(scores[positive]) { max($0, scores[$1]) }
      let all = ([positive] + negatives).reduce(0) { $0 + exp(scores[$1] - largest) }
      value += share * (log(all) + largest - scores[positive])
      for row in [positive] + negatives {
        let probability = exp(scores[row] - largest) / all
        slopes[anchor * count + row] +=
          share / temperature * (row == positive ? probability - 1 : probability)
      }
    }
  }
  // s(i, j) depends on both rows.
  var symmetric = slopes
  for i in 0..<count {
    for j in 0..<count { symmetric[i * count + j] += slopes[j * count + i] }
  }
  return StateLoss(value: value, gradient: unit.gradient(symmetric, unit))
}

/// InfoNCE as the published code has it: row i of the second view is the label of row i of the
/// first, every other row a negative whatever its concept; logits are 10 x cosine; one direction.
package func pairLoss(_ first: Matrix, _ second: Matrix) -> (value: Double, Matrix, Matrix) {
  let scale = 10.0
  let count = first.rows
  let a = UnitRows(first)
  let b = UnitRows(second)
  var slopes = [Double](repeating: 0, count: count * count)
  var value = 0.0
  for i in 0..<count {
    let scores = (0..<count).map { scale * a.dot(i, b, $0) }
    let largest = scores.max() ?? 0
    let all = scores.reduce(0) { $0 + exp($1 - largest) }
    value += (log(all) + largest - scores[i]) / Double(count)
    for j in 0..<count {
      let probability = exp(scores[j] - largest) / all
      slopes[i * count + j] = scale / Double(count) * (i == j ? probability - 1 : probability)
    }
  }
  var transposed = slopes
  for i in 0..<count {
    for j in 0..<count { transposed[j * count + i] = slopes[i * count + j] }
  }
  return (value, a.gradient(slopes, b), b.gradient(transposed, a))
}

/// Rows scaled to length 1, in Double, and the way back through the scaling.
private struct UnitRows {
  let count: Int
  let width: Int
  private var values: [Double]
  private var norms: [Double]

  init(_ states: Matrix) {
    count = states.rows
    width = states.columns
    values = (0..<states.count).map { Double(states.elements[$0]) }
    norms = []
    for row in 0..<count {
      let range = row * width..<(row + 1) * width
      let norm = max(range.reduce(0) { $0 + values[$1] * values[$1] }.squareRoot(), 1e-12)
      for index in range { values[index] /= norm }
      norms.append(norm)
    }
  }

  func dot(_ row: Int, _ other: UnitRows, _ otherRow: Int) -> Double {
    var sum = 0.0
    for column in 0..<width {
      sum += values[row * width + column] * other.values[otherRow * width + column]
    }
    return sum
  }

  /// The gradient at the unscaled rows, where dot products with `other`'s rows have the slopes
  /// (count, other.count).
  func gradient(_ slopes: [Double], _ other: UnitRows) -> Matrix {
    let result = MatrixBuilder(unfilled: count, columns: width)
    var slope = [Double](repeating: 0, count: width)
    for row in 0..<count {
      for column in 0..<width { slope[column] = 0 }
      for otherRow in 0..<other.count {
        let weight = slopes[row * other.count + otherRow]
        if weight == 0 { continue }
        for column in 0..<width {
          slope[column] += weight * other.values[otherRow * width + column]
        }
      }
      var along = 0.0
      for column in 0..<width { along += slope[column] * values[row * width + column] }
      for column in 0..<width {
        result.elements[row * width + column] = Float(
          (slope[column] - along * values[row * width + column]) / norms[row])
      }
    }
    return result.frozen()
  }
}
