import SeerModels

/// ``SeerObjective`` with ``Contrast/ntXent`` as its contrast.
struct NTXentObjective: ObjectiveKind {
  let name = ObjectiveName.ntXent
  let abstract = "all rows but the pair are negatives, whatever their concept"

  func step(
    _ batch: TrainingBatch, _ adapter: Adapter, into gradients: PartGradients,
    by computer: LossComputer, dropout: () -> PassDropout?
  ) throws -> LossTerms {
    try computer.contrastiveStep(batch, .ntXent, adapter, into: gradients, dropout: dropout)
  }
}

extension ObjectiveName {
  package static let ntXent = ObjectiveName(registering: "nt-xent")
}
