import SeerAnalysis

/// What `evaluate classify` finds.
package struct ClassificationFigures: Sendable, Codable {
  package struct Data: Equatable, Sendable, Codable {
    package var file: String
    package var rows: Int
    package var prompts: Int
  }

  package struct Concept: Equatable, Sendable, Codable {
    package var concept: String
    package var rows: Int
    /// Nil where no row was taken for it, and null in JSON.
    package var precision: Double?
    /// Nil where no row is of it.
    package var recall: Double?
    /// Nil where neither is.
    package var f1: Double?

    private enum CodingKeys: String, CodingKey { case concept, rows, precision, recall, f1 }

    package func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(concept, forKey: .concept)
      try values.encode(rows, forKey: .rows)
      try values.encode(precision, forKey: .precision)
      try values.encode(recall, forKey: .recall)
      try values.encode(f1, forKey: .f1)
    }
  }

  /// A classifier's figures on the test rows, at one layer and position of one model.
  package struct Result: Equatable, Sendable, Codable {
    /// `base` or `tuned`.
    package var model: String
    package var position: String
    package var layer: Int
    package var classifier: Classifier
    package var accuracy: Estimate
    package var macroF1: Estimate
    package var macroPrecision: Double
    package var macroRecall: Double
    package var concepts: [Concept]
    package var confusion: Confusion
    /// Area under the ROC of telling the other concepts from `safe`; nil without that concept.
    package var aucUnsafe: Estimate?
    /// Nil where the classifier gives no probabilities.
    package var reliability: Reliability?
    package var permuted: PermutedLabels?
  }

  /// A layer that the training rows alone pick for a model and position.
  package struct Choice: Equatable, Sendable, Codable {
    package var model: String
    package var position: String
    package var layer: Int
    /// Nearest-prototype accuracy over folds of the training rows.
    package var trainAccuracy: Double
  }

  /// Two classifiers on the same test rows, each at the layer chosen for it.
  package struct Comparison: Equatable, Sendable, Codable {
    package var position: String
    package var classifier: Classifier
    package var baseClassifier: Classifier
    package var tunedLayer: Int
    package var baseLayer: Int
    /// Tuned minus base.
    package var accuracy: Estimate
    package var mcnemar: McNemar
  }

  package var base: String
  package var adapter: String?
  package var template: String
  package var seed: UInt64
  package var train: Data
  package var test: Data
  package var concepts: [String]
  package var overlap: TextOverlap
  package var leftOut: Int
  package var choices: [Choice]
  package var results: [Result]
  package var comparisons: [Comparison]
  /// One a model, position and layer; none where concepts have too few rows.
  package var transport: [TransportAccount]
  package var findings: [TransportFinding]
  /// What a run's monitor, frozen, says of the test rows, where one was given.
  package var monitor: StaleMonitorFigures?
  package var notes: [String]
}
