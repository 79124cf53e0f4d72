import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerSupport

/// Scores states of one layer for a set of concepts: how near a state lies to each concept's
/// direction, as calibrated probabilities, with an `unknown` outcome.
///
///     let monitor = try Monitor(run: Run.open("my-run"), layer: 24)
///     let scored = monitor.score(states)          // one a row
///     monitor.concepts[scored[0].best]
///
/// A state is scaled to length 1 and the mean of the run's training states, scaled likewise, is
/// taken off; its cosines with the concepts' directions, or a probe's logits (``MonitorReader``), go
/// through a softmax whose temperature was fitted on held-out rows (``Calibration``). In most layers all states share most of their
/// direction: without centring every cosine is near 1.
package struct Monitor: Sendable {
  /// Sorted by their bytes; those without training rows are left out.
  package let concepts: [String]
  package let layer: Int
  package let reader: MonitorReader
  /// What makes the logits of centred unit states; nil where prototypes do.
  package internal(set) var probe: LinearReading?
  /// The same of turns, where they were measured to have one of their own; ``probe`` where nil.
  package internal(set) var turnProbe: LinearReading?
  /// Of single tokens: where only the run's rows are known, of these.
  package internal(set) var calibration: Calibration
  /// Of the mean states of several.
  package internal(set) var turnCalibration: Calibration
  /// How the logits of a turn's tokens are averaged; those of a run without a record are not.
  package internal(set) var smoothing = LogitSmoothing(halfLife: 0)
  /// What cosines are divided by to be logits, whatever reads.
  package internal(set) var cosineTemperature: Float
  /// Whether ``calibration`` and ``turnCalibration`` were measured, each on its own kind of state.
  package internal(set) var isMeasured = false
  /// What thresholds at a rate of false positives are taken from; nil where the run's rows are no
  /// turns.
  package internal(set) var falsePositives: FalsePositives?
  /// Of the run's rows that are held out.
  private let held: HeldOutLogits
  /// The cosines that directions with nothing to tell have (``Monitor/randomBand(_:rows:)``).
  package let randomBand: ClosedRange<Float>
  /// The median length of the training states.
  package let typicalLength: Float
  /// What the user should know.
  package internal(set) var notes: [String] = []
  package let directions: ConceptDirections

  /// - Parameters:
  ///   - states: (rows, width), finite.
  ///   - labels: a concept's place for each row; nil for rows that only help centring nothing.
  ///   - folds: the split rule; where it holds nothing out, rows calibrate what they taught, and
  ///     a note says so.
  ///   - groups: rows that must not part where a probe's shrinkage is chosen; nil: each by itself.
  ///   - known: a probe that was fitted elsewhere; one of another shape is not used.
  ///
  /// Fails where no row has a concept. O(rows x width x concepts) for each fold.
  package init(
    _ states: Matrix, labels: [Int?], concepts names: [String], folds: Folds, layer: Int,
    reader: MonitorReader = .prototype, groups: [Int]? = nil, probe known: LinearReading? = nil
  ) throws(Failure) {
    // With one given split, the test rows never teach; folds take turns, so in the end all do.
    let labelled = labels.indices.filter { labels[$0] != nil }
    let teaching =
      folds.folds.count == 1
      ? folds.folds[0].train.filter { labels[$0] != nil } : labelled
    let taught = Set(teaching.compactMap { labels[$0] }).sorted()
    guard !taught.isEmpty else {
      throw Failure(
        .badData, found: "no training row with a concept", wanted: "rows with the column `value`",
        advice: "Extract a concept set.")
    }
    var places = [Int?](repeating: nil, count: names.count)
    for (place, concept) in taught.enumerated() { places[concept] = place }
    let labels = labels.map { $0.flatMap { places[$0] } }
    concepts = taught.map { names[$0] }
    self.layer = layer
    for (concept, name) in names.enumerated() where places[concept] == nil {
      notes.append("No training row has the concept `\(name)`: it is not scored.")
    }
    let directions = ConceptDirections(
      states, labels: labels, concepts: taught.count, rows: teaching)
    self.directions = directions
    self.reader = reader
    let count = taught.count
    let known = known.flatMap {
      $0.weights.rows == count && $0.weights.columns == states.columns ? $0 : nil
    }
    /// The probe that some rows teach.
    func probe(
      _ directions: ConceptDirections, _ rows: [Int], shrinkage: Double? = nil
    ) throws(Failure) -> (reading: LinearReading, shrinkage: Double) {
      let centred = directions.centred(states, rows: rows)
      let own = rows.map { labels[$0] ?? 0 }
      do {
        if let shrinkage {
          let fit = try ShrinkageDiscriminant(centred, labels: own, concepts: count)
          return (fit.reading(shrinkage: shrinkage), shrinkage)
        }
        return try ShrinkageDiscriminant.chosen(
          centred, labels: own, concepts: count, groups: groups.map { all in rows.map { all[$0] } })
      } catch {
        throw Failure(
          .badData, place: "layer \(layer)",
          found: "states that no probe can be fitted to: \(error)",
          wanted: "finite states", advice: "Extract the run again.")
      }
    }
    let chosen = try reader == .probe && known == nil ? probe(directions, teaching) : nil
    self.probe = reader == .probe ? known ?? chosen?.reading : nil
    var heldProbe = HeldOutLogits(.probe, concepts: count)
    var heldCosines = HeldOutLogits(.prototype, concepts: count)
    for fold in folds.folds {
      let train = fold.train.filter { labels[$0] != nil }
      let test = fold.test.filter { labels[$0] != nil }
      guard !train.isEmpty, !test.isEmpty else { continue }
      let isWhole = folds.folds.count == 1
      let taught =
        isWhole
        ? directions
        : ConceptDirections(states, labels: labels, concepts: directions.count, rows: train)
      heldCosines.append(states, labels: labels, rows: test, by: taught)
      guard reader == .probe else { continue }
      let own =
        try isWhole || chosen == nil
        ? self.probe : probe(taught, train, shrinkage: chosen?.shrinkage).reading
      heldProbe.append(states, labels: labels, rows: test, by: taught, own)
    }
    if heldCosines.labels.isEmpty {
      notes.append("No row is held out: the scores are calibrated on the rows they learned from.")
      heldCosines.append(states, labels: labels, rows: teaching, by: directions)
      heldProbe.append(states, labels: labels, rows: teaching, by: directions, self.probe)
    }
    let ofCosines = Calibration(heldCosines)
    cosineTemperature = ofCosines.temperature
    held = reader == .probe ? heldProbe : heldCosines
    calibration = reader == .probe ? Calibration(heldProbe) : ofCosines
    turnCalibration = calibration
    let lengths = teaching.map { row in
      let state = states.row(row)
      return Float(dot(state, state, count: states.columns).squareRoot())
    }
    typicalLength = quantile(0.5, ofSorted: lengths.sorted()) ?? 0
    randomBand = Monitor.randomBand(directions.centred(states, rows: thinned(teaching, to: 1000)))
  }

  package var width: Int { directions.width }

  /// Tokens of which the reader is less certain are unknown (``Calibration/unknownBelow``).
  package var unknownBelow: Float { calibration.unknownBelow }

  /// Takes thresholds from the run's own held-out rows.
  ///
  /// - Parameter way: that in which the rows were made of their tokens.
  mutating func thresholdsByRows(_ way: SequenceScore) {
    falsePositives = FalsePositives(
      way,
      held.labels.indices.map { softmax(held.row($0), temperature: calibration.temperature) },
      labels: held.labels, concepts: concepts.count)
  }

  /// The unit vector, after centring, along which a state moves towards a concept: `width` values.
  package func direction(_ concept: Int) -> [Float] { directions.vectors.values(row: concept) }

  /// The band in which the middle 95 % of cosines lie between centred unit states, (rows, width),
  /// and 200 random directions (seeded).
  ///
  /// Directions are drawn with the states' own covariance, as random mixtures of them: states fill
  /// few of their dimensions, so that evenly drawn directions would make a band of ±2/sqrt(width)
  /// that nearly every state leaves.
  package static func randomBand(_ centred: Matrix) -> ClosedRange<Float> {
    guard centred.rows > 0 else { return 0...0 }
    var generator = SeededGenerator(seed: 0)
    let mixtures = Matrix(rows: 200, columns: centred.rows) { _, _ in generator.normal() }
    let directions = unitNormalised(multiply(mixtures, centred))
    let cosines = multiply(centred, directions, transposeB: true).values.sorted()
    guard let low = quantile(0.025, ofSorted: cosines),
      let high = quantile(0.975, ofSorted: cosines)
    else { return 0...0 }
    return low...high
  }
}

/// At most `count` of the values, evenly spaced.
func thinned(_ values: [Int], to count: Int) -> [Int] {
  guard values.count > count else { return values }
  return (0..<count).map { values[$0 * values.count / count] }
}
