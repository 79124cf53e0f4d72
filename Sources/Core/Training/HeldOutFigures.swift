import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerRuns

/// What held-out rows say of an adapter.
package struct HeldOutFigures: Equatable, Sendable, Codable {
  /// Nearest-prototype accuracy at the highest target layer.
  package var accuracy: Double
  /// Mean cosine of rows of one concept, and of different ones.
  package var within: Double
  package var between: Double
  /// KL(base || tuned) a token on held-out retain rows, in nats.
  package var kl: Double

  package init(accuracy: Double, within: Double, between: Double, kl: Double) {
    self.accuracy = accuracy
    self.within = within
    self.between = between
    self.kl = kl
  }
}

/// Judges adapters on rows that were not trained on.
package struct HeldOutJudge {
  /// Rows of each concept that make its prototype: enough for a stable mean.
  static let prototypeRows = 40
  /// Retain rows a judgement reads.
  package static let retainRows = 24

  package let model: Transformer
  package let data: TrainingData
  package let layer: Int
  /// Sees the held-out rows' states and labels at every judgement.
  package var onStates: (Matrix, [Int]) -> Void = { _, _ in }

  package init(
    model: Transformer, data: TrainingData, layer: Int,
    onStates: @escaping (Matrix, [Int]) -> Void = { _, _ in }
  ) {
    self.model = model
    self.data = data
    self.layer = layer
    self.onStates = onStates
  }

  package func figures(_ adapter: Adapter?, checkpoint: () throws -> Void) throws -> HeldOutFigures
  {
    let makers = data.train.flatMap { $0.prefix(Self.prototypeRows) }
    let indices = makers + data.heldOut
    let states = try states(indices, adapter, checkpoint)
    let unit = unitNormalised(states)
    let labels = indices.map { data.rows[$0].label }
    let concepts = data.concepts.count
    let folds = Folds([
      Folds.Fold(
        train: Array(makers.indices), test: Array(makers.count..<indices.count))
    ])
    let judged = Array(makers.count..<indices.count)
    onStates(states.selecting(rows: judged), judged.map { labels[$0] })
    var sums = (within: 0.0, between: 0.0)
    var counts = (within: 0, between: 0)
    let products = multiply(
      unit.selecting(rows: judged), unit.selecting(rows: judged), transposeB: true)
    for (i, a) in judged.enumerated() {
      for (j, b) in judged.enumerated() where i < j {
        if labels[a] == labels[b] {
          sums.within += Double(products[i, j])
          counts.within += 1
        } else {
          sums.between += Double(products[i, j])
          counts.between += 1
        }
      }
    }
    return HeldOutFigures(
      accuracy: try HeldOutPrototypes.measure(
        states, labels: labels, concepts: concepts, folds: folds, checkpoint: checkpoint
      ).accuracy(labels) ?? 0,
      within: sums.within / Double(max(1, counts.within)),
      between: sums.between / Double(max(1, counts.between)),
      kl: try divergence(adapter, checkpoint))
  }

  private func states(
    _ indices: [Int], _ adapter: Adapter?, _ checkpoint: () throws -> Void
  ) throws -> Matrix {
    let result = MatrixBuilder(rows: indices.count, columns: model.configuration.width)
    var first = 0
    while first < indices.count {
      var batch = Batch()
      var end = first
      while end < indices.count {
        let ids = data.whole(indices[end]).ids
        guard batch.rows.isEmpty || batch.tokens.count + ids.count <= Batch.usualTokens else {
          break
        }
        batch.append(ids)
        end += 1
      }
      let spans = zip(first..<end, batch.rows).map { index, row in
        let span = data.whole(indices[index]).spans[0]
        return row.start + span.lowerBound..<row.start + span.upperBound
      }
      let part = try model.forward(
        batch, adapter: adapter, request: ForwardRequest(layers: [layer], spans: spans),
        activations: Activations(
          capacity: batch.tokens.count, configuration: model.configuration),
        checkpoint: checkpoint
      ).states[0]
      result.row(first).update(from: part.elements, count: part.count)
      first = end
    }
    return result.frozen()
  }

  private func divergence(_ adapter: Adapter?, _ checkpoint: () throws -> Void) throws -> Double {
    guard let adapter else { return 0 }
    let rows = data.heldOutRetain.prefix(Self.retainRows)
    var sum = 0.0
    var count = 0
    for start in stride(from: 0, to: rows.count, by: 8) {
      let batch = Batch(Array(rows[start..<min(start + 8, rows.count)]))
      let places = batch.rows.flatMap { $0.range.dropLast() }
      guard !places.isEmpty else { continue }
      func top(_ adapter: Adapter?) throws -> Matrix {
        try model.forward(
          batch, adapter: adapter,
          request: ForwardRequest(
            layers: [model.configuration.blocks],
            spans: batch.tokens.indices.map { $0..<$0 + 1 }),
          activations: Activations(
            capacity: batch.tokens.count, configuration: model.configuration),
          checkpoint: checkpoint
        ).states[0]
      }
      sum += try OutputDivergence(model: model).divergence(
        top(adapter), base: top(nil), at: places, scale: 0, into: nil, checkpoint: checkpoint)
      count += places.count
    }
    return count == 0 ? 0 : sum / Double(count)
  }
}
