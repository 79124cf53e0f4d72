import LinearAlgebra

/// How the figures of separation are measured: seeds and the numbers of permutations.
package struct SeparationOptions: Equatable, Sendable {
  /// Permutations of the labels for each null; 0 measures none.
  package var permutations: Int
  package var seed: UInt64
  /// Of the linear probe.
  package var strength: Double
  /// Whether the probe's strength is chosen instead, for each fold by folds of its training rows.
  package var choosesStrength = false

  /// Permutations at the most for figures of which each one is dear.
  package static let slowPermutations = 20

  package init(
    permutations: Int = 200, seed: UInt64 = 0, strength: Double = LinearProbe.standardStrength
  ) {
    self.permutations = permutations
    self.seed = seed
    self.strength = strength
  }

  var slowPermutations: Int { min(permutations, Self.slowPermutations) }
}

/// A layer that is measured: first the figures, then what they are for permuted labels.
///
///     var measurement = try SeparationMeasurement(sample, options: options)
///     measurement.figures[.silhouette].value
///     try measurement.addNulls()
///     measurement.figures[.silhouette].nullHigh
package struct SeparationMeasurement {
  package internal(set) var figures = SeparationFigures()
  /// For each row of the run the concept it was taken for when held out; nil: it never was.
  package var nearest: [Int?] { cosines.heldOut.nearest }

  // What groups of metrics measure from, so that none makes it twice.
  let sample: LayerSample
  let options: SeparationOptions
  /// What prototypes and cosines said.
  let cosines: CosineSeparation
  /// All rows that teach or are judged.
  var heldOut: HeldOutRows { cosines.rows }
  /// Of the sample's rows, and of all that teach or are judged.
  var units: CentredUnits { cosines.units }
  var heldOutUnits: CentredUnits { cosines.allUnits }
  let features: ProbeFeatures
  /// Of the probe, for each fold; nil where it is the one of the options.
  var foldStrengths: [Double]?
  /// Permuted labels of the sample's rows, and of all that teach or are judged; while nulls are
  /// measured.
  private(set) var labelings: [[Int]] = []
  private(set) var heldOutLabelings: [[Int]] = []
  /// The bootstrap of accuracies draws rows of one prompt together.
  private let bootstrap: Bootstrap
  /// The judged rows, in the order of the folds.
  private let tested: [Int]

  /// Measures every figure once. The states must be finite and there must be at least one row.
  ///
  /// - Parameter checkpoint: called every few milliseconds; throws to cancel.
  package init(
    _ sample: LayerSample, options: SeparationOptions, checkpoint: () throws -> Void = {}
  ) throws {
    self.sample = sample
    self.options = options
    cosines = try CosineSeparation(sample, trainMargins: true, checkpoint: checkpoint)
    tested = cosines.rows.folds.folds.flatMap(\.test)
    bootstrap = Bootstrap(numbers: tested.map(cosines.rows.prompt), seed: options.seed)
    features = ProbeFeatures(cosines.rows.states)
    for group in MetricGroup.all { try group.measure(&self, checkpoint) }
  }

  /// The share that is right, with an interval over bootstrapped prompts of test rows.
  func accuracyFigure(_ predicted: [Int?]) -> SeparationFigure {
    let isJudged = tested.map { predicted[$0] != nil }
    let isRight = tested.map { predicted[$0] == heldOut.labels[$0] }
    let estimate = bootstrap.estimate { weights in
      var (right, judged) = (0, 0)
      for place in weights.indices where isJudged[place] {
        judged &+= weights[place]
        if isRight[place] { right &+= weights[place] }
      }
      return judged > 0 ? Double(right) / Double(judged) : nil
    }
    var figure = SeparationFigure(value: estimate?.value)
    (figure.low, figure.high) = (estimate?.low, estimate?.high)
    return figure
  }

  // MARK: Nulls

  /// Measures the figures for permuted labels, and those that depend on seeded samples for more of
  /// them. What labels have no part in (products, distances) is computed once for all.
  ///
  /// - Parameter progress: the share that is done, 0...1.
  package mutating func addNulls(
    checkpoint: () throws -> Void = {}, progress: (Double) -> Void = { _ in }
  ) throws {
    guard options.permutations > 0 else { return }
    labelings = sample.permuted(count: options.permutations, seed: options.seed)
    heldOutLabelings =
      sample.training == nil
      ? labelings : heldOut.permuted(count: options.permutations, seed: options.seed)
    defer { (labelings, heldOutLabelings) = ([], []) }
    for metric in SeparationMetric.allCases where metric.ignoresLabels {
      if let value = figures[metric].value { figures[metric].setNull([value]) }
    }
    let whole = MetricGroup.all.reduce(0) { $0 + $1.share }
    var done = 0.0
    for group in MetricGroup.all {
      try group.addNulls(&self, checkpoint)
      done += group.share
      progress(done / whole)
    }
  }

  /// Those of the labelings that figures take of which each one is dear.
  func slow(_ labelings: [[Int]]) -> [[Int]] {
    Array(labelings.prefix(options.slowPermutations))
  }

  /// Measures many labelings, as many at a time as make some 16 million products.
  func inBatches<Found>(
    _ labelings: [[Int]], _ measure: ([[Int]]) throws -> [Found]
  ) rethrows -> [Found] {
    let batch = max(1, 16_000_000 / max(1, heldOut.states.rows * sample.concepts))
    return try stride(from: 0, to: labelings.count, by: batch).flatMap { start in
      try measure(Array(labelings[start..<min(labelings.count, start + batch)]))
    }
  }
}
