import SeerModels

/// ``SeerObjective`` with one positive an anchor, its pair. Version 0.1 called it `nt-xent`.
struct SeerPairObjective: ObjectiveKind {
  let name = ObjectiveName.seerPair
  let abstract = "one positive a row, its pair; rows of other concepts are negatives"

  func step(
    _ batch: TrainingBatch, _ adapter: Adapter, into gradients: PartGradients,
    by computer: LossComputer, dropout: () -> PassDropout?
  ) throws -> LossTerms {
    try computer.contrastiveStep(
      batch, .pairsOfConcepts, adapter, into: gradients, dropout: dropout)
  }
}

extension ObjectiveName {
  package static let seerPair = ObjectiveName(registering: "seer-pair")
}
