extension MetricGroup {
  /// Coding rates in the two scales that are in use: ``CodingRates``.
  static let ratesOfUnitColumns = rates(.unitColumns, [.rDiff, .rSame, .rGap])
  static let ratesOfUnitRows = rates(.unitRows, [.rDiffRows, .rSameRows, .rGapRows])

  private static func rates(_ scale: CodingRateScale, _ metrics: [SeparationMetric]) -> MetricGroup
  {
    MetricGroup(
      metrics, share: 7.5, measure: { try $0.measureRates(scale, $1) },
      addNulls: { try $0.addRateNulls(scale, $1) })
  }
}

extension SeparationMetric {
  package static let rDiff = SeparationMetric(
    "r_diff", "R diff",
    definition:
      "The coding rate of all rows, 1/2 logdet(I + d / (m eps) Z'Z) in nats, Z with unit columns, "
      + "eps = 0.1.",
    range: "0 and up, nats",
    pitfall: "Knows of no labels: its null is itself.",
    ignoresLabels: true)

  package static let rSame = SeparationMetric(
    "r_same", "R same",
    definition:
      "The coding rate within concepts, the sum of m_j / (2m) logdet(I + d / (m_j eps) Zj'Zj), "
      + "scaled as R diff.",
    range: "0 and up, nats",
    pitfall:
      "Not monotone in separation and large for random labels too: only what lies outside of the "
      + "null's band counts.",
    separates: .smaller)

  package static let rGap = SeparationMetric(
    "r_gap", "R gap",
    definition: "R diff - R same: what knowing the concept saves.",
    range: "0 and up, nats",
    pitfall:
      "Not monotone in separation and large for random labels too: only what lies outside of the "
      + "null's band counts.",
    separates: .larger)

  package static let rDiffRows = SeparationMetric(
    "r_diff_rows", "R diff, unit rows",
    definition: "R diff with unit rows and eps² = 0.01 (MCR²).",
    range: "0 and up, nats",
    pitfall: "Knows of no labels: its null is itself.",
    ignoresLabels: true, isPrincipal: false)

  package static let rSameRows = SeparationMetric(
    "r_same_rows", "R same, unit rows",
    definition: "R same with unit rows and eps² = 0.01 (MCR²).",
    range: "0 and up, nats",
    pitfall:
      "Not monotone in separation and large for random labels too: only what lies outside of the "
      + "null's band counts.",
    separates: .smaller, isPrincipal: false)

  package static let rGapRows = SeparationMetric(
    "r_gap_rows", "R gap, unit rows",
    definition: "R gap with unit rows and eps² = 0.01 (MCR²).",
    range: "0 and up, nats",
    pitfall:
      "Not monotone in separation and large for random labels too: only what lies outside of the "
      + "null's band counts.",
    separates: .larger, isPrincipal: false)
}

extension SeparationMeasurement {
  fileprivate mutating func measureRates(
    _ scale: CodingRateScale, _ checkpoint: () throws -> Void
  ) throws {
    let rates = CodingRates(sample.states, scale: scale, sharesProducts: false)
    let all = try rates.all()
    let same = try rates.same(labelings: [sample.labels], concepts: sample.concepts)[0]
    let metrics = scale.metrics
    figures[metrics.diff] = SeparationFigure(value: all)
    figures[metrics.same] = SeparationFigure(value: same)
    figures[metrics.gap] = SeparationFigure(value: all - same)
    try checkpoint()
  }

  fileprivate mutating func addRateNulls(
    _ scale: CodingRateScale, _ checkpoint: () throws -> Void
  ) throws {
    let rates = CodingRates(sample.states, scale: scale, sharesProducts: true)
    let metrics = scale.metrics
    var same: [Double] = []
    while same.count < labelings.count {
      try checkpoint()
      let end = min(labelings.count, same.count + 8)
      same += try rates.same(
        labelings: Array(labelings[same.count..<end]), concepts: sample.concepts)
    }
    figures[metrics.same].setNull(same)
    if let all = figures[metrics.diff].value {
      figures[metrics.gap].setNull(same.map { all - $0 })
    }
  }
}

extension CodingRateScale {
  fileprivate var metrics: (diff: SeparationMetric, same: SeparationMetric, gap: SeparationMetric) {
    switch self {
    case .unitColumns: (.rDiff, .rSame, .rGap)
    case .unitRows: (.rDiffRows, .rSameRows, .rGapRows)
    }
  }
}
