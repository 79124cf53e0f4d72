extension ExploreScreen {
  static func changeMethod(_ state: inout AppState) -> [Effect] {
    if state.explore.method == .tsne {
      state.explore.method = .principal
      return stopTSNE(&state.explore)
    }
    state.explore.play = nil
    state.explore.morph = nil
    guard state.explore.rows.count > 3 else {
      state.message = AppState.Message(
        text: "t-SNE needs at least 4 rows; this run has \(state.explore.rows.count).",
        isError: true)
      return []
    }
    let effects = changeAxes(&state.explore) { $0.method = .tsne }
    return effects
  }

  /// Begins the current layer's map: from a layout to go on from, or from the arrangement of the
  /// nearest finished map, so that maps of layers resemble each other as far as layers do.
  package static func startTSNE(_ state: inout ExploreState, from layout: [SIMD2<Float>]?)
    -> [Effect]
  {
    let finished = state.embeddings.filter { $0.key != state.layer && $0.value.isDone }
    let nearest = finished.min { abs($0.key - state.layer) < abs($1.key - state.layer) }
    guard
      let points = layout ?? nearest?.value.layout ?? state.maps[state.layer].map?.points
    else { return [] }
    state.lastRun += 1
    state.running = TSNERun(number: state.lastRun, layer: state.layer)
    state.qualities[QualityKey(layer: state.layer, method: .tsne)] = nil
    let start = TSNEStart(points: points, goesOn: layout != nil, settings: state.tsne)
    return [.explore(.startTSNE(index: state.layer, run: state.lastRun, start))]
  }

  /// Gives up a map that is being made; what there is of it goes, so that it is begun afresh later.
  package static func stopTSNE(_ state: inout ExploreState) -> [Effect] {
    guard let running = state.running else { return [] }
    state.embeddings[running.layer] = nil
    state.running = nil
    return [.explore(.stopTSNE)]
  }

  static func restart(_ state: inout ExploreState) -> [Effect] {
    let stopped = stopTSNE(&state)
    // Maps of other layers were made with other settings.
    state.embeddings = [:]
    return stopped
  }

  package static func pause(_ state: inout ExploreState) -> [Effect] {
    if let play = state.play {
      state.play?.isPaused = !play.isPaused
      return []
    }
    guard let running = state.running else { return [] }
    state.running?.isPaused = !running.isPaused
    return [.explore(.pauseTSNE(!running.isPaused))]
  }

  package static func changePerplexity(by factor: Float, _ state: inout ExploreState) -> [Effect] {
    let range = TSNESettings.perplexities
    let wanted = (state.tsne.perplexity * factor).rounded()
    state.tsne.perplexity = min(range.upperBound, max(range.lowerBound, wanted))
    let layout = state.embedding?.layout
    var shown = state.embedding
    shown?.isDone = false
    let stopped = restart(&state)
    guard let layout else { return stopped }
    // The map stays on screen until the first picture of the new one.
    state.embeddings[state.layer] = shown
    return stopped + startTSNE(&state, from: layout)
  }

  package static func receive(
    _ state: inout AppState, run: Int, _ result: Result<Embedding, Problem>
  ) {
    guard let running = state.explore.running, running.number == run else { return }
    switch result {
    case .success(let embedding):
      state.explore.embeddings[embedding.layer] = embedding
      if embedding.isDone { state.explore.running = nil }
    case .failure(let problem):
      state.explore.running = nil
      state.explore.method = .principal
      state.message = AppState.Message(text: problem.text, isError: true)
    }
  }
}
