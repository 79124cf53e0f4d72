extension MetricGroup {
  /// What prototypes say of rows that were held out of them.
  static let prototypes = MetricGroup(
    [.nearestPrototype], share: 10, measure: { measured, _ in measured.measurePrototypes() },
    addNulls: { try $0.addPrototypeNulls($1) })
}

extension SeparationMetric {
  package static let nearestPrototype = SeparationMetric(
    "nearest_prototype", "nearest prototype",
    definition:
      "The share of held-out rows whose nearest prototype is their own concept's. A prototype is "
      + "the mean of the unit-normalised states of a concept's training rows; near is a large "
      + "cosine.",
    range: "0 to 1; chance is about the share of the largest concept or 1 / concepts",
    pitfall:
      "It falls where one direction that all states share outweighs the rest; the monitor centres "
      + "its states and can be better.",
    separates: .larger, unit: .share, caption: ("prototype", 2))
}

extension SeparationMeasurement {
  fileprivate mutating func measurePrototypes() {
    figures[.nearestPrototype] = accuracyFigure(cosines.judged.nearest)
  }

  fileprivate mutating func addPrototypeNulls(_ checkpoint: () throws -> Void) throws {
    let accuracies = try inBatches(heldOutLabelings) { part in
      let judged = try HeldOutPrototypes.measure(
        heldOutUnits, labelings: part, concepts: sample.concepts, folds: heldOut.folds,
        checkpoint: checkpoint)
      try checkpoint()
      return zip(judged, part).compactMap { $0.accuracy($1) }
    }
    figures[.nearestPrototype].setNull(accuracies)
  }
}
