/// Whether confidences are what they say: of rows given 0.8, are 80 % right?
package struct Reliability: Equatable, Sendable, Codable {
  package struct Bin: Equatable, Sendable, Codable {
    package var rows: Int
    /// Means over the bin's rows; 0 for an empty bin.
    package var confidence: Double
    package var accuracy: Double
  }

  /// Bins of equal width from 0 to 1, each without its lower and with its upper end.
  package let bins: [Bin]
  /// The mean distance of confidence and accuracy over the bins, by rows (Guo et al. 2017,
  /// arXiv 1706.04599).
  package let expectedError: Double
  /// The mean squared distance of a row's confidence from its being right (Brier 1950).
  package let brier: Double

  /// Judges confidences between 0 and 1; nil without rows.
  ///
  /// Precondition: as many of the one as of the other, at least one bin.
  package init?(confidences: [Double], isRight: [Bool], bins count: Int = 10) {
    precondition(confidences.count == isRight.count && count > 0)
    guard !confidences.isEmpty else { return nil }
    var sums = [(rows: Int, confidence: Double, right: Int)](
      repeating: (0, 0, 0), count: count)
    var squares = 0.0
    for (confidence, isRight) in zip(confidences, isRight) {
      let place = (confidence * Double(count)).rounded(.up) - 1
      let bin = place >= 0 ? min(count - 1, Int(min(place, Double(count)))) : 0
      sums[bin].rows += 1
      sums[bin].confidence += confidence
      sums[bin].right += isRight ? 1 : 0
      let distance = confidence - (isRight ? 1 : 0)
      squares += distance * distance
    }
    let total = Double(confidences.count)
    bins = sums.map { sum in
      let rows = Double(max(1, sum.rows))
      return Bin(
        rows: sum.rows, confidence: sum.confidence / rows, accuracy: Double(sum.right) / rows)
    }
    expectedError = bins.reduce(0) {
      $0 + Double($1.rows) / total * abs($1.confidence - $1.accuracy)
    }
    brier = squares / total
  }
}
