import LinearAlgebra
import SeerAnalysis
import Testing

struct SeparationMeasurementTests {
  /// Three concepts of 20 rows; `distance` is how far their means are apart.
  func sample(distance: Float, seed: UInt64 = 1, rows: Int = 60) -> LayerSample {
    var random = SeededGenerator(seed: seed)
    let labels = (0..<rows).map { $0 % 3 }
    let states = Matrix(rows: rows, columns: 12) { row, column in
      random.normal() + (column == labels[row] ? distance : 0)
    }
    return LayerSample(
      states: states, labels: labels, concepts: 3,
      folds: Folds(prompts: (0..<rows).map(String.init), splits: labels.map { _ in nil }))
  }

  func measured(_ sample: LayerSample, permutations: Int = 40) throws -> SeparationFigures {
    var measurement = try SeparationMeasurement(
      sample, options: SeparationOptions(permutations: permutations, seed: 2))
    try measurement.addNulls()
    return measurement.figures
  }

  @Test func separateConceptsLieOutsideOfTheNull() throws {
    let figures = try measured(sample(distance: 6))
    for metric in SeparationMetric.allCases {
      let figure = figures[metric]
      #expect(figure.value?.isFinite == true, "\(metric)")
      #expect(figure.nullMean?.isFinite == true, "\(metric)")
      if metric.ignoresLabels {
        #expect(figure.isOutsideNull == false && figure.nullMean == figure.value)
        continue
      }
      guard let larger = metric.largerIsSeparate, let value = figure.value else { continue }
      // Permuted rows lie as far from each other's concepts as any.
      if metric == .hausdorff { continue }
      #expect(figure.isOutsideNull == true, "\(metric): \(figure)")
      #expect((value > (figure.nullMean ?? 0)) == larger, "\(metric): \(figure)")
    }
    let (variance, distance) = (figures[.kVariance], figures[.wasserstein])
    #expect((variance.low ?? 9) <= (variance.high ?? 0) && distance.low != nil)
    // Under the null a concept is as far from itself as from the others.
    #expect(abs((variance.nullMean ?? 0) / (distance.nullMean ?? 1) - 1) < 0.05)
  }

  @Test func labelsThatMeanNothingLieWithin() throws {
    let figures = try measured(sample(distance: 0))
    let judged = SeparationMetric.allCases.filter { !$0.ignoresLabels }
    let outside = judged.filter { figures[$0].isOutsideNull == true }
    #expect(outside.count <= 3, "\(outside)")
    #expect((figures[.nearestPrototype].nullMean ?? 0) > 0.2)
    #expect((figures[.nearestPrototype].nullMean ?? 1) < 0.45)
  }

  @Test func theSameSeedGivesTheSame() throws {
    let sample = sample(distance: 1)
    #expect(try measured(sample, permutations: 9) == measured(sample, permutations: 9))
  }

  @Test func withoutPermutationsThereAreNoNulls() throws {
    let figures = try measured(sample(distance: 1), permutations: 0)
    #expect(SeparationMetric.allCases.allSatisfy { figures[$0].nullMean == nil })
    #expect(figures[.linearProbe].value != nil)
  }

  @Test func trainingRowsOfAnotherRunTeach() throws {
    var own = sample(distance: 6)
    own.folds = Folds([])
    let other = sample(distance: 6, seed: 8, rows: 30)
    own.training = .init(states: other.states, labels: other.labels)
    let figures = try measured(own, permutations: 5)
    #expect((figures[.nearestPrototype].value ?? 0) > 0.95)
    #expect((figures[.linearProbe].value ?? 0) > 0.95)
    // Taught the wrong concepts, both are wrong.
    own.training = .init(states: other.states, labels: other.labels.map { ($0 + 1) % 3 })
    let wrong = try measured(own, permutations: 0)
    #expect((wrong[.nearestPrototype].value ?? 1) < 0.05)
    #expect(wrong[.silhouette] == (try measured(sample(distance: 6), permutations: 0))[.silhouette])
    // Only rows of the split's test side are judged.
    own.folds = Folds([.init(train: Array(0..<50), test: Array(50..<60))])
    let measurement = try SeparationMeasurement(
      own, options: SeparationOptions(permutations: 0))
    #expect(measurement.nearest.count { $0 != nil } == 10)
  }

