/// What training minimises (arXiv 2502.05242 and its released code; docs/training.md).
public enum ObjectiveName: String, CaseIterable, Sendable, Codable {
  /// Label-aware contrastive loss, l2 per token on the retain rows' states, KL(base || tuned) on
  /// their next-token distributions.
  case seer
  /// The same with one positive an anchor, its pair (SimCLR's form).
  case ntXent = "nt-xent"
  /// What the published code computes, faults included, for comparison.
  case released
}

/// An objective with its weights: a value that presets and files hold.
public struct Objective: Equatable, Sendable, Codable {
  public var name: ObjectiveName
  /// Cosines are divided by it.
  public var temperature: Double
  public var contrastiveWeight: Double
  public var retainWeight: Double
  public var klWeight: Double
  /// Target layers; LoRA sits on the blocks up to the highest.
  public var layers: [Int]
  /// Which tokens speak for a concept row: `last`, `prompt-end`, `mean`.
  public var positions: [Position]

  enum CodingKeys: String, CodingKey {
    case name, temperature
    case contrastiveWeight = "contrastive_weight"
    case retainWeight = "retain_weight"
    case klWeight = "kl_weight"
    case layers, positions
  }

  public init(
    name: ObjectiveName = .seer, temperature: Double = 0.1, contrastiveWeight: Double = 1,
    retainWeight: Double = 0.05, klWeight: Double = 1, layers: [Int],
    positions: [Position] = [.last]
  ) {
    self.name = name
    self.temperature = temperature
    self.contrastiveWeight = contrastiveWeight
    self.retainWeight = retainWeight
    self.klWeight = klWeight
    self.layers = layers
    self.positions = positions
  }
}

extension Position: Codable {}

/// The terms of one step's loss, unweighted.
public struct LossTerms: Equatable, Sendable, Codable {
  public var total = 0.0
  public var contrastive = 0.0
  /// l2 to the base states.
  public var retain = 0.0
  /// Nats.
  public var kl = 0.0

  public init() {}
}

/// One row as training sees it: its tokens, and the spans that speak for it, one a position.
struct TrainingRow: Sendable {
  let ids: [Int32]
  let spans: [Range<Int>]
  /// The row's index in the file, for messages.
  let source: Int
}

/// The rows of one step.
struct TrainingBatch: Sendable {
  /// Rows of concepts; rows 2k and 2k + 1 are a pair of one concept.
  var rows: [TrainingRow]
  var labels: [Int]
  var retain: [[Int32]]
}
