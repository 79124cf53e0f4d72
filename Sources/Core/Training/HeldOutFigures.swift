import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerRuns

/// What held-out rows say of an adapter. A figure that there are no rows for is nil, and null in JSON.
package struct HeldOutFigures: Equatable, Sendable, Codable {
  /// Nearest-prototype accuracy at the highest target layer.
  package var accuracy: Double?
  /// Mean cosine of rows of one concept, and of different ones.
  package var within: Double?
  package var between: Double?
  /// KL(base || tuned) a token on held-out retain rows, in nats.
  package var kl: Double?

  package init(accuracy: Double?, within: Double?, between: Double?, kl: Double?) {
    self.accuracy = accuracy
    self.within = within
    self.between = between
    self.kl = kl
  }

  private enum CodingKeys: String, CodingKey { case accuracy, within, between, kl }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(accuracy, forKey: .accuracy)
    try values.encode(within, forKey: .within)
    try values.encode(between, forKey: .between)
    try values.encode(kl, forKey: .kl)
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
  /// Who else judges: each rank runs some of the batches.
  package var ranks: any RankGroup = OneRank()
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
      ).accuracy(labels),
      within: counts.within > 0 ? sums.within / Double(counts.within) : nil,
      between: counts.between > 0 ? sums.between / Double(counts.between) : nil,
      kl: try divergence(adapter, checkpoint))
  }

  /// Shows the held-out rows' states to who looks on, without judging them.
  func observe(_ adapter: Adapter?, checkpoint: () throws -> Void) throws {
    onStates(
      try states(data.heldOut, adapter, checkpoint), data.heldOut.map { data.rows[$0].label })
  }

  private func states(
    _ indices: [Int], _ adapter: Adapter?, _ checkpoint: () throws -> Void
  ) throws -> Matrix {
    let width = model.configuration.width
    let result = MatrixBuilder(unfilled: indices.count, columns: width)
    let plan = BatchPlan(lengths: indices.map { data.whole($0).ids.count }).batches
    for places in plan[ranks.ownShare(among: plan.count)] {
      let rows = indices[places].map(data.whole)
      let batch = Batch(rows.map(\.ids))
      let spans = zip(rows, batch.rows).map { row, place in
        let span = row.spans[0]
        return place.start + span.lowerBound..<place.start + span.upperBound
      }
      let part = try model.forward(
        batch, adapter: adapter, request: ForwardRequest(layers: [layer], spans: spans),
        activations: Activations(
          capacity: batch.tokens.count, configuration: model.configuration),
        checkpoint: checkpoint
      ).states[0]
      result.row(places.lowerBound).update(from: part.elements, count: part.count)
    }
    let shares = (0..<ranks.count).map { rank in
      let own = plan[ranks.share(of: rank, among: plan.count)]
      let end = own.last?.upperBound ?? plan[..<own.startIndex].last?.upperBound ?? 0
      return (own.first?.lowerBound ?? end) * width..<end * width
    }
    try ranks.gather(result.elements, shares: shares, checkpoint: checkpoint)
    return result.frozen()
  }

  /// Nil where no held-out retain row has two tokens.
  private func divergence(_ adapter: Adapter?, _ checkpoint: () throws -> Void) throws -> Double? {
    let rows = data.heldOutRetain.prefix(Self.retainRows)
    guard rows.contains(where: { $0.count > 1 }) else { return nil }
    guard let adapter else { return 0 }
    let starts = Array(stride(from: 0, to: rows.count, by: 8))
    var sums = [Double](repeating: 0, count: starts.count)
    for index in ranks.ownShare(among: starts.count) {
      let batch = Batch(Array(rows[starts[index]..<min(starts[index] + 8, rows.count)]))
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
      sums[index] = try OutputDivergence(model: model).divergence(
        top(adapter), base: top(nil), at: places, scale: 0, into: nil, checkpoint: checkpoint)
    }
    try sums.withUnsafeMutableBufferPointer { sums in
      guard let start = sums.baseAddress else { return }
      let shares = (0..<ranks.count).map { ranks.share(of: $0, among: sums.count) }
      try ranks.gather(start, shares: shares, checkpoint: checkpoint)
    }
    let next = rows.reduce(0) { $0 + max(0, $1.count - 1) }
    return sums.reduce(0, +) / Double(next)
  }
}
