import LinearAlgebra

extension MetricGroup {
  /// Distances between rows, as the evaluator of SEER's lab takes them: ``PairwiseDistances``.
  static let pairwise = MetricGroup(
    [.l1Pairwise, .l2Pairwise], share: 4, measure: { try $0.measurePairwise($1) },
    addNulls: { try $0.addPairwiseNulls($1) })
}

extension SeparationMetric {
  package static let l1Pairwise = SeparationMetric(
    "l1_pairwise", "L1, pairwise",
    definition:
      "The mean over all pairs of rows of two concepts of the sum of absolute differences, averaged "
      + "over pairs of concepts.",
    range: "0 and up, in the states' own scale",
    pitfall:
      "Grows with the states' norm and with their spread inside concepts: random concepts are as far "
      + "apart as rows are. Compare with the null.",
    separates: .larger, isPrincipal: false)

  package static let l2Pairwise = SeparationMetric(
    "l2_pairwise", "L2, pairwise",
    definition:
      "The mean over all pairs of rows of two concepts of the Euclidean distance, averaged over pairs "
      + "of concepts.",
    range: "0 and up, in the states' own scale",
    pitfall:
      "Grows with the states' norm and with their spread inside concepts: random concepts are as far "
      + "apart as rows are. Compare with the null.",
    separates: .larger, isPrincipal: false)
}

extension SeparationMeasurement {
  fileprivate mutating func measurePairwise(_ checkpoint: () throws -> Void) throws {
    let found = try PairwiseDistances.measure(
      centred(sample.states), labelings: [sample.labels], concepts: sample.concepts,
      checkpoint: checkpoint)[0]
    figures[.l1Pairwise] = SeparationFigure(value: found.l1)
    figures[.l2Pairwise] = SeparationFigure(value: found.l2)
  }

  fileprivate mutating func addPairwiseNulls(_ checkpoint: () throws -> Void) throws {
    let found = try PairwiseDistances.measure(
      centred(sample.states), labelings: slow(labelings), concepts: sample.concepts,
      checkpoint: checkpoint)
    figures[.l1Pairwise].setNull(found.compactMap(\.l1))
    figures[.l2Pairwise].setNull(found.compactMap(\.l2))
  }
}
