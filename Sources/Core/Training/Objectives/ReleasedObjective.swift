import Foundation
import LinearAlgebra
import SeerModels
import SeerRuns

/// The published code's objective, faults included.
///
/// A row's request is padded on the left and its response on the right to ``LossComputer/side``
/// tokens each, and the response has no end-of-turn token. `prompt-end` reads the last place of the
/// left side, the request's last token; `last` the last place of the right side, usually a pad.
/// Negatives ignore labels. Masked states of retain rows, padded on the left, are compared with
/// unmasked base states. "KL" weighs the realised next token only, on the first views, pads included.
///
/// A pad looks at the text before it and at no pad. One that stands before the text has nothing to
/// look at: implementations differ there, and here it sees itself alone. Rotary positions are
/// relative, so that pads on the left need not be computed but once, nor those on the right that
/// nobody reads.
struct ReleasedObjective: ObjectiveKind {
  let name = ObjectiveName.released
  let abstract = "what the published code computes"
  /// The published code's.
  let weights: Objective? = Objective(
    name: .released, contrastiveWeight: 10, retainWeight: 1, klWeight: 1, layers: [24])
  let reads = Set<ObjectiveField>.contrast.union([.contrastive])
  let positions = [Position.last, .promptEnd]
  let rows = RowKind.requestsAndResponses

  func step(
    _ batch: TrainingBatch, _ adapter: Adapter, into gradients: PartGradients,
    by computer: LossComputer, dropout: () -> PassDropout?
  ) throws -> LossTerms {
    let objective = computer.objective
    var terms = LossTerms(columns)
    try computer.paddedViews(batch, adapter, dropout(), gradients, &terms)
    try computer.releasedRetain(batch.retain, adapter, dropout(), gradients, &terms)
    terms.total =
      objective.contrastiveWeight * terms.contrastive + objective.retainWeight * terms.retain
      + objective.klWeight * terms.kl
    return terms
  }
}

extension ObjectiveName {
  package static let released = ObjectiveName(registering: "released")
}

/// Rows as the published code pads them, without the pads that nobody reads.
private struct PaddedViews {
  var batch = Batch()
  /// The one pad on the left that stands for all of them; its own row, the last.
  var leftPad = 0
  /// Where the rows are read, one list a position.
  var places: [[Range<Int>]] = []
  /// The next tokens that the first views' "KL" weighs: where, which, and how many times.
  var next: [(place: Int, token: Int32, times: Float)] = []

  init(_ rows: [TrainingRow], _ computer: LossComputer) {
    let side = computer.side
    let pad = computer.endOfText
    let hasKL = computer.objective.klWeight != 0
    var ends: [Int] = []
    for row in rows {
      let response = row.ids.count - row.request
      let pads = side - response
      // Without "KL" only the last pad is read.
      let kept = hasKL ? pads : min(pads, 1)
      batch.append(row.ids, padding: kept, with: pad, gap: pads - kept)
      ends.append(batch.tokens.count - 1)
    }
    leftPad = batch.tokens.count
    batch.append([pad])
    places = computer.objective.positions.map { position in
      batch.rows.dropLast().indices.map { index in
        var place = ends[index]
        if position == .promptEnd {
          let request = rows[index].request
          place = request > 0 ? batch.rows[index].start + request - 1 : leftPad
        }
        return place..<place + 1
      }
    }
    guard hasKL else { return }
    for (index, row) in rows.enumerated() where index % 2 == 0 {
      let leftPads = side - row.request
      if leftPads > 1 { next.append((leftPad, pad, Float(leftPads - 1))) }
      let range = batch.rows[index].range
      if leftPads > 0 { next.append((leftPad, batch.tokens[range.lowerBound], 1)) }
      next += range.dropLast().map { ($0, batch.tokens[$0 + 1], 1) }
    }
  }
}

extension LossComputer {
  fileprivate func paddedViews(
    _ batch: TrainingBatch, _ adapter: Adapter, _ dropout: PassDropout?,
    _ gradients: PartGradients, _ terms: inout LossTerms
  ) throws {
    let hasKL = objective.klWeight != 0
    var padded: [Int: PaddedViews] = [:]
    let views = try views(of: batch.rows) { part, rows in
      let own = PaddedViews(rows, self)
      padded[part] = own
      let pass = try pass(
        own.batch, last: hasKL ? blocks : target, adapter, dropout?.of(part: part),
        among: parts.own.count)
      return (pass, own.places)
    }
    let slopes = try contrast(views, batch.labels, objective.contrastive, &terms)
    let samples = Double(batch.rows.count / 2)
    var likelihoods = [Double](repeating: 0, count: parts.own.count)
    for view in views {
      try view.pass.backward(into: gradients[view.part], checkpoint: checkpoint) { layer, slope in
        if layer == blocks, hasKL, let own = padded[view.part] {
          likelihoods[view.part - parts.own.lowerBound] = try realisedLikelihood(
            own, view.pass, samples: samples, into: slope)
        }
        slopes.add(layer, of: view, to: slope)
      }
    }
    if hasKL { terms.kl = try parts.sum(likelihoods, checkpoint: checkpoint) / samples }
  }

