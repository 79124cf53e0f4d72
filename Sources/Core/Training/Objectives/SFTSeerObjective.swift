import SeerModels

/// ``SeerObjective`` and ``SFTObjective`` together, on the same rows.
struct SFTSeerObjective: ObjectiveKind {
  static let weight = ObjectiveOption(
    "sft_weight", "the weight of the verdict's term", standard: 1, in: 0...1000)

  let name = ObjectiveName.sftSeer
  let abstract = "seer, and the verdict too"
  let terms = LossTerm.usual + [.verdict]
  let options = [Self.weight]
  let rows = RowKind.verdicts

  func step(
    _ batch: TrainingBatch, _ adapter: Adapter, into gradients: PartGradients,
    by computer: LossComputer, dropout: () -> PassDropout?
  ) throws -> LossTerms {
    let weight = computer.objective[Self.weight]
    var terms = try computer.contrastiveStep(
      batch, .labels, adapter, into: gradients, dropout: dropout)
    terms[.verdict] = try computer.verdicts(
      batch.verdicts, weight: weight, adapter, dropout(), gradients)
    terms.total += weight * terms[.verdict]
    return terms
  }
}

extension ObjectiveName {
  package static let sftSeer = ObjectiveName(registering: "sft+seer")
}
