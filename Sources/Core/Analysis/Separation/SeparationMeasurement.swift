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
  package private(set) var figures = SeparationFigures()
  /// For each row of the run the concept it was taken for when held out; nil: it never was.
  package private(set) var nearest: [Int?] = []

  private let sample: LayerSample
  private let heldOut: HeldOutRows
  /// The bootstrap of accuracies draws rows of one prompt together.
  private let bootstrap: Bootstrap
  /// The judged rows, in the order of the folds.
  private let tested: [Int]
  private let options: SeparationOptions
  private let units: CentredUnits
  private let heldOutUnits: CentredUnits
  private let features: ProbeFeatures
  /// Of the probe, for each fold; nil where it is the one of the options.
  private var foldStrengths: [Double]?

  /// Measures every figure once. The states must be finite and there must be at least one row.
  ///
  /// - Parameter checkpoint: called every few milliseconds; throws to cancel.
  package init(
    _ sample: LayerSample, options: SeparationOptions, checkpoint: () throws -> Void = {}
  ) throws {
    self.sample = sample
    self.options = options
    let cosines = try CosineSeparation(sample, trainMargins: true, checkpoint: checkpoint)
    heldOut = cosines.rows
    units = cosines.units
    heldOutUnits = cosines.allUnits
    let tested = heldOut.folds.folds.flatMap(\.test)
    self.tested = tested
    bootstrap = Bootstrap(numbers: tested.map(heldOut.prompt), seed: options.seed)
    features = ProbeFeatures(heldOut.states)
    measurePrototypes(cosines)
    try measureProbe(checkpoint)
    try measureGeometry(checkpoint)
    try measureRates(checkpoint)
    try measureTransport(checkpoint)
  }

  private mutating func measurePrototypes(_ cosines: CosineSeparation) {
    figures = cosines.figures
    nearest = cosines.heldOut.nearest
    figures[.nearestPrototype] = accuracyFigure(cosines.judged.nearest)
    figures[.margin] = SeparationFigure(value: median(cosines.judged.margins))
    figures[.marginTrain] = SeparationFigure(value: median(cosines.judged.trainMargins))
  }

  private mutating func measureProbe(_ checkpoint: () throws -> Void) throws {
    if options.choosesStrength {
      foldStrengths = try heldOut.folds.folds.map { fold in
        try LinearProbe.chosenStrength(
          features, labels: heldOut.labels, concepts: sample.concepts,
          folds: heldOut.innerFolds(of: fold, seed: options.seed), checkpoint: checkpoint)
      }
    }
    let predicted = try heldOutLinearProbes(
      features, labelings: [heldOut.labels], concepts: sample.concepts, folds: heldOut.folds,
      strengths: [options.strength], foldStrengths: foldStrengths, checkpoint: checkpoint)[0]
    figures[.linearProbe] = accuracyFigure(predicted)
  }

  /// The share that is right, with an interval over bootstrapped prompts of test rows.
  private func accuracyFigure(_ predicted: [Int?]) -> SeparationFigure {
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

  private mutating func measureGeometry(_ checkpoint: () throws -> Void) throws {
    let distances = try ConceptDistances.measure(
      centred(sample.states), labelings: [sample.labels], concepts: sample.concepts,
      checkpoint: checkpoint)[0]
    figures[.l1] = SeparationFigure(value: distances.l1)
    figures[.l2] = SeparationFigure(value: distances.l2)
    figures[.hausdorff] = SeparationFigure(value: distances.hausdorff)
  }

  private mutating func measureRates(_ checkpoint: () throws -> Void) throws {
    for scale in CodingRateScale.allCases {
      let rates = CodingRates(sample.states, scale: scale, sharesProducts: false)
      let all = try rates.all()
      let same = try rates.same(labelings: [sample.labels], concepts: sample.concepts)[0]
      let metrics = scale.metrics
      figures[metrics.diff] = SeparationFigure(value: all)
      figures[metrics.same] = SeparationFigure(value: same)
      figures[metrics.gap] = SeparationFigure(value: all - same)
      try checkpoint()
    }
    figures[.erank] = SeparationFigure(value: try effectiveRank(sample.states))
    try checkpoint()
  }

  private mutating func measureTransport(_ checkpoint: () throws -> Void) throws {
    let draw = TransportSample(labels: sample.labels, concepts: sample.concepts, seed: options.seed)
    let found = try Transport.measure(units.rest, samples: [draw], checkpoint: checkpoint)[0]
    figures[.kVariance] = SeparationFigure(value: found.kVariance)
    figures[.wasserstein] = SeparationFigure(value: found.wasserstein)
    for metric in [SeparationMetric.margin, .marginTrain] {
      figures[metric] = SeparationFigure(
        value: figures[metric].value.flatMap { margin in
          found.kVariance.flatMap { $0 > 0 ? margin / $0 : nil }
        })
    }
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
    for metric in SeparationMetric.allCases where metric.ignoresLabels {
      if let value = figures[metric].value { figures[metric].setNull([value]) }
    }
    try addQuickNulls(checkpoint)
    progress(0.25)
    try addRateNulls(checkpoint)
    progress(0.4)
    try addTransportNulls(checkpoint)
    progress(0.7)
    try addProbeNull(checkpoint)
    progress(1)
  }

  private mutating func addQuickNulls(_ checkpoint: () throws -> Void) throws {
    let labelings = sample.permuted(count: options.permutations, seed: options.seed)
    let heldOutLabelings =
      sample.training == nil
      ? labelings
      : heldOut.permuted(count: options.permutations, seed: options.seed)
    // Some 16 million products at a time.
    let batch = max(1, 16_000_000 / max(1, heldOut.states.rows * sample.concepts))
    let states = centred(sample.states)
    var accuracies: [Double] = []
    var cosines: [CosineGeometry] = []
    var distances: [ConceptDistances] = []
    for start in stride(from: 0, to: labelings.count, by: batch) {
      let end = min(labelings.count, start + batch)
      let part = Array(heldOutLabelings[start..<end])
      let judged = try HeldOutPrototypes.measure(
        heldOutUnits, labelings: part, concepts: sample.concepts, folds: heldOut.folds,
        checkpoint: checkpoint)
      accuracies += zip(judged, part).compactMap { $0.accuracy($1) }
      try checkpoint()
      cosines += CosineGeometry.measure(
        units, labelings: Array(labelings[start..<end]), concepts: sample.concepts)
      try checkpoint()
      distances += try ConceptDistances.measure(
        states, labelings: Array(labelings[start..<end]), concepts: sample.concepts,
        checkpoint: checkpoint)
    }
    figures[.nearestPrototype].setNull(accuracies)
    figures[.silhouette].setNull(cosines.compactMap(\.silhouette))
    figures[.angleBetween].setNull(cosines.compactMap(\.angleBetween))
    figures[.angleWithin].setNull(cosines.compactMap(\.angleWithin))
    figures[.l1].setNull(distances.compactMap(\.l1))
    figures[.l2].setNull(distances.compactMap(\.l2))
    figures[.hausdorff].setNull(distances.compactMap(\.hausdorff))
  }

  private mutating func addRateNulls(_ checkpoint: () throws -> Void) throws {
    let labelings = sample.permuted(count: options.permutations, seed: options.seed)
    for scale in CodingRateScale.allCases {
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

  private mutating func addTransportNulls(_ checkpoint: () throws -> Void) throws {
    let count = options.slowPermutations
    let more = (0..<count).map { index in
      TransportSample(
        labels: sample.labels, concepts: sample.concepts, seed: options.seed &+ 1 &+ UInt64(index))
    }
    let found = try Transport.measure(units.rest, samples: more, checkpoint: checkpoint)
    figures[.kVariance].setInterval(found.compactMap(\.kVariance))
    figures[.wasserstein].setInterval(found.compactMap(\.wasserstein))

    let labelings = sample.permuted(count: count, seed: options.seed)
    let permuted = try Transport.measure(
      units.rest,
      samples: labelings.map {
        TransportSample(labels: $0, concepts: sample.concepts, seed: options.seed)
      }, checkpoint: checkpoint)
    figures[.kVariance].setNull(permuted.compactMap(\.kVariance))
    figures[.wasserstein].setNull(permuted.compactMap(\.wasserstein))
    let heldOutLabelings = heldOut.permuted(count: count, seed: options.seed)
    let judged = try HeldOutPrototypes.measure(
      heldOutUnits, labelings: heldOutLabelings, concepts: sample.concepts, folds: heldOut.folds,
      trainMargins: true, checkpoint: checkpoint)
    func scaled(_ margins: (HeldOutPrototypes) -> [Double]) -> [Double] {
      zip(judged, permuted).compactMap { judged, transport in
        guard let margin = median(margins(judged)), let variance = transport.kVariance,
          variance > 0
        else { return nil }
        return margin / variance
      }
    }
    figures[.margin].setNull(scaled(\.margins))
    figures[.marginTrain].setNull(scaled(\.trainMargins))
  }

  private mutating func addProbeNull(_ checkpoint: () throws -> Void) throws {
    let labelings = heldOut.permuted(count: options.slowPermutations, seed: options.seed)
    let predicted = try heldOutLinearProbes(
      features, labelings: labelings, concepts: sample.concepts, folds: heldOut.folds,
      strengths: [options.strength], foldStrengths: foldStrengths, checkpoint: checkpoint)
    figures[.linearProbe].setNull(
      zip(predicted, labelings).compactMap { predicted, labels in
        let judged = predicted.indices.filter { predicted[$0] != nil }
        let right = judged.count { predicted[$0] == labels[$0] }
        return judged.isEmpty ? nil : Double(right) / Double(judged.count)
      })
  }
}

extension CodingRateScale {
  package var metrics: (diff: SeparationMetric, same: SeparationMetric, gap: SeparationMetric) {
    switch self {
    case .unitColumns: (.rDiff, .rSame, .rGap)
    case .unitRows: (.rDiffRows, .rSameRows, .rGapRows)
    }
  }
}
