import SeerModels
import SeerRuns

/// What training can minimise, and all that presets, commands, logs and screens must know of it.
/// One file each in this folder, one line each in ``Objectives/all``.
package protocol ObjectiveKind: Sendable {
  /// As commands, presets and adapters have it. It never changes once published.
  var name: ObjectiveName { get }
  /// What it is, for lists: half a sentence.
  var abstract: String { get }
  /// Weights of its own, which replace a preset's when it is asked for by name; nil: it takes the
  /// preset's. Layers stay the preset's in any case.
  var weights: Objective? { get }
  /// The terms of its loss in the order of the log's columns, ``LossTerms/total`` apart.
  var terms: [LossTerm] { get }
  /// What is measured on the way and no part of the loss: columns after those of the terms.
  var figures: [LossTerm] { get }
  /// The fields of an ``Objective`` that it reads; the others are refused.
  var reads: Set<ObjectiveField> { get }
  /// The positions that it can read, where it reads them.
  var positions: [Position] { get }
  /// Numbers of its own: keys of a preset's `objective`.
  var options: [ObjectiveOption] { get }
  /// What it is given of a concept row.
  var rows: RowKind { get }
  /// Entries of B are drawn from within this at the start; 0 where the untouched model is a start that
  /// has a slope.
  var startOfB: Float { get }

  /// One step: adds the gradients of its loss to those of its parts and returns its terms. Whatever a
  /// term is averaged over is counted over all rows of the step, not over a part's.
  ///
  /// - Parameters:
  ///   - computer: the weights of the objective, and passes over the model.
  ///   - dropout: makes the masks of one tuned pass; called once a pass, always in the same order,
  ///     so that a resumed training draws the same.
  func step(
    _ batch: TrainingBatch, _ adapter: Adapter, into gradients: PartGradients,
    by computer: LossComputer, dropout: () -> PassDropout?
  ) throws -> LossTerms
}

extension ObjectiveKind {
  package var weights: Objective? { nil }
  package var terms: [LossTerm] { LossTerm.usual }
  package var figures: [LossTerm] { LossTerm.cosines }
  package var reads: Set<ObjectiveField> { .contrast }
  package var positions: [Position] { [.last, .promptEnd, .mean] }
  package var options: [ObjectiveOption] { [] }
  package var rows: RowKind { .conversations }
  package var startOfB: Float { 0 }

  /// The columns of the log that are its own.
  package var columns: [LossTerm] { terms + figures }
}

/// What an objective is given of the concept rows that a step draws.
package enum RowKind: Sendable {
  /// The row in one of its forms, as the template makes it.
  case conversations
  /// Request and response apart, as the published code pads them; without the end of the last turn.
  case requestsAndResponses
  /// The row, and the question whether it is safe with its answer (``Verdict``).
  case verdicts
  /// Rows of harmful concepts only.
  case harmful
}

/// Every objective there is. Commands, presets, logs and reports offer what stands here, in this
/// order, and name none of them.
package enum Objectives {
  package static let all: [any ObjectiveKind] = [
    SeerObjective(),
    InfoNCEObjective(),
    NTXentObjective(),
    SeerPairObjective(),
    ReleasedObjective(),
    SFTObjective(),
    SFTSeerObjective(),
    RerouteObjective(),
  ]

  /// The terms of all objectives, one a column.
  package static var terms: [LossTerm] {
    all.flatMap(\.terms).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

/// The name of a registered objective.
package struct ObjectiveName: RawRepresentable, Hashable, Sendable, Codable, CaseIterable {
  package let rawValue: String

  /// Only names that ``Objectives/all`` has.
  package init?(rawValue: String) {
    guard Objectives.all.contains(where: { $0.name.rawValue == rawValue }) else { return nil }
    self.rawValue = rawValue
  }

  /// For the file of an objective.
  init(registering name: String) { rawValue = name }

  package static var allCases: [ObjectiveName] { Objectives.all.map(\.name) }

  package var kind: any ObjectiveKind {
    Objectives.all.first { $0.name == self } ?? SeerObjective()
  }
}

/// A number that only some objectives read: a key of a preset's `objective`.
package struct ObjectiveOption: Hashable, Sendable {
  package let key: String
  /// What it is, for the help: half a sentence.
  package let help: String
  /// What it is where a preset does not say.
  package let standard: Double
  package let range: ClosedRange<Double>

  package init(_ key: String, _ help: String, standard: Double, in range: ClosedRange<Double>) {
    self.key = key
    self.help = help
    self.standard = standard
    self.range = range
  }
}

/// A term of a loss: a column of the log, a curve of reports and screens.
package struct LossTerm: Hashable, Sendable {
  /// Its column in `log.csv` and key in `log.jsonl`.
  package let column: String
  /// Its name in a line of progress.
  package let label: String
  /// Its name in a report's chart.
  package let legend: String

  package init(_ column: String, label: String? = nil, legend: String? = nil) {
    self.column = column
    self.label = label ?? column
    self.legend = legend ?? label ?? column
  }

  package static let contrastive = LossTerm("contrastive")
  /// l2 to the base states.
  package static let retain = LossTerm("retain", legend: "l2 to base")
  /// Nats; held-out rows have the same, so that reports draw both in one chart.
  package static let kl = LossTerm("kl", label: "KL")

  package static let usual = [contrastive, retain, kl]

  /// The mean cosine of the step's contrasted rows of one concept, and of different ones.
  package static let meanSame = LossTerm("mean_same", label: "same")
  package static let meanDifferent = LossTerm("mean_diff", label: "different")
  package static let cosines = [meanSame, meanDifferent]
}
