import SeerModels

/// ``SeerObjective`` with one positive an anchor, its pair (SimCLR's form).
struct NTXentObjective: ObjectiveKind {
  let name = ObjectiveName.ntXent
  let abstract = "one positive an anchor"

  func step(
    _ batch: TrainingBatch, _ adapter: Adapter, into gradients: Adapter, by computer: LossComputer,
    dropout: () -> Dropout?
  ) throws -> LossTerms {
    try computer.contrastiveStep(
      batch, partners: batch.rows.indices.map { $0 ^ 1 }, adapter, into: gradients,
      dropout: dropout)
  }
}

extension ObjectiveName {
  package static let ntXent = ObjectiveName(registering: "nt-xent")
}
