extension ExploreScreen {
  static func changeMethod(_ state: inout AppState) -> [Effect] {
    if state.explore.chart.method == .tsne {
      state.explore.chart.method = .principal
      return stopTSNE(&state.explore)
    }
    state.explore.walk.play = nil
    state.explore.walk.morph = nil
    guard state.explore.run.rows.count > 3 else {
      state.message = AppState.Message(
        text: "t-SNE needs at least 4 rows; this run has \(state.explore.run.rows.count).",
        isError: true)
      return []
    }
    let effects = changeAxes(&state.explore) { $0.chart.method = .tsne }
    return effects
  }

  /// Begins the current layer's map: from a layout to go on from, or from the arrangement of the
  /// nearest finished map, so that maps of layers resemble each other as far as layers do.
  package static func startTSNE(_ state: inout ExploreState, from layout: [SIMD2<Float>]?)
    -> [Effect]
  {
    let finished = state.tsneMaps.embeddings.filter { $0.key != state.layer && $0.value.isDone }
    let nearest = finished.min { abs($0.key - state.layer) < abs($1.key - state.layer) }
    guard
      let points = layout ?? nearest?.value.layout ?? state.chart.maps[state.layer].map?.points
    else { return [] }
    state.tsneMaps.lastRun += 1
    state.tsneMaps.running = TSNERun(number: state.tsneMaps.lastRun, layer: state.layer)
    state.chart.qualities[QualityKey(layer: state.layer, method: .tsne)] = nil
    let start = TSNEStart(points: points, goesOn: layout != nil, settings: state.tsneMaps.settings)
    return [.explore(.startTSNE(index: state.layer, run: state.tsneMaps.lastRun, start))]
  }

  /// Gives up a map that is being made; what there is of it goes, so that it is begun afresh later.
  package static func stopTSNE(_ state: inout ExploreState) -> [Effect] {
    guard let running = state.tsneMaps.running else { return [] }
    state.tsneMaps.embeddings[running.layer] = nil
    state.tsneMaps.running = nil
    return [.explore(.stopTSNE)]
  }

  static func restart(_ state: inout ExploreState) -> [Effect] {
    let stopped = stopTSNE(&state)
    // Maps of other layers were made with other settings.
    state.tsneMaps.embeddings = [:]
    return stopped
  }

  package static func pause(_ state: inout ExploreState) -> [Effect] {
    if let play = state.walk.play {
      state.walk.play?.isPaused = !play.isPaused
      return []
    }
    guard let running = state.tsneMaps.running else { return [] }
    state.tsneMaps.running?.isPaused = !running.isPaused
    return [.explore(.pauseTSNE(!running.isPaused))]
  }

  package static func changePerplexity(by factor: Float, _ state: inout ExploreState) -> [Effect] {
    let range = TSNESettings.perplexities
    let wanted = (state.tsneMaps.settings.perplexity * factor).rounded()
    state.tsneMaps.settings.perplexity = min(range.upperBound, max(range.lowerBound, wanted))
    let layout = state.embedding?.layout
    var shown = state.embedding
    shown?.isDone = false
    let stopped = restart(&state)
    guard let layout else { return stopped }
    // The map stays on screen until the first picture of the new one.
    state.tsneMaps.embeddings[state.layer] = shown
    return stopped + startTSNE(&state, from: layout)
  }

  package static func receive(
    _ state: inout AppState, run: Int, _ result: Result<Embedding, Problem>
  ) {
    guard let running = state.explore.tsneMaps.running, running.number == run else { return }
    switch result {
    case .success(let embedding):
      state.explore.tsneMaps.embeddings[embedding.layer] = embedding
      if embedding.isDone { state.explore.tsneMaps.running = nil }
    case .failure(let problem):
      state.explore.tsneMaps.running = nil
      state.explore.chart.method = .principal
      state.message = AppState.Message(text: problem.text, isError: true)
    }
  }
}
