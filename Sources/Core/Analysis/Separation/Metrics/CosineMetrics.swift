extension MetricGroup {
  /// Angles and cosines: ``CosineGeometry``.
  static let cosines = MetricGroup(
    [.silhouette, .angleBetween, .angleWithin], share: 5,
    measure: { measured, _ in measured.measureCosines() },
    addNulls: { try $0.addCosineNulls($1) })
}

extension SeparationMetric {
  package static let silhouette = SeparationMetric(
    "silhouette", "silhouette",
    definition:
      "The mean over all rows of (b - a) / max(a, b), with a the mean distance to the other rows "
      + "of the same concept, b that to the nearest other concept, distance 1 - cosine.",
    range: "-1 to 1; 0 is mixed",
    pitfall:
      "Small in high dimensions even for good clusters; a few rows of a scattered concept pull it "
      + "down.",
    separates: .larger, unit: .share, caption: ("silhouette", 2))

  package static let angleBetween = SeparationMetric(
    "angle_between", "angle between",
    definition: "The mean angle in degrees between the prototypes of two concepts.",
    range: "0 to 180 degrees",
    pitfall: "Says nothing of the spread: read it with the angle within.",
    separates: .larger, unit: .degrees, caption: ("angle", 1))

  package static let angleWithin = SeparationMetric(
    "angle_within", "angle within",
    definition: "The mean angle in degrees between a row and the prototype of its own concept.",
    range: "0 to 180 degrees",
    pitfall: "Falls when all states collapse to one direction.",
    separates: .smaller, unit: .degrees)
}

extension SeparationMeasurement {
  fileprivate mutating func measureCosines() {
    for metric in [SeparationMetric.silhouette, .angleBetween, .angleWithin] {
      figures[metric] = cosines.figures[metric]
    }
  }

  fileprivate mutating func addCosineNulls(_ checkpoint: () throws -> Void) throws {
    let found = try inBatches(labelings) { part in
      try checkpoint()
      return CosineGeometry.measure(units, labelings: part, concepts: sample.concepts)
    }
    figures[.silhouette].setNull(found.compactMap(\.silhouette))
    figures[.angleBetween].setNull(found.compactMap(\.angleBetween))
    figures[.angleWithin].setNull(found.compactMap(\.angleWithin))
  }
}
