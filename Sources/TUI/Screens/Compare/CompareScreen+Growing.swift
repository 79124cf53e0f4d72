import SeerApp

extension CompareScreen {
  /// From principal components through every layout that grows, joint and aligned, and back.
  static func changeMethod(_ state: inout AppState) -> [Effect] {
    guard let compare = state.compare else { return [] }
    // Runs of two widths have no joint map.
    let isJoint = compare.maps[state.explore.layer]?.map?.isJoint ?? true
    let forms: [GrowingKind.Form] = isJoint ? [.joint, .aligned] : [.aligned]
    var kinds: [GrowingKind?] = [nil]
    for layout in GrowingLayout.all { kinds += forms.map { GrowingKind(layout, $0) } }
    let (kind, problem) = GrowingLayout.next(
      after: compare.kind, of: kinds, rows: state.explore.run.rows.count,
      "these runs have", layout: { $0?.layout })
    if let problem { state.message = AppState.Message(text: problem, isError: true) }
    let stopped = stopMap(&state)
    state.compare?.kind = kind
    return stopped
  }

  /// Begins the layer's map, from a layout to go on from where there is one.
  static func startMap(
    _ compare: inout CompareState, layer: Int, from layout: [SIMD2<Float>]? = nil,
    _ explore: ExploreState
  ) -> [Effect] {
    guard let kind = compare.kind,
      let start = compare.growing.start(
        kind, layer: layer, from: layout, principal: compare.maps[layer]?.map?.points,
        concepts: explore.rowConcepts)
    else { return [] }
    return [.compare(.growMap(start))]
  }

  /// Gives up a map that is being made.
  static func stopMap(_ state: inout AppState) -> [Effect] {
    state.compare?.growing.stop() ?? false ? [.compare(.stopMap)] : []
  }

  static func pause(_ state: inout AppState) -> [Effect] {
    guard let isPaused = state.compare?.growing.pause() else { return [] }
    return [.compare(.pauseMap(isPaused))]
  }

  /// Changes the layout's option, going on from what is on screen.
  static func changeOption(by factor: Double, _ state: inout AppState) -> [Effect] {
    guard var compare = state.compare, let layout = compare.kind?.layout else { return [] }
    let layer = state.explore.layer
    let shown = compare.embedding(layer)
    var effects: [Effect] = compare.growing.stop() ? [.compare(.stopMap)] : []
    guard compare.growing.step(layout, by: factor, keeping: shown) else { return [] }
    if let shown { effects += startMap(&compare, layer: layer, from: shown.layout, state.explore) }
    state.compare = compare
    return effects
  }

  static func newSeed(_ state: inout AppState) -> [Effect] {
    guard let layout = state.compare?.kind?.layout else { return [] }
    let stopped = stopMap(&state)
    if let seed = state.compare?.growing.reseed(layout) {
      state.message = AppState.Message(text: "seed \(seed)", isError: false)
    }
    return stopped
  }

  static func turnOptions(_ state: inout AppState) -> [Effect] {
    guard let layout = state.compare?.kind?.layout else { return [] }
    let stopped = stopMap(&state)
    if let turned = state.compare?.growing.turnOptions(layout) { state.tellTurned(layout, turned) }
    return stopped
  }

  package static func receive(
    _ state: inout AppState, run: Int, _ result: Result<Embedding, Problem>
  ) {
    if let problem = state.compare?.growing.receive(run: run, result) {
      state.compare?.kind = nil
      state.message = AppState.Message(text: problem.text, isError: true)
    } else if let embedding = state.compare?.embedding(state.explore.layer), embedding.run == run {
      state.tell(embedding)
    }
  }
}
