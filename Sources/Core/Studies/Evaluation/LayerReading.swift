import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerMonitor

/// The rows and words of one layer, and what readers say of those that they did not learn from.
package struct LayerReading {
  /// The run's labelled rows.
  let sample: LayerSample
  let concepts: Int
  /// (tokens, width): those of the rows in their order, then those of texts read alone.
  let words: Matrix
  /// The tokens of each row of the sample.
  let rows: [Range<Int>]
  /// The mean states of turns, (turns, width), row by row, each row's whole first.
  private let turns: Matrix
  /// The turns of each row; none where it has no tokens.
  private let turnsOf: [Range<Int>]
  private let labels: [Int]
  private let turnLabels: [Int]

  /// How far a layer's probes are shrunk.
  package struct Shrinkages {
    package var tokens: Double
    package var turns: Double

    package init(tokens: Double, turns: Double) {
      self.tokens = tokens
      self.turns = turns
    }
  }

  /// What reads tokens and turns.
  package struct Probes {
    package var tokens: LinearReading
    package var turns: LinearReading
  }

  /// - Parameters:
  ///   - sample: the run's labelled rows at the layer.
  ///   - states: (tokens, width): those of the rows in their order, then those of texts read alone.
  ///   - words: where each row's tokens lie among them.
  package init(sample: LayerSample, concepts: Int, states: Matrix, words: EvaluatedWords) {
    precondition(words.rows.count == sample.labels.count)
    self.sample = sample
    self.concepts = concepts
    self.words = states
    rows = words.rows
    labels = zip(words.rows, sample.labels).flatMap { row, label in row.map { _ in label } }
    var turnsOf: [Range<Int>] = []
    var means: [Float] = []
    var turnLabels: [Int] = []
    for (row, label) in sample.labels.enumerated() {
      let first = turnLabels.count
      for span in words.turns(row) {
        means += mean(of: states, span)
        turnLabels.append(label)
      }
      turnsOf.append(first..<turnLabels.count)
    }
    self.turnsOf = turnsOf
    self.turnLabels = turnLabels
    turns = Matrix(rows: turnLabels.count, columns: states.columns, values: means)
  }

  private func tokens(_ rows: [Int]) -> [Int] { rows.flatMap { self.rows[$0] } }

  private func turns(_ rows: [Int]) -> [Int] { rows.flatMap { turnsOf[$0] } }

  private func directions(_ rows: [Int]) -> ConceptDirections {
    ConceptDirections(sample.states, labels: sample.labels, concepts: concepts, rows: rows)
  }

  /// The probes that the tokens and the turns of some rows teach.
  package func probes(
    _ directions: ConceptDirections, _ rows: [Int], _ shrinkages: Shrinkages
  ) throws -> Probes {
    func probe(
      _ states: Matrix, _ chosen: [Int], _ labels: [Int], _ shrinkage: Double
    ) throws -> LinearReading {
      try ShrinkageDiscriminant(
        directions.centred(states, rows: chosen), labels: chosen.map { labels[$0] },
        concepts: concepts
      ).reading(shrinkage: shrinkage)
    }
    return Probes(
      tokens: try probe(words, tokens(rows), labels, shrinkages.tokens),
      turns: try probe(turns, turns(rows), turnLabels, shrinkages.turns))
  }

  /// The shrinkages that are right of most tokens, and of most turns, of the folds' rows that did not
  /// teach.
  package func shrinkages(_ folds: Folds, _ checkpoint: () throws -> Void) throws -> Shrinkages {
    let directions = self.directions(folds.folds.flatMap(\.test))
    func chosen(
      _ states: Matrix, _ labels: [Int], _ places: ([Int]) -> [Int]
    ) throws -> Double {
      try ShrinkageDiscriminant.chosenShrinkage(
        directions.centred(states, rows: Array(labels.indices)), labels: labels,
        concepts: concepts,
        folds: Folds(
          folds.folds.map { Folds.Fold(train: places($0.train), test: places($0.test)) }),
        checkpoint: checkpoint)
    }
    return Shrinkages(
      tokens: try chosen(words, labels, tokens), turns: try chosen(turns, turnLabels, turns))
  }

  /// What a reader says of each fold's test rows.
  ///
  /// - Parameter shrinkages: the probes'; prototypes where nil.
  package func judge(_ folds: Folds, _ shrinkages: Shrinkages?) throws -> HeldOutWords {
    var held = HeldOutWords(shrinkages == nil ? .prototype : .probe, concepts: concepts)
    for (place, fold) in folds.folds.enumerated() {
      let directions = self.directions(fold.train)
      let probes = try shrinkages.map { try self.probes(directions, fold.train, $0) }
      held.tokens.append(
        words, labels: labels, rows: tokens(fold.test), by: directions, probes?.tokens)
      var turn = held.turns.labels.count
      for row in fold.test where !turnsOf[row].isEmpty {
        held.rows.append(
          HeldOutWords.Row(
            label: sample.labels[row], tokens: rows[row].count, turn: turn, fold: place))
        turn += turnsOf[row].count
      }
      held.turns.append(
        turns, labels: turnLabels, rows: turns(fold.test), by: directions, probes?.turns)
    }
    return held
  }
}

