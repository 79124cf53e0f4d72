import SeerModels

/// ``SeerObjective`` with ``Contrast/infonce`` as its contrast.
struct InfoNCEObjective: ObjectiveKind {
  let name = ObjectiveName.infonce
  let abstract = "the other pairs' second views are negatives, whatever their concept"

  func step(
    _ batch: TrainingBatch, _ adapter: Adapter, into gradients: PartGradients,
    by computer: LossComputer, dropout: () -> PassDropout?
  ) throws -> LossTerms {
    try computer.contrastiveStep(batch, .infonce, adapter, into: gradients, dropout: dropout)
  }
}

extension ObjectiveName {
  package static let infonce = ObjectiveName(registering: "infonce")
}
