import LinearAlgebra
import SeerAnalysis
import SeerMonitor

/// A way to tell a state's concept from labelled states.
package enum Classifier: String, CaseIterable, Sendable, Codable {
  /// The concept whose mean unit state is nearest by cosine.
  case nearestPrototype = "nearest-prototype"
  /// The calibrated monitor that scores prompts (``Monitor``). Rows that it calls unknown, of which
  /// it is made to find one in twenty, count as wrong.
  case monitor
  /// Multinomial logistic regression on standardised states.
  case linearProbe = "linear-probe"
  /// The majority of the ten rows nearest by cosine.
  case nearestNeighbours = "nearest-neighbours"

  /// Neighbours that vote.
  package static let neighbours = 10
}

/// What a classifier says of test rows.
package struct Predictions: Equatable {
  /// Nil for `unknown`.
  package var concepts: [Int?]
  /// For each row a score of each concept, larger for likelier.
  package var scores: [[Double]]
  /// Whether the scores are probabilities, which sum to 1.
  package var areProbabilities: Bool
}

/// Train and test states of one layer and position, with what all labelings of them share.
package struct ClassifierInput {
  package let train: Matrix
  package let test: Matrix
  /// Of the training rows, and the test rows after them.
  private let units: CentredUnits
  private let neighbours: Neighbours
  private let folds: Folds

  /// - folds: of the training rows, for what is calibrated on rows that did not teach it.
  /// - checkpoint: called every few milliseconds; throws to cancel.
  package init(
    train: Matrix, test: Matrix, folds: Folds, checkpoint: () throws -> Void = {}
  ) throws {
    self.folds = folds
    self.train = train
    self.test = test
    units = CentredUnits(Matrix(stacking: [train, test], columns: train.columns))
    neighbours = try Neighbours.exact(
      of: test, among: train, by: .cosine, k: Classifier.neighbours, checkpoint: checkpoint)
  }

  /// Learns from the training rows' labels and judges the test rows.
  package func predictions(
    _ classifier: Classifier, labels: [Int], concepts: Int
  ) throws -> Predictions {
    switch classifier {
    case .nearestPrototype:
      let prototypes = Prototypes(
        units, labels: labels, concepts: concepts, rows: Array(0..<train.rows))
      let cosines = prototypes.cosines(of: Array(train.rows..<train.rows + test.rows))
      return Predictions(
        concepts: cosines.map { row in
          let largest = row.max() ?? -.infinity
          return largest > -.infinity ? row.firstIndex(of: largest) : nil
        },
        // 0 for concepts without rows.
        scores: cosines.map { $0.map { $0.isFinite ? $0 : 0 } }, areProbabilities: false)
    case .monitor:
      let monitor = try Monitor(
        train, labels: labels, concepts: (0..<concepts).map(String.init), folds: folds, layer: 0)
      // Concepts that no row teaches are not scored.
      let places = monitor.concepts.compactMap { Int($0) }
      let scored = monitor.score(test)
      return Predictions(
        concepts: scored.map { $0.isUnknown ? nil : places[$0.best] },
        scores: scored.map { row in
          var scores = [Double](repeating: 0, count: concepts)
          for (place, score) in zip(places, row.scores) { scores[place] = Double(score) }
          return scores
        }, areProbabilities: true)
    case .linearProbe:
      let probe = try LinearProbe.fit(train, labels: labels, concepts: concepts)
      let probabilities = probe.probabilities(test)
      return Predictions(
        concepts: probe.predict(test),
        scores: (0..<test.rows).map { probabilities.values(row: $0).map(Double.init) },
        areProbabilities: true)
    case .nearestNeighbours:
      let votes = (0..<test.rows).map {
        SeerAnalysis.votes(neighbours.indices(of: $0), labels: labels, concepts: concepts)
      }
      return Predictions(
        concepts: votes.map(\.winner), scores: votes.map(\.shares), areProbabilities: true)
    }
  }
}
