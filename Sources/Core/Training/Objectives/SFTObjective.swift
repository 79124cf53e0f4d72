import SeerModels

/// Supervised fine-tuning: the next-token loss, in nats, on the answer to the question whether a row
/// is safe (``Verdict``), and on nothing else.
struct SFTObjective: ObjectiveKind {
  let name = ObjectiveName.sft
  let abstract = "next-token loss on the verdict safe or unsafe"
  let terms = [LossTerm.verdict]
  let figures: [LossTerm] = []
  let reads: Set<ObjectiveField> = []
  let rows = RowKind.verdicts

  func step(
    _ batch: TrainingBatch, _ adapter: Adapter, into gradients: PartGradients,
    by computer: LossComputer, dropout: () -> PassDropout?
  ) throws -> LossTerms {
    var terms = LossTerms(columns)
    terms[.verdict] = try computer.verdicts(
      batch.verdicts, weight: 1, adapter, dropout(), gradients)
    terms.total = terms[.verdict]
    return terms
  }
}

extension ObjectiveName {
  package static let sft = ObjectiveName(registering: "sft")
}

extension LossTerm {
  /// Nats a token of the answer.
  package static let verdict = LossTerm("verdict")
}

extension LossComputer {
  /// The mean over the answers' tokens of -log p(token); adds `weight` times its gradient.
  func verdicts(
    _ rows: [Verdict.Row], weight: Double, _ adapter: Adapter, _ dropout: PassDropout?,
    _ gradients: PartGradients
  ) throws -> Double {
    guard weight != 0, !rows.isEmpty else { return 0 }
    let tokens = Double(rows.reduce(0) { $0 + $1.answer.count })
    return try sum(rows) { part, rows in
      let batch = Batch(rows.map(\.ids))
      let pass = try pass(batch, last: blocks, adapter, dropout?.of(part: part))
      let answers = zip(rows, batch.rows).flatMap { row, place in
        row.answer.map { place.start + $0 }
      }
      // A token is predicted at the place before it; a row's first token is no answer.
      let places = answers.map { $0 - 1 }
      var loss = 0.0
      try pass.backward(into: gradients[part], checkpoint: checkpoint) { layer, slope in
        guard layer == blocks else { return }
        loss = try OutputDivergence(model: model).weightedLikelihood(
          pass.output, at: places, tokens: answers.map { batch.tokens[$0] },
          weights: [Float](repeating: 1, count: places.count),
          scale: Float(weight / tokens), into: slope, checkpoint: checkpoint)
      }
      return loss
    } / tokens
  }
}
