import Foundation
import LinearAlgebra
import SeerModels

/// Runs one step's passes and adds up loss terms and LoRA gradients.
///
/// Base outputs come from the same weights with the adapter off. Views stop at the highest target
/// layer; only what feeds a loss is run.
package struct LossComputer {
  package let model: Transformer
  package let objective: Objective
  /// Bytes that kept activations of one pass may take; beyond, blocks are run again.
  package let memory: Int
  /// Pads shorter rows, for ``ObjectiveName/released``.
  package let endOfText: Int32
  package let checkpoint: () throws -> Void

  package init(
    model: Transformer, objective: Objective, memory: Int, endOfText: Int32,
    checkpoint: @escaping () throws -> Void
  ) {
    self.model = model
    self.objective = objective
    self.memory = memory
    self.endOfText = endOfText
    self.checkpoint = checkpoint
  }

  package var target: Int { objective.layers.max() ?? 0 }
  private var blocks: Int { model.configuration.blocks }

  /// - Parameter dropoutKeys: makes a key for each tuned pass; nil leaves dropout out.
  package func gradients(
    _ batch: TrainingBatch, adapter: Adapter, into gradients: Adapter,
    dropoutKeys: inout SeededGenerator?
  ) throws -> LossTerms {
    gradients.clear()
    let rate = Float(adapter.configuration.dropout)
    func dropout() -> Dropout? { dropoutKeys.map { _ in Dropout(rate: rate, key: nextKey()) } }
    func nextKey() -> UInt64 { dropoutKeys?.next() ?? 0 }
    switch objective.name {
    case .seer, .ntXent:
      var terms = LossTerms()
      try concepts(batch, adapter, dropout(), gradients, &terms)
      try retain(batch.retain, adapter, dropout(), gradients, &terms)
      terms.total =
        objective.contrastiveWeight * terms.contrastive + objective.retainWeight * terms.retain
        + objective.klWeight * terms.kl
      return terms
    case .released:
      return try released(
        batch, adapter, [dropout(), dropout(), dropout()], gradients)
    }
  }

  package func pass(
    _ batch: Batch, last: Int, _ adapter: Adapter, _ dropout: Dropout?
  ) throws -> TrainingPass {
    let bytes = TrainingPass.bytes(
      tokens: batch.tokens.count, layers: last, model.configuration, keepsBlocks: true)
    return try TrainingPass(
      model, batch, last: last, adapter: adapter, dropout: dropout, keepsBlocks: bytes <= memory,
      checkpoint: checkpoint)
  }

  /// The base model's states of every token at some layers, (tokens, width) each.
  func baseStates(_ batch: Batch, layers: [Int]) throws -> [Matrix] {
    let tokens = batch.tokens.count
    return try model.forward(
      batch, request: ForwardRequest(layers: layers, spans: (0..<tokens).map { $0..<$0 + 1 }),
      activations: Activations(capacity: tokens, configuration: model.configuration),
      checkpoint: checkpoint
    ).states
  }

  // MARK: Objectives `seer` and `nt-xent`

  private func concepts(
    _ batch: TrainingBatch, _ adapter: Adapter, _ dropout: Dropout?, _ gradients: Adapter,
    _ terms: inout LossTerms
  ) throws {
    guard objective.contrastiveWeight != 0, !batch.rows.isEmpty else { return }
    let packed = Batch(batch.rows.map(\.ids))
    let pass = try pass(packed, last: target, adapter, dropout)
    let partners =
      objective.name == .ntXent ? batch.rows.indices.map { $0 ^ 1 } : nil
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
    _ states: Matrix, _ base: Matrix, scale: Float, into slope: Matrix
  ) -> Double {
    let width = states.columns
    return sumInParallel(states.rows) { token in
      let state = states.row(token)
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

  // MARK: States of spans

  private func means(of spans: [Range<Int>], _ states: Matrix) -> Matrix {
    let result = Matrix(rows: spans.count, columns: states.columns)
    for (row, span) in spans.enumerated() {
      let target = result.row(row)
      for token in span {
        let state = states.row(token)
        for column in 0..<states.columns { target[column] += state[column] }
      }
      let share = 1 / Float(span.count)
      for column in 0..<states.columns { target[column] *= share }
    }
    return result
  }

  private func addMeans(
    _ gradient: Matrix, scale: Float, spans: [Range<Int>], into slope: Matrix
  ) {
    for (row, span) in spans.enumerated() {
      let source = gradient.row(row)
      let share = scale / Float(span.count)
      for token in span {
        let target = slope.row(token)
        for column in 0..<slope.columns { target[column] += share * source[column] }
      }
    }
  }
}
