extension ExploreScreen {
  /// From components to concepts, or back.
  static func toggleConceptAxes(_ state: inout ExploreState) {
    guard state.method != .concepts else {
      state.method = .principal
      return
    }
    // The cursor's concept first: it is what the user looks at.
    if let own = state.cursorConcept { state.conceptAxes = SIMD2(own, own == 0 ? 1 : 0) }
    state.method = .concepts
  }

  /// The next pair of components, or, where concepts are the axes, another concept for one of them.
  static func turnAxes(_ state: inout ExploreState, axis: Int, by step: Int) {
    guard state.method == .concepts else {
      let count = MapAxes.pairs.count
      state.pair = (state.pair + step + count) % count
      return
    }
    let count = state.concepts.count
    repeat {
      state.conceptAxes[axis] = (state.conceptAxes[axis] + 1) % count
    } while state.conceptAxes.x == state.conceptAxes.y
  }

  /// Changes what the map is drawn along; maps that were there once are there again.
  static func changeAxes(
    _ state: inout ExploreState, _ change: (inout ExploreState) -> Void
  ) -> [Effect] {
    let old = state.axes
    let shown = state.shownPoints
    let stopped = stopTSNE(&state)
    state.play = nil
    state.morph = nil
    change(&state)
    guard state.axes != old else { return stopped }
    // What is kept takes 12 MB for 50,000 rows and 31 layers.
    if state.keptMaps.count >= 4 { state.keptMaps = [:] }
    state.keptMaps[old] = state.maps.map { if case .computing = $0 { .missing } else { $0 } }
    state.maps =
      state.keptMaps.removeValue(forKey: state.axes)
      ?? Array(repeating: .missing, count: state.layers.count)
    state.lastPoints = shown
    state.shownLayer = state.layer
    return stopped + request(&state)
  }

  /// Leaves the run: what is under way for it is asked for again when it is back.
  package static func leave(_ state: inout ExploreState) -> [Effect] {
    let stopped = stopTSNE(&state)
    state.play = nil
    state.morph = nil
    state.list = nil
    state.naming = nil
    state.exporting = nil
    state.isExporting = false
    state.selecting = nil
    state.dragFrom = nil
    state.maps = state.maps.map { if case .computing = $0 { .missing } else { $0 } }
    state.separations = state.separations.map { if case .computing = $0 { .missing } else { $0 } }
    state.isFindingNearest = false
    state.isJudging = false
    state.isComparing = false
    return stopped
  }

  /// Ends what stands out most: the walk, the search, the selection.
  package static func end(_ state: inout ExploreState) -> [Effect] {
    if state.play != nil { return stopPlaying(&state) }
    if state.search != nil { state.search = nil } else { state.group = nil }
    return []
  }
}