  /// - Parameter samples: first views of the whole step.
  private func realisedLikelihood(
    _ views: PaddedViews, _ pass: TrainingPass, samples: Double, into slope: MutableMatrix
  ) throws -> Double {
    let outputs = OutputDivergence(model: model)
    let places = views.next.map(\.place)
    let tokens = views.next.map(\.token)
    let base = try baseStates(views.batch, layers: [blocks])[0]
    let weights = zip(outputs.probabilities(base, at: places, tokens: tokens), views.next)
      .map { $0 * $1.times }
    return try outputs.weightedLikelihood(
      pass.output, at: places, tokens: tokens, weights: weights,
      scale: Float(objective.klWeight / samples), into: slope, checkpoint: checkpoint)
  }

  /// The norm, over all layers and places of a row, of masked states minus unmasked base states;
  /// their mean over the rows, a hundredth of it for each target layer a layer with LoRA.
  fileprivate func releasedRetain(
    _ rows: [[Int32]], _ adapter: Adapter, _ dropout: PassDropout?, _ gradients: PartGradients,
    _ terms: inout LossTerms
  ) throws {
    guard objective.retainWeight != 0, !rows.isEmpty else { return }
    let coefficient =
      Double(objective.layers.count) / Double(adapter.configuration.blocks.count) / 100
    let samples = Double(rows.count)
    let norms = try sum(rows) { part, rows in
      try releasedRetain(
        rows, scale: objective.retainWeight * coefficient / samples, adapter,
        dropout?.of(part: part), gradients[part])
    }
    terms.retain = coefficient * norms / samples
  }

  /// The sum of the rows' norms; adds `scale` times its gradient.
  private func releasedRetain(
    _ rows: [[Int32]], scale weight: Double, _ adapter: Adapter, _ dropout: Dropout?,
    _ gradients: Adapter
  ) throws -> Double {
    let width = model.configuration.width
    // The last row is the pad that stands for all of them.
    let batch = Batch(rows + [[endOfText]])
    let leftPad = batch.tokens.count - 1
    let base = try baseStates(batch, layers: Array(0...blocks))
    let pass = try pass(batch, last: blocks, adapter, dropout)
    // The reference's last hidden state is the one after the final norm.
    func normed(_ states: some ReadableMatrix) -> Matrix {
      let result = MatrixBuilder(rows: states.rows, columns: states.columns)
      model.finalNorm.forward(states.start, into: result.elements, rows: states.rows)
      return result.frozen()
    }
    let tops = (tuned: normed(pass.output), base: normed(base[blocks]))
    func compared(_ layer: Int) -> (tuned: any ReadableMatrix, base: Matrix) {
      layer == blocks ? tops : (pass.states(layer: layer), base[layer])
    }
    var padSquares = 0.0
    for layer in 0...blocks {
      let pad = compared(layer).base.row(leftPad)
      for column in 0..<width { padSquares += Double(pad[column]) * Double(pad[column]) }
    }
    var norms = [Double](repeating: 0, count: rows.count)
    norms.withUnsafeMutableBufferPointer { norms in
      let target = norms
      Parallel.forEach(rows.count) { index in
        let row = batch.rows[index]
        var squares = Double(2 * side - row.count) * padSquares
        for layer in 0...blocks {
          let (tuned, base) = compared(layer)
          for token in row.range {
            let (a, b) = (tuned.start + token * width, base.row(token))
            for column in 0..<width {
              let difference = Double(a[column] - b[column])
              squares += difference * difference
            }
          }
        }
        target[index] = squares.squareRoot()
      }
    }
    try pass.backward(into: gradients, checkpoint: checkpoint) { layer, slope in
      let isTop = layer == blocks
      let (tuned, base) = compared(layer)
      let part = isTop ? MutableMatrix(rows: slope.rows, columns: width) : slope
      // A masked state has no slope: nothing goes to the pad.
      Parallel.forEach(rows.count) { index in
        let scale =
          norms[index] > 0 ? Float(weight / norms[index]) : 0
        for token in batch.rows[index].range {
          let (a, b, target) = (
            tuned.start + token * width, base.row(token), part.row(token)
          )
          for column in 0..<width { target[column] += scale * (a[column] - b[column]) }
        }
      }
      if isTop {
        model.finalNorm.backward(
          part.elements, pass.output.elements, into: slope.elements, rows: slope.rows)
      }
    }
    return norms.reduce(0, +)
  }
}
