import LinearAlgebra
import SeerModels

/// What contrastive objectives have in common: a contrast of concept rows' states, l2 and KL to the
/// base model on retain rows.
extension LossComputer {
  func contrastiveStep(
    _ batch: TrainingBatch, _ contrast: Contrast, _ adapter: Adapter, into gradients: Adapter,
    dropout: () -> Dropout?
  ) throws -> LossTerms {
    var terms = LossTerms(objective.name.kind.columns)
    try contrastConcepts(batch, contrast, adapter, dropout(), gradients, &terms)
    try retain(
      batch.retain, l2: objective.retainWeight, kl: objective.klWeight, adapter, dropout(),
      gradients, &terms)
    terms.total =
      objective.contrastiveWeight * terms.contrastive + objective.retainWeight * terms.retain
      + objective.klWeight * terms.kl
    return terms
  }

  /// The contrast of the rows' states, as they are, at the objective's layers and positions.
  private func contrastConcepts(
    _ batch: TrainingBatch, _ contrast: Contrast, _ adapter: Adapter, _ dropout: Dropout?,
    _ gradients: Adapter, _ terms: inout LossTerms
  ) throws {
    guard objective.contrastiveWeight != 0, !batch.rows.isEmpty else { return }
    let packed = Batch(batch.rows.map(\.ids))
    let pass = try pass(packed, last: target, adapter, dropout)
    let places = objective.positions.indices.map { position in
      zip(batch.rows, packed.rows).map { row, place in
        let span = row.spans[position]
        return place.start + span.lowerBound..<place.start + span.upperBound
      }
    }
    let slopes = self.contrast(pass, at: places, batch.labels, contrast, &terms)
    try pass.backward(into: gradients, checkpoint: checkpoint) { layer, slope in
      slopes.add(layer, to: slope)
    }
  }

  /// Where the gradients of a contrast go: by layer, the spans whose means were contrasted.
  struct ContrastSlopes {
    fileprivate let computer: LossComputer
    fileprivate let scale: Float
    fileprivate var parts: [Int: [(spans: [Range<Int>], gradient: Matrix)]] = [:]

    /// Adds what the contrast asks of a layer.
    func add(_ layer: Int, to slope: MutableMatrix) {
      for part in parts[layer] ?? [] {
        computer.addMeans(part.gradient, scale: scale, spans: part.spans, into: slope)
      }
    }
  }

  /// The contrast of a pass's states, averaged over target layers and places.
  ///
  /// - Parameter places: the spans of the rows, one list a position.
  func contrast(
    _ pass: TrainingPass, at places: [[Range<Int>]], _ labels: [Int], _ contrast: Contrast,
    _ terms: inout LossTerms
  ) -> ContrastSlopes {
    let share = 1 / Double(objective.layers.count * places.count)
    var slopes = ContrastSlopes(
      computer: self, scale: Float(share * objective.contrastiveWeight))
    for layer in objective.layers {
      for spans in places {
        let loss = contrastiveLoss(
          means(of: spans, pass.states(layer: layer)), labels: labels, contrast: contrast,
          group: objective.group, temperature: objective.temperature)
        terms.contrastive += share * loss.value
        terms[.meanSame] += share * loss.meanSame
        terms[.meanDifferent] += share * loss.meanDifferent
        slopes.parts[layer, default: []].append((spans, loss.gradient))
      }
    }
    return slopes
  }

  /// l2 to the base's states, a token and layer, and KL(base || tuned), a next token, on retain rows.
  ///
  /// - Parameters:
  ///   - l2, kl: the weights of the two; a term without weight is not computed.
  func retain(
    _ rows: [[Int32]], l2: Double, kl klWeight: Double, _ adapter: Adapter, _ dropout: Dropout?,
    _ gradients: Adapter, _ terms: inout LossTerms
  ) throws {
    guard l2 != 0 || klWeight != 0, !rows.isEmpty else { return }
    let batch = Batch(rows)
    let tokens = batch.tokens.count
    let layers = l2 != 0 ? Array(1...blocks) : [blocks]
    let base = try baseStates(batch, layers: layers)
    let pass = try pass(batch, last: blocks, adapter, dropout)
    let share = 1 / Double(layers.count * tokens)
    var retain = 0.0
    var kl = 0.0
    let places = batch.rows.flatMap { $0.range.dropLast() }
    try pass.backward(into: gradients, checkpoint: checkpoint) { layer, slope in
      if l2 != 0, let index = layers.firstIndex(of: layer) {
        retain +=
          share
          * addDistances(
            pass.states(layer: layer), base[index], scale: Float(share * l2), into: slope)
      }
      guard layer == blocks, klWeight != 0, !places.isEmpty else { return }
      kl =
        try OutputDivergence(model: model).divergence(
          pass.output, base: base[layers.count - 1], at: places,
          scale: Float(klWeight / Double(places.count)), into: slope,
          checkpoint: checkpoint) / Double(places.count)
    }
    // Layers below the lowest trained block equal the base's and add nothing.
    if l2 != 0 { terms.retain += retain }
    if klWeight != 0 { terms.kl += kl }
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
