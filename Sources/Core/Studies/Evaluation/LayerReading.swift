import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerMonitor

/// The rows and words of one layer, and what readers say of those that they did not learn from.
struct LayerReading {
  /// The run's labelled rows.
  let sample: LayerSample
  let concepts: Int
  /// (tokens, width)
  let words: Matrix
  /// The tokens of each row of the sample.
  let rows: [Range<Int>]
  private let labels: [Int]

  init(sample: LayerSample, concepts: Int, words: Matrix, rows: [Range<Int>]) {
    precondition(rows.count == sample.labels.count)
    self.sample = sample
    self.concepts = concepts
    self.words = words
    self.rows = rows
    labels = zip(rows, sample.labels).flatMap { row, label in row.map { _ in label } }
  }

  private func tokens(_ rows: [Int]) -> [Int] { rows.flatMap { self.rows[$0] } }

  private func directions(_ rows: [Int]) -> ConceptDirections {
    ConceptDirections(sample.states, labels: sample.labels, concepts: concepts, rows: rows)
  }

  /// The probe that the tokens of some rows teach.
  func probe(
    _ directions: ConceptDirections, _ rows: [Int], _ shrinkage: Double
  ) throws -> LinearReading {
    let tokens = tokens(rows)
    return try ShrinkageDiscriminant(
      directions.centred(words, rows: tokens), labels: tokens.map { labels[$0] },
      concepts: concepts
    ).reading(shrinkage: shrinkage)
  }

  /// The shrinkage that is right of most tokens of the folds' rows that did not teach.
  func shrinkage(_ folds: Folds, _ checkpoint: () throws -> Void) throws -> Double {
    let all = Array(0..<words.rows)
    return try ShrinkageDiscriminant.chosenShrinkage(
      directions(folds.folds.flatMap(\.test)).centred(words, rows: all), labels: labels,
      concepts: concepts,
      folds: Folds(
        folds.folds.map { Folds.Fold(train: tokens($0.train), test: tokens($0.test)) }),
      checkpoint: checkpoint)
  }

  /// What a reader says of each fold's test rows.
  ///
  /// - Parameter shrinkage: the probe's; prototypes where nil.
  func judge(_ folds: Folds, _ shrinkage: Double?) throws -> HeldOutWords {
    var held = HeldOutWords(shrinkage == nil ? .prototype : .probe, concepts: concepts)
    for fold in folds.folds {
      let directions = self.directions(fold.train)
      let probe = try shrinkage.map { try self.probe(directions, fold.train, $0) }
      held.tokens.append(
        words, labels: labels, rows: tokens(fold.test), by: directions, probe)
      let before = held.turns.labels.count
      var means: [Float] = []
      var owners: [Int] = []
      for row in fold.test where !rows[row].isEmpty {
        let tokens = rows[row]
        held.rows.append(
          (label: sample.labels[row], tokens: tokens.count, turn: before + owners.count))
        let short = stride(
          from: tokens.lowerBound, to: tokens.upperBound, by: MonitorEvaluation.stretch
        ).map { $0..<min(tokens.upperBound, $0 + MonitorEvaluation.stretch) }
        for span in [tokens] + (short.count > 1 ? short : []) {
          means += mean(of: words, span)
          owners.append(sample.labels[row])
        }
      }
      held.turns.append(
        Matrix(rows: owners.count, columns: words.columns, values: means), labels: owners,
        rows: Array(owners.indices), by: directions, probe)
    }
    return held
  }
}

/// What a reader said of tokens, and of turns long and short, that taught it nothing.
struct HeldOutWords {
  let concepts: Int
  var tokens: HeldOutLogits
  var turns: HeldOutLogits
  /// In the tokens' order; `turn` is the place of the whole row among the turns.
  var rows: [(label: Int, tokens: Int, turn: Int)] = []

  init(_ reader: MonitorReader, concepts: Int) {
    self.concepts = concepts
    tokens = HeldOutLogits(reader, concepts: concepts)
    turns = HeldOutLogits(reader, concepts: concepts)
  }

  var tokenCalibration: Calibration { Calibration(tokens) }
  var turnCalibration: Calibration { Calibration(turns) }

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

  var falsePositives: FalsePositives {
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
