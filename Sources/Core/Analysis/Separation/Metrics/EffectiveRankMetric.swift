extension MetricGroup {
  /// How many directions the states take up: ``effectiveRank(_:)``.
  static let effectiveRank = MetricGroup([.erank], measure: { try $0.measureRank($1) })
}

extension SeparationMetric {
  package static let erank = SeparationMetric(
    "erank", "effective rank",
    definition:
      "exp of the entropy of the shares of variance: rows centred, then unit; p = eig(Z'Z) / tr.",
    range: "1 to the width",
    pitfall:
      "Knows of no labels: its null is itself. Falls when states collapse, together or apart.",
    ignoresLabels: true)
}

extension SeparationMeasurement {
  fileprivate mutating func measureRank(_ checkpoint: () throws -> Void) throws {
    figures[.erank] = SeparationFigure(value: try effectiveRank(sample.states))
    try checkpoint()
  }
}
