import Foundation
import LinearAlgebra
import SeerModels

/// What objectives have in common: one step's passes over the model, and states of spans.
///
/// Base outputs come from the same weights with the adapter off. Views stop at the highest target
/// layer; only what feeds a loss is run.
package struct LossComputer {
  package let model: Transformer
  package let objective: Objective
  /// Bytes that kept activations of one pass may take; beyond, blocks are run again.
  package let memory: Int
  /// Pads rows, for ``ReleasedObjective``.
  package let endOfText: Int32
  /// Tokens of a request, and of a response, that ``ReleasedObjective`` pads to; no row may have more.
  package let side: Int
  /// In how many parts a step is computed, and by whom.
  package let parts: StepParts
  package let checkpoint: () throws -> Void

  package init(
    model: Transformer, objective: Objective, memory: Int, endOfText: Int32, side: Int,
    parts: StepParts = StepParts(), checkpoint: @escaping () throws -> Void
  ) {
    self.model = model
    self.objective = objective
    self.memory = memory
    self.endOfText = endOfText
    self.side = side
    self.parts = parts
    self.checkpoint = checkpoint
  }

  package var target: Int { objective.layers.max() ?? 0 }
  var blocks: Int { model.configuration.blocks }

  /// The terms of a step, and in `gradients` the sum over its parts.
  ///
  /// - Parameter dropoutKeys: makes a key for each tuned pass; nil leaves dropout out.
  package func gradients(
    _ batch: TrainingBatch, adapter: Adapter, into gradients: PartGradients,
    dropoutKeys: inout SeededGenerator?
  ) throws -> LossTerms {
    gradients.clear()
    let rate = Float(adapter.configuration.dropout)
    func dropout() -> PassDropout? {
      dropoutKeys.map { _ in PassDropout(rate: rate, key: nextKey()) }
    }
    func nextKey() -> UInt64 { dropoutKeys?.next() ?? 0 }
    let terms = try objective.name.kind.step(
      batch, adapter, into: gradients, by: self, dropout: dropout)
    try gradients.sum(checkpoint: checkpoint)
    return terms
  }

  /// - Parameter passes: how many are held at a time and share the memory.
  package func pass(
    _ batch: Batch, last: Int, _ adapter: Adapter, _ dropout: Dropout?, among passes: Int = 1
  ) throws -> TrainingPass {
    let bytes = TrainingPass.bytes(
      tokens: batch.tokens.count, layers: last, model.configuration, keepsBlocks: true)
    return try TrainingPass(
      model, batch, last: last, adapter: adapter, dropout: dropout,
      keepsBlocks: bytes <= memory / passes, checkpoint: checkpoint)
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

  // MARK: Parts

  /// Runs a part of some rows after the other, where it has any, and sums what each gives.
  func sum<Row, Value: AdditiveArithmetic & BitwiseCopyable>(
    _ rows: [Row], _ body: (_ part: Int, _ rows: [Row]) throws -> Value
  ) throws -> Value {
    let own = try parts.own.map { part in
      let some = rows[parts.rows(of: part, among: rows.count)]
      return some.isEmpty ? .zero : try body(part, Array(some))
    }
    return try parts.sum(own, checkpoint: checkpoint)
  }

  // MARK: States of spans

  /// The mean state of each span, (spans, width).
  func means(of spans: [Range<Int>], _ states: some ReadableMatrix) -> Matrix {
    let (start, width) = (states.start, states.columns)
    let result = MatrixBuilder(rows: spans.count, columns: width)
    for (row, span) in spans.enumerated() {
      let target = result.row(row)
      for token in span {
        let state = start + token * width
        for column in 0..<width { target[column] += state[column] }
      }
      let share = 1 / Float(span.count)
      for column in 0..<width { target[column] *= share }
    }
    return result.frozen()
  }

  /// The way back through ``means(of:_:)``: adds the gradient, scaled, to every token of its span.
  ///
  /// - Parameter first: the gradient's row of the first span.
  func addMeans(
    _ gradient: Matrix, from first: Int, scale: Float, spans: [Range<Int>],
    into slope: MutableMatrix
  ) {
    for (row, span) in zip(first..., spans) {
      let source = gradient.row(row)
      let share = scale / Float(span.count)
      for token in span {
        let target = slope.row(token)
        for column in 0..<slope.columns { target[column] += share * source[column] }
      }
    }
  }
}
