import Foundation
import LinearAlgebra
import SeerModels

/// The published code's objective, faults included: rows are padded on the right to the longest of
/// their batch and read at the last, usually padded, place; negatives ignore labels; masked states
/// are compared with unmasked ones; "KL" weighs the realised token only, pads included.
struct ReleasedObjective: ObjectiveKind {
  let name = ObjectiveName.released
  let abstract = "what the published code computes"
  /// The published code has weights of its own.
  let weights: Objective? = Objective(
    name: .released, contrastiveWeight: 10, retainWeight: 1, klWeight: 1, layers: [24])
  /// Both views are run before either goes back.
  let viewsHeldAtOnce = 2

  func step(
    _ batch: TrainingBatch, _ adapter: Adapter, into gradients: Adapter, by computer: LossComputer,
    dropout: () -> Dropout?
  ) throws -> LossTerms {
    try computer.released(batch, adapter, [dropout(), dropout(), dropout()], gradients)
  }
}

extension ObjectiveName {
  package static let released = ObjectiveName(registering: "released")
}

extension LossComputer {
  fileprivate func released(
    _ batch: TrainingBatch, _ adapter: Adapter, _ dropouts: [Dropout?], _ gradients: Adapter
  ) throws -> LossTerms {
    var terms = LossTerms()
    let firstView = padded(stride(from: 0, to: batch.rows.count, by: 2).map { batch.rows[$0].ids })
    let secondView = padded(stride(from: 1, to: batch.rows.count, by: 2).map { batch.rows[$0].ids })
    try views(firstView, secondView, adapter, dropouts, gradients, &terms)
    if !batch.retain.isEmpty {
      try releasedRetain(padded(batch.retain), adapter, dropouts[2], gradients, &terms)
    }
    terms.total = terms.retain + 10 * terms.contrastive + objective.klWeight * terms.kl
    return terms
  }

  private func padded(_ rows: [[Int32]]) -> Batch {
    let longest = rows.map(\.count).max() ?? 0
    var batch = Batch()
    for row in rows { batch.append(row, padding: longest - row.count, with: endOfText) }
    return batch
  }

  private func views(
    _ first: Batch, _ second: Batch, _ adapter: Adapter, _ dropouts: [Dropout?],
    _ gradients: Adapter, _ terms: inout LossTerms
  ) throws {
    let blocks = model.configuration.blocks
    let hasKL = objective.klWeight != 0
    let passes = [
      try pass(first, last: hasKL ? blocks : target, adapter, dropouts[0]),
      try pass(second, last: target, adapter, dropouts[1]),
    ]
    let ends = [first, second].map { $0.rows.map { $0.range.upperBound - 1 } }
    var slopes: [Int: [Matrix]] = [:]
    let share = 1 / Double(objective.layers.count)
    for layer in objective.layers {
      let (value, a, b) = pairLoss(
        passes[0].states(layer: layer).selecting(rows: ends[0]),
        passes[1].states(layer: layer).selecting(rows: ends[1]))
      terms.contrastive += share * value
      slopes[layer] = [a, b]
    }
    for (view, pass) in passes.enumerated() {
      try pass.backward(into: gradients, checkpoint: checkpoint) { layer, slope in
        if layer == blocks, view == 0, hasKL {
          terms.kl = try realisedLikelihood(first, pass, into: slope)
        }
        guard let gradient = slopes[layer]?[view] else { return }
        for (row, place) in ends[view].enumerated() {
          let source = gradient.row(row)
          let target = slope.row(place)
          for column in 0..<slope.columns { target[column] += Float(10 * share) * source[column] }
        }
      }
    }
  }

  private func realisedLikelihood(
    _ batch: Batch, _ pass: TrainingPass, into slope: MutableMatrix
  ) throws -> Double {
    let outputs = OutputDivergence(model: model)
    let places = batch.rows.flatMap { $0.range.dropLast() }
    let next = places.map { batch.tokens[$0 + 1] }
    let base = try baseStates(batch, layers: [model.configuration.blocks])[0]
    let weights = outputs.probabilities(base, at: places, tokens: next)
    let samples = Double(batch.rows.count)
    return try outputs.weightedLikelihood(
      pass.output, at: places, tokens: next, weights: weights,
      scale: Float(objective.klWeight / samples), into: slope, checkpoint: checkpoint) / samples
  }

  private func releasedRetain(
    _ batch: Batch, _ adapter: Adapter, _ dropout: Dropout?, _ gradients: Adapter,
    _ terms: inout LossTerms
  ) throws {
    guard objective.retainWeight != 0, !batch.rows.isEmpty else { return }
    let c = model.configuration
    let base = try baseStates(batch, layers: Array(0...c.blocks))
    let pass = try pass(batch, last: c.blocks, adapter, dropout)
    // The reference's last hidden state is the one after the final norm.
    func normed(_ states: some ReadableMatrix) -> Matrix {
      let result = MatrixBuilder(rows: states.rows, columns: states.columns)
      model.finalNorm.forward(states.start, into: result.elements, rows: states.rows)
      return result.frozen()
    }
    let tops = (tuned: normed(pass.output), base: normed(base[c.blocks]))
    func compared(_ layer: Int) -> (tuned: any ReadableMatrix, base: Matrix) {
      layer == c.blocks ? tops : (pass.states(layer: layer), base[layer])
    }
    var norms = [Double](repeating: 0, count: batch.rows.count)
    norms.withUnsafeMutableBufferPointer { norms in
      let target = norms
      Parallel.forEach(batch.rows.count) { index in
        let row = batch.rows[index]
        var squares = 0.0
        for layer in 0...c.blocks {
          let (tuned, base) = compared(layer)
          for token in row.range {
            let isPadding = token - row.start >= row.visible
            let (a, b) = (tuned.start + token * c.width, base.row(token))
            for column in 0..<c.width {
              let difference = Double((isPadding ? 0 : a[column]) - b[column])
              squares += difference * difference
            }
          }
        }
        target[index] = squares.squareRoot()
      }
    }
    let coefficient =
      Double(objective.layers.count) / Double(adapter.configuration.blocks.count) / 100
    let samples = Double(batch.rows.count)
    terms.retain = coefficient * norms.reduce(0, +) / samples
    try pass.backward(into: gradients, checkpoint: checkpoint) { layer, slope in
      let isTop = layer == c.blocks
      let (tuned, base) = compared(layer)
      let part = isTop ? MutableMatrix(rows: slope.rows, columns: c.width) : slope
      Parallel.forEach(batch.rows.count) { index in
        let row = batch.rows[index]
        let scale = norms[index] > 0 ? Float(coefficient / samples / norms[index]) : 0
        // A masked state has no slope.
        for token in row.range.prefix(row.visible) {
          let (a, b, target) = (
            tuned.start + token * c.width, base.row(token), part.row(token)
          )
          for column in 0..<c.width { target[column] += scale * (a[column] - b[column]) }
        }
      }
      if isTop {
        model.finalNorm.backward(
          part.elements, pass.output.elements, into: slope.elements, rows: slope.rows)
      }
    }
  }
}
