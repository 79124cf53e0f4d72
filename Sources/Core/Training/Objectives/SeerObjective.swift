import SeerModels

/// Label-aware contrastive loss, l2 per token on the retain rows' states, KL(base || tuned) on their
/// next-token distributions (arXiv 2502.05242; docs/training.md).
struct SeerObjective: ObjectiveKind {
  let name = ObjectiveName.seer
  let abstract = "the objective as corrected"

  func step(
    _ batch: TrainingBatch, _ adapter: Adapter, into gradients: PartGradients,
    by computer: LossComputer, dropout: () -> PassDropout?
  ) throws -> LossTerms {
    try computer.contrastiveStep(batch, .labels, adapter, into: gradients, dropout: dropout)
  }
}

extension ObjectiveName {
  package static let seer = ObjectiveName(registering: "seer")
}
