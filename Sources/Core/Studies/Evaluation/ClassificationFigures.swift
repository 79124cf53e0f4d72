/// What `evaluate classify` finds.
public struct ClassificationFigures: Sendable, Codable {
  public struct Data: Equatable, Sendable, Codable {
    public var file: String
    public var rows: Int
    public var prompts: Int
  }

  public struct Concept: Equatable, Sendable, Codable {
    public var concept: String
    public var rows: Int
    public var precision: Double
    public var recall: Double
    public var f1: Double
  }

  /// A classifier's figures on the test rows, at one layer and position of one model.
  public struct Result: Equatable, Sendable, Codable {
    /// `base` or `tuned`.
    public var model: String
    public var position: String
    public var layer: Int
    public var classifier: Classifier
    public var accuracy: Estimate
    public var macroF1: Estimate
    public var macroPrecision: Double
    public var macroRecall: Double
    public var concepts: [Concept]
    public var confusion: Confusion
    /// Area under the ROC of telling the other concepts from `safe`; nil without that concept.
    public var aucUnsafe: Estimate?
    /// Nil where the classifier gives no probabilities.
    public var reliability: Reliability?
    public var permuted: PermutedLabels?
  }

  /// A layer that the training rows alone pick for a model and position.
  public struct Choice: Equatable, Sendable, Codable {
    public var model: String
    public var position: String
    public var layer: Int
    /// Nearest-prototype accuracy over folds of the training rows.
    public var trainAccuracy: Double
  }

  /// Two classifiers on the same test rows, each at the layer chosen for it.
  public struct Comparison: Equatable, Sendable, Codable {
    public var position: String
    public var classifier: Classifier
    public var baseClassifier: Classifier
    public var tunedLayer: Int
    public var baseLayer: Int
    /// Tuned minus base.
    public var accuracy: Estimate
    public var mcnemar: McNemar
  }

  public var base: String
  public var adapter: String?
  public var template: String
  public var seed: UInt64
  public var train: Data
  public var test: Data
  public var concepts: [String]
  public var overlap: TextOverlap
  public var leftOut: Int
  public var choices: [Choice]
  public var results: [Result]
  public var comparisons: [Comparison]
  /// One a model, position and layer; none where concepts have too few rows.
  public var transport: [TransportAccount]
  public var findings: [TransportFinding]
  public var notes: [String]
}
