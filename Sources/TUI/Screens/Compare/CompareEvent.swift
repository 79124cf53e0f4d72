import SeerApp
import SeerProjection

/// What the Compare screen has computed.
package enum CompareEvent: ScreenEvent {
  /// The map of a layer of both runs, by the layer's index.
  case map(index: Int, Result<PairMap, Problem>)
  /// The second run's separation at a layer.
  case separation(index: Int, Result<LayerSeparation, Problem>)
  case embedding(run: Int, Result<Embedding, Problem>)
  /// How far the map that a run made can be trusted; nil where that cannot be told.
  case judged(run: Int, MapTrust?)
  /// The share of a measurement that is done.
  case measuring(number: Int, Double)
  case figures(number: Int, Result<PairFigures, Problem>)
  /// Another run stands beside the first.
  case paired(CompareState)
  case runMapped(run: Int, index: Int, RunPanels.Panel)

  package func receive(_ state: inout AppState) -> [Effect] {
    switch self {
    case .map(let index, let result):
      switch result {
      case .success(let map): state.compare?.maps[index] = .ready(map)
      case .failure(let problem): state.compare?.maps[index] = .failed(problem)
      }
      let layer = state.explore.layer
      state.compare?.follow(layer)
    case .separation(let index, let result):
      state.compare?.separations[index] = (try? result.get()).map { .ready($0) } ?? .failed
    case .embedding(let run, let result): CompareScreen.receive(&state, run: run, result)
    case .judged(let run, let trust):
      state.compare?.isJudging = false
      state.compare?.trusts[run] = trust ?? MapTrust()
    case .measuring(let number, let share):
      if state.compare?.measuring?.number == number { state.compare?.measuring?.share = share }
    case .figures(let number, let result):
      guard var compare = state.compare else { return [] }
      CompareScreen.receive(&compare, number: number, result)
      state.compare = compare
    case .paired(let pair):
      state.screen = CompareScreen.id
      return CompareScreen.show(pair, &state)
    case .runMapped(let run, let index, let panel):
      state.compare?.runs.receive(panel, run: run, layer: index)
    }
    return []
  }
}

/// What the Compare screen wants computed.
package enum CompareEffect: ScreenEffect {
  case computeMap(index: Int, reference: Int?, isUrgent: Bool)
  case measureSeparation(index: Int)
  /// Makes the map of a layer of both runs by a layout that grows.
  case growMap(LayoutStart)
  case pauseMap(Bool)
  case stopMap
  /// Measures how far a map that has grown can be trusted.
  case judge(Embedding)
  case measureFigures(Measuring)
  case stopFigures
  /// Puts the next of the other runs beside the first.
  case nextRun
  /// Maps one of all runs at a layer, by its index.
  case mapRun(run: Int, index: Int)

  package func run(in session: Session) { session.run(self) }
}

extension Event {
  package static func compare(_ event: CompareEvent) -> Event { .screen(event) }
}

extension Effect {
  package static func compare(_ effect: CompareEffect) -> Effect { .screen(effect) }
}
