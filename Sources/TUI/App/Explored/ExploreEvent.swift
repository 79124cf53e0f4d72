import SeerAnalysis
import SeerProjection

/// What was computed of the run that is explored.
package enum ExploreEvent: ScreenEvent {
  /// The map of a layer, by its index among the run's layers.
  case map(index: Int, Result<LayerMap, Problem>)
  /// The experts of a layer's rows.
  case experts(index: Int, RowExperts)
  case separation(index: Int, Result<LayerSeparation, Problem>)
  /// A map as far as it has grown, or why it ended; `run` tells it from runs given up.
  case embedding(run: Int, Result<Embedding, Problem>)
  case judged(QualityKey, MapTrust?)
  case nearest(Result<NearestRows, Problem>)
  case groupsCompared(GroupPair, GroupComparison?)

  package func receive(_ state: inout AppState) -> [Effect] {
    switch self {
    case .map(let index, let result):
      return state.explore.receive(index: index, result)
    case .experts(let index, let experts): state.explore.experts[index] = experts
    case .separation(let index, let result):
      if state.explore.figures.separations.indices.contains(index) {
        state.explore.figures.separations[index] = (try? result.get()).map { .ready($0) } ?? .failed
      }
    case .embedding(let run, let result): state.receive(run: run, result)
    case .judged(let key, let trust):
      state.explore.chart.isJudging = false
      state.explore.chart.qualities[key] = trust ?? MapTrust()
    case .nearest(let result): state.receive(result)
    case .groupsCompared(let pair, let comparison):
      state.explore.selection.isComparing = false
      state.explore.selection.comparison = (pair, comparison)
    }
    return []
  }
}

/// What is wanted of the run that is explored.
package enum ExploreEffect: ScreenEffect {
  /// Computes the map of a layer, turned onto that of `reference` where there is one.
  case computeMap(index: Int, reference: Int?, isUrgent: Bool)
  case measureSeparation(index: Int)
  /// Finds the rows nearest to one at a layer, by its index.
  case findNearest(row: Int, index: Int, NeighbourMetric)
  /// Makes the map of a layer by a layout that grows.
  case growMap(LayoutStart)
  case pauseMap(Bool)
  case stopMap
  case judge(QualityKey)
  case compareGroups(GroupPair)

  package func run(in session: Session) { session.run(self) }
}

extension Event {
  package static func explore(_ event: ExploreEvent) -> Event { .screen(event) }
}

extension Effect {
  package static func explore(_ effect: ExploreEffect) -> Effect { .screen(effect) }
}
