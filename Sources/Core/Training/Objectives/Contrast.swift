import Foundation
import LinearAlgebra
import SeerSupport

/// Which rows of a step a contrastive loss pulls to one another and which it pushes apart. Rows 2k and
/// 2k + 1 are a pair: the two views of one concept.
package enum Contrast: String, NamedChoice {
  /// Every row of the anchor's concept is a positive, every row of another a negative
  /// (supervised contrastive, Khosla et al. 2020, with one positive in each denominator).
  case labels = "seer"
  /// The pair is the one positive; the concept's other rows are left out.
  case pairsOfConcepts = "seer-pair"
  /// First views are anchors; the pair's second view is the positive, every other second view a
  /// negative, whatever its concept (van den Oord et al. 2018; one direction).
  case infonce
  /// The pair is the one positive; all other 2N - 2 rows are negatives, whatever their concept
  /// (SimCLR, Chen et al. 2020).
  case ntXent = "nt-xent"

  func positives(of anchor: Int, _ labels: ArraySlice<Int>) -> [Int] {
    switch self {
    case .labels: labels.indices.filter { $0 != anchor && labels[$0] == labels[anchor] }
    case .pairsOfConcepts, .ntXent: [anchor ^ 1]
    case .infonce: anchor % 2 == 0 ? [anchor + 1] : []
    }
  }

  func negatives(of anchor: Int, _ labels: ArraySlice<Int>) -> [Int] {
    switch self {
    case .labels, .pairsOfConcepts: labels.indices.filter { labels[$0] != labels[anchor] }
    case .infonce: labels.indices.filter { $0 % 2 == 1 && $0 != anchor + 1 }
    case .ntXent: labels.indices.filter { $0 != anchor && $0 != anchor ^ 1 }
    }
  }
}

/// A loss over a few states with its gradient, which has the states' shape.
package struct StateLoss {
  package var value: Double
  package var gradient: Matrix
  /// The mean cosine of rows of one concept that were contrasted, and of different ones; 0 where
  /// there are none.
  package var meanSame: Double
  package var meanDifferent: Double
}

/// A contrastive loss over unit-normalised states:
///
///     mean over anchors i, mean over positives p of
///       -log(e^s(i,p) / (e^s(i,p) + sum over negatives n of e^s(i,n)))
///
/// with s = cosine / temperature; ``Contrast`` says what is positive and negative. Anchors without a
/// positive are left out.
///
/// - Parameters:
///   - states: (rows, width).
///   - group: rows that are contrasted with one another, as each of several GPUs contrasts its own;
///     the loss is the mean over the groups. 0: all rows.
/// - Precondition: `group` divides the rows; both are even where pairs are contrasted.
///
/// O(rows x group x width), in Double.
package func contrastiveLoss(
  _ states: Matrix, labels: [Int], contrast: Contrast = .labels, group: Int = 0,
  temperature: Double
) -> StateLoss {
  let count = states.rows
  let unit = UnitRows(states)
  var slopes = [Double](repeating: 0, count: count * count)
  var value = 0.0
  var same = (sum: 0.0, count: 0)
  var different = (sum: 0.0, count: 0)
  let size = group > 0 ? group : max(1, count)
  for first in stride(from: 0, to: count, by: size) {
    let members = labels[first..<min(first + size, count)]
    let positives = members.indices.map { contrast.positives(of: $0, members) }
    let anchors = members.indices.filter { !positives[$0 - first].isEmpty }
    for anchor in members.indices {
      let cosines = members.indices.map { unit.dot(anchor, unit, $0) }
      for other in anchor + 1..<max(anchor + 1, members.endIndex) {
        if labels[other] == labels[anchor] {
          same = (same.sum + cosines[other - first], same.count + 1)
        } else {
          different = (different.sum + cosines[other - first], different.count + 1)
        }
      }
      let scores = cosines.map { $0 / temperature }
      let negatives = contrast.negatives(of: anchor, members)
      let own = positives[anchor - first]
      let share = Double(size) / Double(count) / Double(max(1, anchors.count * own.count))
      for positive in own {
        let largest = negatives.reduce(scores[positive - first]) { max($0, scores[$1 - first]) }
        let all = ([positive] + negatives).reduce(0) { $0 + exp(scores[$1 - first] - largest) }
        value += share * (log(all) + largest - scores[positive - first])
        for row in [positive] + negatives {
          let probability = exp(scores[row - first] - largest) / all
          slopes[anchor * count + row] +=
            share / temperature * (row == positive ? probability - 1 : probability)
        }
      }
    }
  }
  // s(i, j) depends on both rows.
  var symmetric = slopes
  for i in 0..<count {
    for j in 0..<count { symmetric[i * count + j] += slopes[j * count + i] }
  }
  return StateLoss(
    value: value, gradient: unit.gradient(symmetric, unit),
    meanSame: same.sum / Double(max(1, same.count)),
    meanDifferent: different.sum / Double(max(1, different.count)))
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
