import SeerProjection

extension ExploreScreen {
  /// From principal components through every layout that grows, and back.
  static func changeMethod(_ state: inout AppState) -> [Effect] {
    let old = state.explore.chart.method
    let (method, problem) = GrowingLayout.next(
      after: old, of: [MapMethod.principal] + GrowingLayout.all.map { .growing($0) },
      rows: state.explore.run.rows.count, "this run has", layout: \.growing)
    if let problem { state.message = AppState.Message(text: problem, isError: true) }
    return changeAxes(&state.explore) { $0.chart.method = method }
  }

  /// Begins the current layer's map, from a layout to go on from where there is one.
  package static func startMap(
    _ state: inout ExploreState, from layout: [SIMD2<Float>]? = nil
  ) -> [Effect] {
    let concepts = state.rowConcepts
    guard let kind = state.growingKind,
      let start = state.growing.start(
        kind, layer: state.layer, from: layout,
        principal: state.chart.maps[state.layer].map?.points, concepts: concepts)
    else { return [] }
    return [.explore(.growMap(start))]
  }

  /// Gives up a map that is being made.
  package static func stopMap(_ state: inout ExploreState) -> [Effect] {
    state.growing.stop() ? [.explore(.stopMap)] : []
  }

  package static func pause(_ state: inout ExploreState) -> [Effect] {
    if let play = state.walk.play {
      state.walk.play?.isPaused = !play.isPaused
      return []
    }
    return state.growing.pause().map { [.explore(.pauseMap($0))] } ?? []
  }

  /// Changes the layout's option, going on from what is on screen.
  package static func changeOption(by factor: Double, _ state: inout ExploreState) -> [Effect] {
    guard let layout = state.chart.method.growing else { return [] }
    let shown = state.embedding
    var changed = state.growing
    let wasRunning = changed.stop()
    guard changed.step(layout, by: factor, keeping: shown) else { return [] }
    state.growing = changed
    let stopped: [Effect] = wasRunning ? [.explore(.stopMap)] : []
    guard let shown else { return stopped }
    return stopped + startMap(&state, from: shown.layout)
  }

  static func newSeed(_ state: inout AppState) -> [Effect] {
    guard let layout = state.explore.chart.method.growing else { return [] }
    let stopped = stopMap(&state.explore)
    let seed = state.explore.growing.reseed(layout)
    state.message = AppState.Message(text: "seed \(seed)", isError: false)
    return stopped
  }

  static func turnOptions(_ state: inout AppState) -> [Effect] {
    guard let layout = state.explore.chart.method.growing else { return [] }
    let stopped = stopMap(&state.explore)
    if let turned = state.explore.growing.turnOptions(layout) { state.tellTurned(layout, turned) }
    return stopped
  }

  package static func receive(
    _ state: inout AppState, run: Int, _ result: Result<Embedding, Problem>
  ) {
    if let problem = state.explore.growing.receive(run: run, result) {
      state.explore.chart.method = .principal
      state.message = AppState.Message(text: problem.text, isError: true)
    } else if let embedding = state.explore.embedding, embedding.run == run {
      state.tell(embedding)
    }
  }
}

extension ExploreState {
  /// Rows of the concept without a name have none.
  var rowConcepts: RowConcepts {
    RowConcepts(
      names: run.concepts.map(\.name),
      ofRow: run.conceptOfRow.map { run.concepts[Int($0)].name.isEmpty ? nil : Int($0) })
  }
}

extension AppState {
  /// What is on of a layout's options.
  mutating func tellTurned(_ layout: GrowingLayout, _ turned: [String]) {
    let text = turned.isEmpty ? "no options" : turned.joined(separator: ", ")
    message = Message(text: "\(layout.layout.title): \(text)", isError: false)
  }

  /// What the user should know of a map once it is done.
  mutating func tell(_ embedding: Embedding) {
    guard embedding.isDone, !embedding.notes.isEmpty else { return }
    message = Message(text: embedding.notes.joined(separator: " "), isError: false)
  }
}
