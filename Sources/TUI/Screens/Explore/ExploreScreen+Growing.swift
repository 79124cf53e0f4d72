import SeerApp
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
    return stopped + state.startMap(from: shown.layout)
  }

  static func newSeed(_ state: inout AppState) -> [Effect] {
    guard let layout = state.explore.chart.method.growing else { return [] }
    let stopped = state.explore.stopMap()
    let seed = state.explore.growing.reseed(layout)
    state.message = AppState.Message(text: "seed \(seed)", isError: false)
    return stopped
  }

  static func turnOptions(_ state: inout AppState) -> [Effect] {
    guard let layout = state.explore.chart.method.growing else { return [] }
    let stopped = state.explore.stopMap()
    if let turned = state.explore.growing.turnOptions(layout) { state.tellTurned(layout, turned) }
    return stopped
  }

}
