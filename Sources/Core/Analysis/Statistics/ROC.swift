/// Scores in order, for the area under the receiver operating characteristic.
///
///     ROC(scores: [0.9, 0.4, 0.6, 0.1], isPositive: [true, true, false, false]).area()  // 0.75
package struct ROC: Sendable {
  /// Rows by ascending score, those of equal scores in one run.
  private let ties: [[Int]]
  private let isPositive: [Bool]

  /// Precondition: as many scores as labels, none of them NaN.
  package init(scores: [Double], isPositive: [Bool]) {
    precondition(scores.count == isPositive.count && !scores.contains { $0.isNaN })
    self.isPositive = isPositive
    var ties: [[Int]] = []
    var last: Double?
    for row in scores.indices.sorted(by: { (scores[$0], $0) < (scores[$1], $1) }) {
      if scores[row] == last {
        ties[ties.count - 1].append(row)
      } else {
        ties.append([row])
        last = scores[row]
      }
    }
    self.ties = ties
  }

  /// The chance that a positive row scores above a negative one, ties counting half (Hanley and
  /// McNeil 1982); nil where either kind is missing. O(rows).
  ///
  /// - weights: how often each row counts; once where nil.
  package func area(weights: [Int]? = nil) -> Double? {
    var below = 0
    var positives = 0
    var wins = 0.0
    for tie in ties {
      var here = (positive: 0, negative: 0)
      for row in tie {
        let weight = weights?[row] ?? 1
        if isPositive[row] { here.positive += weight } else { here.negative += weight }
      }
      wins += Double(here.positive) * (Double(below) + Double(here.negative) / 2)
      below += here.negative
      positives += here.positive
    }
    return positives > 0 && below > 0 ? wins / (Double(positives) * Double(below)) : nil
  }
}
