import LinearAlgebra

extension MetricGroup {
  /// Distances in the states' own scale: ``ConceptDistances``.
  static let distances = MetricGroup(
    [.l1, .l2, .hausdorff], share: 10, measure: { try $0.measureDistances($1) },
    addNulls: { try $0.addDistanceNulls($1) })
}

extension SeparationMetric {
  package static let l1 = SeparationMetric(
    "l1", "L1",
    definition:
      "The mean over pairs of concepts of the sum of absolute differences of their means.",
    range: "0 and up, in the states' own scale",
    pitfall:
      "Grows with the states' norm alone, which grows with the layer: compare with the null, not "
      + "across layers or models.",
    separates: .larger)

  package static let l2 = SeparationMetric(
    "l2", "L2",
    definition: "The mean over pairs of concepts of the Euclidean distance of their means.",
    range: "0 and up, in the states' own scale",
    pitfall:
      "Grows with the states' norm alone, which grows with the layer: compare with the null, not "
      + "across layers or models.",
    separates: .larger)

  package static let hausdorff = SeparationMetric(
    "hausdorff", "Hausdorff",
    definition:
      "The mean over pairs of concepts of the Hausdorff distance: how far the most remote row is "
      + "from the nearest row of the other concept.",
    range: "0 and up, in the states' own scale",
    pitfall:
      "Grows with the states' norm alone, which grows with the layer: compare with the null, not "
      + "across layers or models.",
    separates: .larger)
}

extension SeparationMeasurement {
  fileprivate mutating func measureDistances(_ checkpoint: () throws -> Void) throws {
    let found = try ConceptDistances.measure(
      centred(sample.states), labelings: [sample.labels], concepts: sample.concepts,
      checkpoint: checkpoint)[0]
    figures[.l1] = SeparationFigure(value: found.l1)
    figures[.l2] = SeparationFigure(value: found.l2)
    figures[.hausdorff] = SeparationFigure(value: found.hausdorff)
  }

  fileprivate mutating func addDistanceNulls(_ checkpoint: () throws -> Void) throws {
    let states = centred(sample.states)
    let found = try inBatches(labelings) { part in
      try ConceptDistances.measure(
        states, labelings: part, concepts: sample.concepts, checkpoint: checkpoint)
    }
    figures[.l1].setNull(found.compactMap(\.l1))
    figures[.l2].setNull(found.compactMap(\.l2))
    figures[.hausdorff].setNull(found.compactMap(\.hausdorff))
  }
}
