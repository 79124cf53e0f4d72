import LinearAlgebra
import SeerModels

/// What contrastive objectives have in common: a contrast of concept rows' states, l2 and KL to the
/// base model on retain rows.
extension LossComputer {
  func contrastiveStep(
    _ batch: TrainingBatch, _ contrast: Contrast, _ adapter: Adapter, into gradients: PartGradients,
    dropout: () -> PassDropout?
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
    _ batch: TrainingBatch, _ contrast: Contrast, _ adapter: Adapter, _ dropout: PassDropout?,
    _ gradients: PartGradients, _ terms: inout LossTerms
  ) throws {
    guard objective.contrastiveWeight != 0, !batch.rows.isEmpty else { return }
    let views = try views(of: batch.rows) { part, rows in
      let packed = Batch(rows.map(\.ids))
      let pass = try pass(
        packed, last: target, adapter, dropout?.of(part: part), among: parts.own.count)
      let places = objective.positions.indices.map { position in
        zip(rows, packed.rows).map { row, place in
          let span = row.spans[position]
          return place.start + span.lowerBound..<place.start + span.upperBound
        }
      }
      return (pass, places)
    }
    let slopes = try self.contrast(views, batch.labels, contrast, &terms)
    for view in views {
      try view.pass.backward(into: gradients[view.part], checkpoint: checkpoint) { layer, slope in
        slopes.add(layer, of: view, to: slope)
      }
    }
  }

  /// A part's rows of a contrast on their way: what its backward pass goes back through.
  struct View {
    let part: Int
    /// Its rows among all that are contrasted.
    let rows: Range<Int>
    let pass: TrainingPass
    /// The spans of the rows, one list a position.
    let places: [[Range<Int>]]
  }

  /// Runs the parts of the rows forward, pairs together.
  func views(
    of rows: [TrainingRow],
    _ run: (_ part: Int, _ rows: [TrainingRow]) throws -> (TrainingPass, [[Range<Int>]])
  ) throws -> [View] {
    try parts.own.compactMap { part in
      let own = parts.rows(of: part, among: rows.count, by: 2)
      guard !own.isEmpty else { return nil }
      let (pass, places) = try run(part, Array(rows[own]))
      return View(part: part, rows: own, pass: pass, places: places)
    }
  }

  /// Where the gradients of a contrast go: by layer, those of the means at each position.
  struct ContrastSlopes {
    fileprivate let computer: LossComputer
    fileprivate let scale: Float
    fileprivate var gradients: [Int: [Matrix]] = [:]

    /// Adds what the contrast asks of a layer.
    func add(_ layer: Int, of view: View, to slope: MutableMatrix) {
      for (spans, gradient) in zip(view.places, gradients[layer] ?? []) {
        computer.addMeans(
          gradient, from: view.rows.lowerBound, scale: scale, spans: spans, into: slope)
      }
    }
  }

  /// The contrast of all rows' states, averaged over target layers and positions. Every rank gets the
  /// rows of all and computes the whole.
  func contrast(
    _ views: [View], _ labels: [Int], _ contrast: Contrast, _ terms: inout LossTerms
  ) throws -> ContrastSlopes {
    let width = model.configuration.width
    let share = 1 / Double(objective.layers.count * objective.positions.count)
    var slopes = ContrastSlopes(
      computer: self, scale: Float(share * objective.contrastiveWeight))
    let shares = parts.shares(of: labels.count, by: 2).map {
      $0.lowerBound * width..<$0.upperBound * width
    }
    for layer in objective.layers {
      for position in objective.positions.indices {
        let states = MatrixBuilder(unfilled: labels.count, columns: width)
        for view in views {
          let own = means(of: view.places[position], view.pass.states(layer: layer))
          states.row(view.rows.lowerBound).update(from: own.elements, count: own.count)
        }
        try parts.ranks.gather(states.elements, shares: shares, checkpoint: checkpoint)
        let loss = contrastiveLoss(
          states.frozen(), labels: labels, contrast: contrast, group: objective.group,
          temperature: objective.temperature)
        terms.contrastive += share * loss.value
        terms[.meanSame] += share * loss.meanSame
        terms[.meanDifferent] += share * loss.meanDifferent
        slopes.gradients[layer, default: []].append(loss.gradient)
      }
    }
    return slopes
  }

  /// l2 to the base's states, a token and layer, and KL(base || tuned), a next token, on retain rows.
  ///
  /// - Parameters:
  ///   - l2, kl: the weights of the two; a term without weight is not computed.
  func retain(
    _ rows: [[Int32]], l2: Double, kl klWeight: Double, _ adapter: Adapter,
    _ dropout: PassDropout?, _ gradients: PartGradients, _ terms: inout LossTerms
  ) throws {
    guard l2 != 0 || klWeight != 0, !rows.isEmpty else { return }
    let tokens = rows.reduce(0) { $0 + $1.count }
    let next = rows.reduce(0) { $0 + max(0, $1.count - 1) }
    let layers = l2 != 0 ? Array(1...blocks) : [blocks]
    let share = 1 / Double(layers.count * tokens)
    let sums = try sum(rows) { part, rows in
      let batch = Batch(rows)
      let base = try baseStates(batch, layers: layers)
      let pass = try pass(batch, last: blocks, adapter, dropout?.of(part: part))
      var sums = RetainSums.zero
      let places = batch.rows.flatMap { $0.range.dropLast() }
      try pass.backward(into: gradients[part], checkpoint: checkpoint) { layer, slope in
        if l2 != 0, let index = layers.firstIndex(of: layer) {
          sums.distance +=
            share
            * addDistances(
              pass.states(layer: layer), base[index], scale: Float(share * l2), into: slope)
        }
        guard layer == blocks, klWeight != 0, !places.isEmpty else { return }
        sums.divergence = try OutputDivergence(model: model).divergence(
          pass.output, base: base[layers.count - 1], at: places,
          scale: Float(klWeight / Double(next)), into: slope, checkpoint: checkpoint)
      }
      return sums
    }
    // Layers below the lowest trained block equal the base's and add nothing.
    if l2 != 0 { terms.retain += sums.distance }
    if klWeight != 0, next > 0 { terms.kl += sums.divergence / Double(next) }
  }

  /// What a part's retain rows give.
  private struct RetainSums: AdditiveArithmetic, BitwiseCopyable {
    /// The mean's share, over all rows of the step.
    var distance: Double
    /// Nats, over the part's next tokens.
    var divergence: Double

    static let zero = RetainSums(distance: 0, divergence: 0)

    static func + (a: Self, b: Self) -> Self {
      Self(distance: a.distance + b.distance, divergence: a.divergence + b.divergence)
    }

    static func - (a: Self, b: Self) -> Self {
      Self(distance: a.distance - b.distance, divergence: a.divergence - b.divergence)
    }
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
