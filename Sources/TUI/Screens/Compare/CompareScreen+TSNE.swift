extension CompareScreen {
  static func changeMethod(_ state: inout AppState) -> [Effect] {
    guard let compare = state.compare else { return [] }
    guard state.explore.run.rows.count > 3 else {
      state.message = AppState.Message(
        text: "t-SNE needs at least 4 rows; these runs have \(state.explore.run.rows.count).",
        isError: true)
      return []
    }
    let all = PairMethod.allCases
    let index = all.firstIndex(of: compare.method) ?? 0
    let stopped = restart(&state)
    state.compare?.method = all[(index + 1) % all.count]
    return stopped
  }

  /// Begins the current layer's map: from a layout to go on from, or from the nearest finished map
  /// or the principal components, so that maps of layers resemble each other as far as layers do.
  package static func startTSNE(
    _ compare: inout CompareState, layer: Int, from layout: [SIMD2<Float>]?
  ) -> [Effect] {
    let finished = compare.embeddings.filter { $0.key != layer && $0.value.isDone }
    let nearest = finished.min { abs($0.key - layer) < abs($1.key - layer) }
    guard let points = layout ?? nearest?.value.layout ?? compare.maps[layer]?.map?.points else {
      return []
    }
    compare.lastRun += 1
    compare.running = TSNERun(number: compare.lastRun, layer: layer)
    compare.trusts[layer] = nil
    let start = TSNEStart(points: points, goesOn: layout != nil, settings: compare.tsne)
    return [
      .compare(
        .startTSNE(
          index: layer, run: compare.lastRun, isJoint: compare.method == .jointTSNE, start))
    ]
  }

  /// Gives up a map that is being made.
  package static func stopTSNE(_ state: inout AppState) -> [Effect] {
    guard let running = state.compare?.running else { return [] }
    state.compare?.embeddings[running.layer] = nil
    state.compare?.running = nil
    return [.compare(.stopTSNE)]
  }

  static func restart(_ state: inout AppState) -> [Effect] {
    let stopped = stopTSNE(&state)
    state.compare?.embeddings = [:]
    state.compare?.trusts = [:]
    return stopped
  }

  package static func pause(_ state: inout AppState) -> [Effect] {
    guard let running = state.compare?.running else { return [] }
    state.compare?.running?.isPaused = !running.isPaused
    return [.compare(.pauseTSNE(!running.isPaused))]
  }

  package static func changePerplexity(by factor: Float, _ state: inout AppState) -> [Effect] {
    guard let compare = state.compare else { return [] }
    let range = TSNESettings.perplexities
    let wanted = (compare.tsne.perplexity * factor).rounded()
    state.compare?.tsne.perplexity = min(range.upperBound, max(range.lowerBound, wanted))
    let layer = state.explore.layer
    var shown = compare.embeddings[layer]
    shown?.isDone = false
    let stopped = restart(&state)
    guard let shown, var changed = state.compare else { return stopped }
    // The map stays on screen until the first picture of the new one.
    changed.embeddings[layer] = shown
    let started = startTSNE(&changed, layer: layer, from: shown.layout)
    state.compare = changed
    return stopped + started
  }

  package static func receive(
    _ state: inout AppState, run: Int, _ result: Result<Embedding, Problem>
  ) {
    guard let running = state.compare?.running, running.number == run else { return }
    switch result {
    case .success(let embedding):
      state.compare?.embeddings[embedding.layer] = embedding
      if embedding.isDone { state.compare?.running = nil }
    case .failure(let problem):
      state.compare?.running = nil
      state.compare?.method = .principal
      state.message = AppState.Message(text: problem.text, isError: true)
    }
  }
}
