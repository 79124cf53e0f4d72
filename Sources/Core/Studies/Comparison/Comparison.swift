import SeerAnalysis
import SeerRuns
import SeerSupport

/// Compares two runs, layer by layer: a job of the engine.
///
///     let comparison = Comparison(base: "run-base", tuned: "run-tuned")
///     let job = engine.submit("compare", priority: .map) { try comparison.run($0) }
package struct Comparison: Sendable {
  /// Run folders over the same rows.
  package var base: String
  package var tuned: String
  /// Run folders of the same models whose rows give prototypes and probe; both or none.
  package var train: String?
  package var trainTuned: String?
  /// One layer only, where it is given.
  package var layer: Int?
  package var options = SeparationOptions()
  /// Nearest rows that are compared.
  package var neighbours = 10

  package init(base: String, tuned: String) {
    self.base = base
    self.tuned = tuned
  }

  /// Opens the runs and checks them; quick.
  package func open() throws(Failure) -> RunPair {
    let pair = try RunPair(
      base: base, tuned: tuned, train: train, trainTuned: trainTuned, seed: options.seed)
    if let layer, !pair.layers.contains(layer) {
      throw Failure(
        .usage, place: "--layer", found: "\(layer)",
        wanted: "a layer of both runs: \(Run.described(pair.layers))")
    }
    return pair
  }

  /// Measures every layer.
  ///
  /// - Parameter onLayer: called with every layer's figures as soon as they are there, and again
  ///   with their nulls. Where it is given, all figures come before the first null.
  package func run(
    _ context: JobContext, onLayer: ((LayerComparison) -> Void)? = nil
  ) throws -> RunComparison {
    let pair = try open()
    let layers = layer.map { [$0] } ?? pair.layers
    let hasNulls = options.permutations > 0
    // Figures alone first only where someone waits for them: the products are made twice.
    let hasTwoPasses = onLayer != nil && hasNulls
    var steps = Steps(context, total: layers.count * (hasTwoPasses ? 4 : 2))
    var found: [LayerComparison] = []
    for layer in layers {
      let comparison = try compare(
        pair, layer: layer, withNulls: hasNulls && !hasTwoPasses, &steps)
      onLayer?(comparison)
      found.append(comparison)
    }
    if hasTwoPasses {
      for (index, layer) in layers.enumerated() {
        found[index] = try compare(pair, layer: layer, withNulls: true, &steps)
        onLayer?(found[index])
      }
    }
    let focus = layer ?? Self.best(found)
    return RunComparison(
      pair: pair, layers: found, focus: focus,
      moved: try moved(pair, layer: focus, context), notes: pair.notes)
  }

  /// Progress in sides of layers.
  private struct Steps {
    let context: JobContext
    let total: Int
    let started = ContinuousClock.now
    var done = 0

    init(_ context: JobContext, total: Int) {
      self.context = context
      self.total = total
    }

    mutating func advance(_ layer: Int) {
      done += 1
      context.report(
        JobProgress(
          completed: done, total: total, unit: "layers of a run",
          elapsed: started.duration(to: .now), message: "layer \(layer)"))
    }
  }

  private func compare(
    _ pair: RunPair, layer: Int, withNulls: Bool, _ steps: inout Steps
  ) throws -> LayerComparison {
    let context = steps.context
    var comparison = try LayerComparison.measure(
      layer: layer, base: try pair.base.sample(layer: layer),
      tuned: try pair.tuned.sample(layer: layer), options: options, withNulls: withNulls,
      neighbours: neighbours, checkpoint: context.checkpoint, onSide: { steps.advance(layer) })
    comparison.routing = try pair.routingChange(layer: layer)
    return comparison
  }

  /// The layer where the tuned run tells held-out rows apart best, by silhouette among equals.
  private static func best(_ layers: [LayerComparison]) -> Int {
    func score(_ layer: LayerComparison) -> (Double, Double) {
      (layer.tuned[.nearestPrototype].value ?? -2, layer.tuned[.silhouette].value ?? -2)
    }
    var best = layers[0]
    for layer in layers where score(layer) > score(best) { best = layer }
    return best.layer
  }

  private func moved(
    _ pair: RunPair, layer: Int, _ context: JobContext
  ) throws -> [MovedRow] {
    try MovedRow.all(
      from: try pair.base.sample(layer: layer).states,
      to: try pair.tuned.sample(layer: layer).states, neighbours: neighbours,
      checkpoint: context.checkpoint)
  }
}
