import SeerApp
import SeerProjection

extension ExploreScreen {
  /// From components to concepts, or back.
  static func toggleConceptAxes(_ state: inout ExploreState) {
    guard state.chart.method != .concepts else {
      state.chart.method = .principal
      return
    }
    // The cursor's concept first: it is what the user looks at.
    if let own = state.cursorConcept { state.chart.conceptAxes = SIMD2(own, own == 0 ? 1 : 0) }
    state.chart.method = .concepts
  }

  /// Along the concepts' prototypes, a probe's weights, or in the plane of three prototypes.
  static func turnDirection(_ state: inout ExploreState) {
    repeat {
      state.chart.direction = state.chart.direction.next
    } while state.chart.direction == .plane && state.run.concepts.count < 3
  }

  /// The next pair of components, or, where concepts are the axes, another concept for one of them.
  static func turnAxes(_ state: inout ExploreState, axis: Int, by step: Int) {
    guard state.chart.method == .concepts else {
      let count = MapAxes.pairs.count
      state.chart.pair = (state.chart.pair + step + count) % count
      return
    }
    let count = state.run.concepts.count
    repeat {
      state.chart.conceptAxes[axis] = (state.chart.conceptAxes[axis] + 1) % count
    } while state.chart.conceptAxes.x == state.chart.conceptAxes.y
  }

  /// Changes what the map is drawn along; maps that were there once are there again.
  static func changeAxes(
    _ state: inout ExploreState, _ change: (inout ExploreState) -> Void
  ) -> [Effect] {
    let old = state.chart.axes
    let shown = state.shownPoints
    let stopped = state.stopMap()
    state.walk.play = nil
    state.walk.morph = nil
    change(&state)
    guard state.chart.axes != old else { return stopped }
    // What is kept takes 12 MB for 50,000 rows and 31 layers.
    if state.chart.keptMaps.count >= 4 { state.chart.keptMaps = [:] }
    state.chart.keptMaps[old] = state.chart.maps.map {
      if case .computing = $0 { .missing } else { $0 }
    }
    state.chart.maps =
      state.chart.keptMaps.removeValue(forKey: state.chart.axes)
      ?? Array(repeating: .missing, count: state.run.layers.count)
    state.chart.lastPoints = shown
    state.chart.shownLayer = state.layer
    return stopped + state.request()
  }

  /// Ends what stands out most: the walk, the search, the selection.
  package static func end(_ state: inout ExploreState) -> [Effect] {
    if state.walk.play != nil { return stopPlaying(&state) }
    if state.filter.search != nil { state.filter.search = nil } else { state.selection.group = nil }
    return []
  }
}
