import SeerSupport

/// What an ``Objective`` may read beside its layers. One that an objective does not read is refused
/// where a command or a file gives it, never ignored.
package enum ObjectiveField: String, CaseIterable, Sendable {
  case temperature
  case contrastiveWeight = "contrastive_weight"
  case retainWeight = "retain_weight"
  case klWeight = "kl_weight"
  case positions, group, contrastive, harmful

  /// The command's option for it.
  package var option: String {
    switch self {
    case .positions: "--position"
    default: "--" + rawValue.replacing("_", with: "-")
    }
  }

  /// Why an objective may do without it.
  private func reason(_ name: ObjectiveName) -> String {
    switch self {
    case .temperature, .contrastiveWeight, .group: "it contrasts no states"
    case .positions: "it reads all tokens of a row, or none of its states"
    case .retainWeight:
      "nothing in it holds the states of retain rows, or its own schedule weighs that"
    case .klWeight: "it has no KL term"
    case .contrastive: "it contrasts rows in its one way; infonce and nt-xent are objectives too"
    case .harmful: "it turns no concept's states away from the base's"
    }
  }

  /// The failure where the field is given for an objective that does not read it.
  package func unread(by name: ObjectiveName, file: String? = nil) -> Failure {
    let read = ObjectiveField.allCases.filter(name.kind.reads.contains)
    let shown = read.map { file == nil ? $0.option : $0.rawValue }.joined(separator: ", ")
    return Failure(
      file == nil ? .usage : .badData, file: file,
      place: file == nil ? option : "objective.\(rawValue)",
      found: "what the objective \(name.rawValue) does not read (\(reason(name)))",
      wanted: shown.isEmpty
        ? "none of an objective's weights" : "of an objective's weights only \(shown)",
      advice: "Leave it out, or choose another objective.")
  }
}

extension Set<ObjectiveField> {
  /// What the loss of ``LossComputer/contrastiveStep`` reads.
  package static let contrast: Set<ObjectiveField> = [
    .temperature, .contrastiveWeight, .retainWeight, .klWeight, .positions, .group,
  ]
}
