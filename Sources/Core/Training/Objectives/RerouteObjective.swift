import LinearAlgebra
import SeerModels

/// Representation rerouting (circuit breakers, Zou et al. 2024): at the target layers, the states of
/// every token of harmful rows are turned away from the base's, by relu of their cosine; those of
/// retain rows are held by l2. Of step t of T the one has the weight alpha (1 - t / 2T), the other
/// alpha t / 2T.
struct RerouteObjective: ObjectiveKind {
  static let alpha = ObjectiveOption(
    "reroute_alpha", "what both terms are multiplied with", standard: 10, in: 0...1000)

  let name = ObjectiveName.reroute
  let abstract = "harmful concepts' states turned away from the base's (circuit breakers)"
  let terms = [LossTerm.reroute, .retain]
  let figures: [LossTerm] = []
  let reads: Set<ObjectiveField> = [.harmful]
  let options = [Self.alpha]
  let rows = RowKind.harmful
  /// A cosine has no slope where both states are the same, so a start of zeros would never be left.
  /// The size is that of a step of the published rate.
  let startOfB: Float = 1e-4

  func step(
    _ batch: TrainingBatch, _ adapter: Adapter, into gradients: PartGradients,
    by computer: LossComputer, dropout: () -> PassDropout?
  ) throws -> LossTerms {
    let alpha = computer.objective[Self.alpha]
    let turning = alpha * (1 - batch.progress / 2)
    let holding = alpha * batch.progress / 2
    var terms = LossTerms(columns)
    terms[.reroute] = try computer.cosines(
      batch.rows, weight: turning, adapter, dropout(), gradients)
    try computer.retain(
      batch.retain, l2: holding, kl: 0, adapter, dropout(), gradients, &terms)
    terms.total = turning * terms[.reroute] + holding * terms.retain
    return terms
  }
}

extension ObjectiveName {
  package static let reroute = ObjectiveName(registering: "reroute")
}

extension LossTerm {
  /// relu of the cosine to the base's state.
  package static let reroute = LossTerm("reroute", legend: "cosine to base")
}

extension LossComputer {
  /// The mean over target layers and tokens of relu(cosine of tuned and base state); adds `weight`
  /// times its gradient.
  fileprivate func cosines(
    _ rows: [TrainingRow], weight: Double, _ adapter: Adapter, _ dropout: PassDropout?,
    _ gradients: PartGradients
  ) throws -> Double {
    guard weight != 0, !rows.isEmpty else { return 0 }
    let layers = Set(objective.layers).sorted()
    let tokens = rows.reduce(0) { $0 + $1.ids.count }
    let share = 1 / Double(layers.count * tokens)
    // Where layers lie below the lowest trained block, nothing is turned: the cosine stays 1.
    let lowest = adapter.configuration.blocks.min() ?? target
    return try sum(rows) { part, rows in
      let batch = Batch(rows.map(\.ids))
      let base = try baseStates(batch, layers: layers)
      let pass = try pass(batch, last: target, adapter, dropout?.of(part: part))
      var loss = layers.reduce(0.0) {
        $0 + ($1 <= lowest ? share * Double(batch.tokens.count) : 0)
      }
      try pass.backward(into: gradients[part], checkpoint: checkpoint) { layer, slope in
        guard let index = layers.firstIndex(of: layer) else { return }
        loss +=
          share
          * addCosines(
            pass.states(layer: layer), base[index], scale: share * weight, into: slope)
      }
      return loss
    }
  }

  /// Adds the gradient of scale x (sum over tokens of relu(cosine)) and returns the sum.
  private func addCosines(
    _ states: some ReadableMatrix, _ base: Matrix, scale: Double, into slope: MutableMatrix
  ) -> Double {
    let (start, width) = (states.start, states.columns)
    return sumInParallel(states.rows) { token in
      let (a, b, target) = (start + token * width, base.row(token), slope.row(token))
      var (product, own, other) = (0.0, 0.0, 0.0)
      for column in 0..<width {
        let (x, y) = (Double(a[column]), Double(b[column]))
        product += x * y
        own += x * x
        other += y * y
      }
      let length = (own * other).squareRoot()
      // Opposed already, or no direction at all.
      guard length > 0, product > 0 else { return 0 }
      let cosine = product / length
      let (along, across) = (scale * cosine / own, scale / length)
      for column in 0..<width {
        target[column] += Float(across * Double(b[column]) - along * Double(a[column]))
      }
      return cosine
    }
  }
}
