import SeerRuns

/// What training minimises (arXiv 2502.05242 and its released code; docs/training.md).
package enum ObjectiveName: String, CaseIterable, Sendable, Codable {
  /// Label-aware contrastive loss, l2 per token on the retain rows' states, KL(base || tuned) on
  /// their next-token distributions.
  case seer
  /// The same with one positive an anchor, its pair (SimCLR's form).
  case ntXent = "nt-xent"
  /// What the published code computes, faults included, for comparison.
  case released
}

/// An objective with its weights: a value that presets and files hold.
package struct Objective: Equatable, Sendable, Codable {
  package var name: ObjectiveName
  /// Cosines are divided by it.
  package var temperature: Double
  package var contrastiveWeight: Double
  package var retainWeight: Double
  package var klWeight: Double
  /// Target layers; LoRA sits on the blocks up to the highest.
  package var layers: [Int]
  /// Which tokens speak for a concept row: `last`, `prompt-end`, `mean`.
  package var positions: [Position]

  package enum CodingKeys: String, CodingKey {
    case name, temperature
    case contrastiveWeight = "contrastive_weight"
    case retainWeight = "retain_weight"
    case klWeight = "kl_weight"
    case layers, positions
  }

  package init(
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

/// The terms of one step's loss, unweighted.
package struct LossTerms: Equatable, Sendable, Codable {
  package var total = 0.0
  package var contrastive = 0.0
  /// l2 to the base states.
  package var retain = 0.0
  /// Nats.
  package var kl = 0.0

  package init() {}
}

/// One row as training sees it: its tokens, and the spans that speak for it, one a position.
package struct TrainingRow: Sendable {
  package let ids: [Int32]
  package let spans: [Range<Int>]
  /// The row's index in the file, for messages.
  package let source: Int

  package init(ids: [Int32], spans: [Range<Int>], source: Int) {
    self.ids = ids
    self.spans = spans
    self.source = source
  }
}

/// The rows of one step.
package struct TrainingBatch: Sendable {
  /// Rows of concepts; rows 2k and 2k + 1 are a pair of one concept.
  package var rows: [TrainingRow]
  package var labels: [Int]
  package var retain: [[Int32]]

  package init(rows: [TrainingRow], labels: [Int], retain: [[Int32]]) {
    self.rows = rows
    self.labels = labels
    self.retain = retain
  }
}