/// What a reader said of tokens, and of turns long and short, that taught it nothing.
package struct HeldOutWords {
  let concepts: Int
  var tokens: HeldOutLogits
  var turns: HeldOutLogits
  /// In the tokens' order.
  var rows: [Row] = []

  struct Row {
    var label: Int
    /// How many.
    var tokens: Int
    /// The place of the whole row among the turns.
    var turn: Int
    /// The fold that it was held out of.
    var fold: Int
  }

  init(_ reader: MonitorReader, concepts: Int) {
    self.concepts = concepts
    tokens = HeldOutLogits(reader, concepts: concepts)
    turns = HeldOutLogits(reader, concepts: concepts)
  }

  package var tokenCalibration: Calibration { Calibration(tokens) }
  package var turnCalibration: Calibration { Calibration(turns) }

  /// The same where the tokens of each row are averaged.
  package func smoothed(_ smoothing: LogitSmoothing) -> HeldOutWords {
    var words = self
    words.tokens = tokens.smoothed(smoothing, turns: rows.map(\.tokens))
    return words
  }

  /// The shortest half-life of those tried that tells tokens as well as the best one: whose AUC, the
  /// mean over folds, is at most one standard error below (Breiman et al. 1984), that of the folds'
  /// differences, since all half-lives read the same rows.
  ///
  /// A row's tokens all have its label, so long means look best here, and say least about where in a
  /// text something begins.
  package func halfLife(of halfLives: [Double] = LogitSmoothing.halfLives) -> Double {
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
    let areas = halfLives.map { smoothed(LogitSmoothing(halfLife: $0)).tokenAUCs() }
    guard let best = areas.max(by: { mean($0) < mean($1) }) else { return 0 }
    let near = zip(halfLives, areas).filter { _, areas in
      let losses = zip(best, areas).map { $0 - $1 }
      let squares = losses.reduce(0) { $0 + ($1 - mean(losses)) * ($1 - mean(losses)) }
      let count = Double(losses.count)
      return mean(losses) <= (squares / max(1, count - 1) / max(1, count)).squareRoot()
    }
    return near.map(\.0).min() ?? 0
  }

  /// Of the tokens of each fold.
  private func tokenAUCs() -> [Double] {
    let temperature = tokenCalibration.temperature
    var areas: [Double] = []
    var next = 0
    for fold in Set(rows.map(\.fold)).sorted() {
      let count = rows.reduce(0) { $0 + ($1.fold == fold ? $1.tokens : 0) }
      let places = next..<next + count
      next += count
      areas.append(
        auc(
          places.map { softmax(tokens.row($0), temperature: temperature) },
          Array(tokens.labels[places])))
    }
    return areas
  }

  /// Each row's scores in every way.
  private func sequences() -> [SequenceScores] {
    let (temperature, turnTemperature) = (
      tokenCalibration.temperature, turnCalibration.temperature
    )
    var next = 0
    return rows.map { row in
      defer { next += row.tokens }
      return SequenceScores(
        mean: softmax(turns.row(row.turn), temperature: turnTemperature),
        tokens: (next..<next + row.tokens).map {
          softmax(tokens.row($0), temperature: temperature)
        })
    }
  }

  package var falsePositives: FalsePositives {
    FalsePositives(sequences(), labels: rows.map(\.label), concepts: concepts)
  }

  func figures(ways: Bool) -> MonitorEvaluation.Figures {
    let calibration = tokenCalibration
    let scores = tokens.labels.indices.map {
      softmax(tokens.row($0), temperature: calibration.temperature)
    }
    let right = rows.count { row in
      largestPlace(Array(turns.row(row.turn))) == row.label
    }
    var turnAUC: [String: Double]?
    if ways {
      let sequences = sequences()
      turnAUC = Dictionary(
        SequenceScore.allCases.map { way in
          (way.rawValue, auc(sequences.map { $0[way] }, rows.map(\.label)))
        }, uniquingKeysWith: { $1 })
    }
    return MonitorEvaluation.Figures(
      tokenAUC: auc(scores, tokens.labels), tokenAccuracy: calibration.accuracy,
      turnAccuracy: Double(right) / Double(max(1, rows.count)), turnAUC: turnAUC)
  }

  /// The mean over concepts; those that have no rows, or all, are left out.
  private func auc(_ scores: [[Float]], _ labels: [Int]) -> Double {
    let areas = (0..<concepts).compactMap { concept in
      ROC(
        scores: scores.map { Double($0[concept]) }, isPositive: labels.map { $0 == concept }
      ).area()
    }
    // Where nothing can be compared, nothing is told apart.
    return areas.isEmpty ? 0.5 : areas.reduce(0, +) / Double(areas.count)
  }
}
