import LinearAlgebra
import SeerModels

/// The loss of ``SeerObjective`` and ``NTXentObjective``: contrastive on concept rows, l2 and KL to
/// the base model on retain rows.
extension LossComputer {
  /// - Parameter partners: the only positive of each row, or nil: all rows of its concept.
  func contrastiveStep(
    _ batch: TrainingBatch, partners: [Int]?, _ adapter: Adapter, into gradients: Adapter,
    dropout: () -> Dropout?
  ) throws -> LossTerms {
    var terms = LossTerms()
    try concepts(batch, partners, adapter, dropout(), gradients, &terms)
    try retain(batch.retain, adapter, dropout(), gradients, &terms)
    terms.total =
      objective.contrastiveWeight * terms.contrastive + objective.retainWeight * terms.retain
      + objective.klWeight * terms.kl
    return terms
  }

  private func concepts(
    _ batch: TrainingBatch, _ partners: [Int]?, _ adapter: Adapter, _ dropout: Dropout?,
    _ gradients: Adapter, _ terms: inout LossTerms
  ) throws {
    guard objective.contrastiveWeight != 0, !batch.rows.isEmpty else { return }
    let packed = Batch(batch.rows.map(\.ids))
    let pass = try pass(packed, last: target, adapter, dropout)
    let share = 1 / Double(objective.layers.count * objective.positions.count)
    var slopes: [Int: [(spans: [Range<Int>], gradient: Matrix)]] = [:]
    for layer in objective.layers {
      for position in objective.positions.indices {
        let spans = zip(batch.rows, packed.rows).map { row, place in
          let span = row.spans[position]
          return place.start + span.lowerBound..<place.start + span.upperBound
        }
        let loss = contrastiveLoss(
          means(of: spans, pass.states(layer: layer)), labels: batch.labels, partners: partners,
          temperature: objective.temperature)
        terms.contrastive += share * loss.value
        slopes[layer, default: []].append((spans, loss.gradient))
      }
    }
    let scale = Float(share * objective.contrastiveWeight)
    try pass.backward(into: gradients, checkpoint: checkpoint) { layer, slope in
      for part in slopes[layer] ?? [] {
        addMeans(part.gradient, scale: scale, spans: part.spans, into: slope)
      }
    }
  }

  private func retain(
    _ rows: [[Int32]], _ adapter: Adapter, _ dropout: Dropout?, _ gradients: Adapter,
    _ terms: inout LossTerms
  ) throws {
    let hasRetain = objective.retainWeight != 0
    let hasKL = objective.klWeight != 0
    guard hasRetain || hasKL, !rows.isEmpty else { return }
    let batch = Batch(rows)
    let tokens = batch.tokens.count
    let layers = hasRetain ? Array(1...blocks) : [blocks]
    let base = try baseStates(batch, layers: layers)
    let pass = try pass(batch, last: blocks, adapter, dropout)
    let share = 1 / Double(layers.count * tokens)
    var retain = 0.0
    var kl = 0.0
    let places = batch.rows.flatMap { $0.range.dropLast() }
    try pass.backward(into: gradients, checkpoint: checkpoint) { layer, slope in
      if hasRetain, let index = layers.firstIndex(of: layer) {
        retain +=
          share
          * addDistances(
            pass.states(layer: layer), base[index],
            scale: Float(share * objective.retainWeight), into: slope)
      }
      guard layer == blocks, hasKL, !places.isEmpty else { return }
      kl =
        try OutputDivergence(model: model).divergence(
          pass.output, base: base[layers.count - 1], at: places,
          scale: Float(objective.klWeight / Double(places.count)), into: slope,
          checkpoint: checkpoint) / Double(places.count)
    }
    // Layers below the lowest trained block equal the base's and add nothing.
    terms.retain += retain
    terms.kl += kl
  }

  /// Adds the gradient of scale x (sum over tokens of ||states - base||) and returns the sum.
  private func addDistances(
    _ states: some ReadableMatrix, _ base: Matrix, scale: Float, into slope: MutableMatrix
  ) -> Double {
    let (start, width) = (states.start, states.columns)
    return sumInParallel(states.rows) { token in
      let state = start + token * width
      let reference = base.row(token)
      var squares = 0.0
      for column in 0..<width {
        let difference = Double(state[column] - reference[column])
        squares += difference * difference
      }
      // The norm has no slope at 0; 0 is the subgradient.
      guard squares > 0 else { return 0 }
      let norm = squares.squareRoot()
      let weight = scale / Float(norm)
      let row = slope.row(token)
      for column in 0..<width { row[column] += weight * (state[column] - reference[column]) }
      return norm
    }
  }
}