  @Test func aStrengthChosenOnTrainingRowsSuitsThem() throws {
    var own = sample(distance: 1.2, rows: 90)
    own.folds = Folds([.init(train: Array(0..<60), test: Array(60..<90))])
    var options = SeparationOptions(permutations: 0, strength: 1e7)
    let fixed = try SeparationMeasurement(own, options: options)
    options.choosesStrength = true
    let chosen = try SeparationMeasurement(own, options: options)
    let accuracies = (fixed.figures[.linearProbe].value, chosen.figures[.linearProbe].value)
    #expect((accuracies.1 ?? 0) >= (accuracies.0 ?? 1) && (accuracies.1 ?? 0) > 0.5)
    // The labels of test rows have no say.
    own.labels.replaceSubrange(60..<90, with: own.labels[60..<90].map { ($0 + 1) % 3 })
    let inner = HeldOutRows(own).innerFolds(of: own.folds.folds[0], seed: 0)
    #expect(inner.folds.count == 5)
    #expect(inner.folds.flatMap(\.test).sorted() == Array(0..<60))
    #expect(inner.folds.allSatisfy { Set($0.train).isDisjoint(with: $0.test) })
  }

  @Test func whatCannotBeMeasuredIsNil() throws {
    let states = Matrix(rows: 3, columns: 2, values: [1, 0, 0, 1, 1, 1])
    let one = try measured(
      LayerSample(states: states, labels: [0, 0, 0], concepts: 1, folds: Folds([])))
    for metric in [
      SeparationMetric.nearestPrototype, .linearProbe, .silhouette, .angleBetween, .l1, .l2,
      .hausdorff, .l1Pairwise, .l2Pairwise, .wasserstein, .margin,
    ] {
      #expect(one[metric].value == nil && one[metric].nullMean == nil, "\(metric)")
    }
    #expect(one[.rDiff].value != nil && abs(one[.rGap].value ?? 1) < 1e-5)
    // Equal rows everywhere, as at layer 0: nothing is infinite.
    let equal = try measured(
      LayerSample(
        states: Matrix(rows: 8, columns: 4) { _, column in Float(column) + 0.3 },
        labels: [0, 1, 0, 1, 0, 1, 0, 1], concepts: 2,
        folds: Folds([.init(train: Array(0..<4), test: Array(4..<8))])))
    #expect(equal[.erank].value == nil && equal[.margin].value == nil)
    #expect(equal[.silhouette].value == 0 && equal[.nearestPrototype].value == 0.5)
  }

  @Test func groupsKeepTheirLabelsTogether() {
    let groups = (0..<40).map { $0 / 4 }
    for labels in permutedLabelings(
      groups.map { $0 % 2 }, groups: groups, count: 20, seed: 3)
    {
      #expect(labels.reduce(0, +) == 20)
      for row in labels.indices { #expect(labels[row] == labels[row / 4 * 4]) }
    }
  }

  @Test func bandsAreInterpolated() {
    var figure = SeparationFigure(value: 1)
    figure.setNull((0...100).map(Double.init).shuffled())
    #expect(figure.nullLow == 2.5 && figure.nullHigh == 97.5 && figure.nullMean == 50)
    figure.setInterval([])
    figure.setInterval([.nan, 1])
    #expect(figure.low == nil && figure.high == nil)
  }

  /// Accuracies are bootstrapped as `evaluate` does: rows of one prompt are drawn together.
  @Test func intervalsAreOfPrompts() throws {
    var own = sample(distance: 1.2)
    let alone = try measured(own, permutations: 0)[.nearestPrototype]
    own.prompts = (0..<60).map { $0 / 6 }
    let grouped = try measured(own, permutations: 0)[.nearestPrototype]
    #expect(grouped.value == alone.value)
    let found = try CosineSeparation(own)
    let tested = own.folds.folds.flatMap(\.test)
    let right = tested.map { found.heldOut.nearest[$0] == own.labels[$0] }
    let wanted = try #require(
      Bootstrap(keys: tested.map { "\($0 / 6)" }, seed: 2).estimate { share(right, $0) })
    #expect(grouped.low == wanted.low && grouped.high == wanted.high)
    #expect(alone.low != grouped.low || alone.high != grouped.high)
  }

  /// One registry: names that differ and that JSON has as they are.
  @Test func metricsAreRegisteredOnce() {
    let all = SeparationMetric.allCases
    #expect(Set(all).count == all.count && Set(all.map(\.title)).count == all.count)
    for metric in all {
      #expect(
        metric.rawValue.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" }, "\(metric)")
      #expect(!(metric.ignoresLabels && metric.largerIsSeparate != nil), "\(metric)")
    }
    #expect(SeparationMetric.captioned.allSatisfy { $0.isPrincipal })
    #expect(all.filter(\.isPrincipal) == SeparationMetric.principal)
  }

  @Test func everyMetricIsExplained() {
    #expect(Set(SeparationMetric.allCases.map(\.title)).count == SeparationMetric.allCases.count)
    for metric in SeparationMetric.allCases {
      for text in [metric.title, metric.definition, metric.range, metric.pitfall] {
        #expect(!text.isEmpty)
      }
    }
  }
}
