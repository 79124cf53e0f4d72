/// The Explore screen: one run, one layer's map at a time.
package enum ExploreScreen {
  static func perform(_ id: Command.ID, _ key: Key, _ state: inout AppState) -> [Effect] {
    switch id {
    case .previousLayer: return show(layer: state.explore.layer - 1, &state.explore)
    case .nextLayer: return show(layer: state.explore.layer + 1, &state.explore)
    case .firstLayer: return show(layer: 0, &state.explore)
    case .lastLayer: return show(layer: state.explore.layers.count - 1, &state.explore)

    case .bestLayer:
      if let best = state.explore.bestLayer { return show(layer: best, &state.explore) }
    case .stripMetric:
      state.explore.stripMetric = next(state.explore.stripMetric)
      state.message = AppState.Message(
        text: "strip: \(state.explore.stripMetric.rawValue)", isError: false)

    case .projection: return changeMethod(&state)
    case .conceptAxes, .nextAxes, .previousAxes: return perform(axes: id, &state)
    case .play: return play(&state)
    case .export, .nextFormat, .acceptExport, .cancelExport: return perform(export: id, &state)
    case .tour: state.explore.tour = state.explore.tour == nil ? Tour() : nil
    case .tourNext:
      state.explore.tour?.step += 1
      if state.explore.tour?.current == nil { state.explore.tour = nil }
    case .pause: return pause(&state.explore)
    case .perplexityDown: return changePerplexity(by: 1 / 1.5, &state)
    case .perplexityUp: return changePerplexity(by: 1.5, &state)
    case .newSeed:
      state.explore.tsne.seed += 1
      state.message = AppState.Message(text: "seed \(state.explore.tsne.seed)", isError: false)
      return restart(&state.explore)

    case .nextPoint: step(1, &state.explore)
    case .previousPoint: step(-1, &state.explore)
    case .nextOfConcept: step(1, &state.explore, sameConcept: true)
    case .previousOfConcept: step(-1, &state.explore, sameConcept: true)
    case .pointLeft: walk(SIMD2(-1, 0), &state)
    case .pointRight: walk(SIMD2(1, 0), &state)
    case .pointUp: walk(SIMD2(0, 1), &state)
    case .pointDown: walk(SIMD2(0, -1), &state)
    case .textDown: scrollText(1, &state)
    case .textUp: scrollText(-1, &state)

    case .neighbours: state.explore.showsNeighbours.toggle()
    case .metric:
      state.explore.metric = next(state.explore.metric)
      state.message = AppState.Message(
        text: "neighbours by \(state.explore.metric.rawValue)", isError: false)
    case .lists, .groups, .closeList, .listNext, .listDown, .listUp, .listGo, .deleteEntry,
      .markGroup, .nameGroup, .acceptName, .cancelName, .saveGroup, .bookmark:
      return perform(list: id, &state)
    case .select, .selectShape, .selectAnchor, .selectLeft, .selectRight, .selectUp, .selectDown,
      .acceptSelection, .cancelSelection, .nextOfGroup, .previousOfGroup:
      return perform(selection: id, key, &state)
    case .search, .acceptSearch, .cancelSearch, .searchExpression, .searchHides,
      .typedSearchHides:
      perform(search: id, &state.explore)
    case .clearSearch: return end(&state.explore)
    case .nextMatch: step(1, &state.explore)
    case .previousMatch: step(-1, &state.explore)

    case .toggleConcept:
      if case .character(let digit) = key, let number = Int(String(digit)) {
        toggle(number - 1, &state.explore)
      }
    case .onlyConcept:
      if let row = state.explore.cursor {
        only(Int(state.explore.conceptOfRow[row]), &state.explore)
      }
    case .showAll: state.explore.hidden = []
    case .focusConcepts:
      state.explore.focus = .concepts
      if let row = state.explore.cursor {
        state.explore.legendIndex = Int(state.explore.conceptOfRow[row])
      }
    case .leaveConcepts: state.explore.focus = .map
    case .conceptDown:
      state.explore.legendIndex = min(
        state.explore.concepts.count - 1, state.explore.legendIndex + 1)
    case .conceptUp: state.explore.legendIndex = max(0, state.explore.legendIndex - 1)
    case .conceptToggle: toggle(state.explore.legendIndex, &state.explore)
    case .conceptOnly: only(state.explore.legendIndex, &state.explore)

    case .zoomIn: zoom(1.4, around: nil, &state)
    case .zoomOut: zoom(1 / 1.4, around: nil, &state)
    case .fit: state.explore.view = .whole
    case .panLeft: pan(SIMD2(-1, 0), &state.explore)
    case .panRight: pan(SIMD2(1, 0), &state.explore)
    case .panUp: pan(SIMD2(0, 1), &state.explore)
    case .panDown: pan(SIMD2(0, -1), &state.explore)
    case .marks:
      state.explore.marks = next(state.explore.marks)
      state.message = AppState.Message(
        text: "marks: \(state.explore.marks.rawValue)", isError: false)
    case .colors, .previousColors:
      let modes = ColorMode.all(state.explore)
      let index = modes.firstIndex(of: state.explore.colorMode) ?? 0
      let step = id == .colors ? 1 : modes.count - 1
      state.explore.colorMode = modes[(index + step) % modes.count]
      state.message = AppState.Message(
        text: "colour: \(state.explore.colorMode.name(state.explore))", isError: false)
    default: break
    }
    return []
  }

  package static func next<Choice: CaseIterable & Equatable>(_ choice: Choice) -> Choice {
    let all = Array(Choice.allCases)
    let index = all.firstIndex(of: choice) ?? 0
    return all[(index + 1) % all.count]
  }

  // MARK: layers

  package static func show(layer: Int, _ state: inout ExploreState) -> [Effect] {
    guard state.layers.indices.contains(layer) else { return [] }
    state.play = nil
    state.morph = nil
    state.layer = layer
    state.nearestFailed = false
    let stopped = stopTSNE(&state)
    if state.maps[layer].map != nil { state.shownLayer = layer }
    return stopped + request(&state)
  }

  /// Asks for the current layer's map, or, once that is there, for the nearest missing one, so
  /// that the next key finds it ready. One at a time: what is asked for next depends on where the
  /// user is then.
  package static func request(_ state: inout ExploreState) -> [Effect] {
    guard !state.rows.isEmpty, state.maps.indices.contains(state.layer) else { return [] }
    let wanted: Int
    let isUrgent = state.maps[state.layer] == .missing
    if isUrgent {
      wanted = state.layer
    } else {
      let missing = state.maps.indices.filter { state.maps[$0] == .missing }
      guard !state.maps.contains(.computing),
        let nearest = missing.min(by: { distance($0, state.layer) < distance($1, state.layer) })
      else { return [] }
      wanted = nearest
    }
    state.maps[wanted] = .computing
    let ready = state.maps.indices.filter { state.maps[$0].map != nil }
    let reference = ready.min { distance($0, wanted) < distance($1, wanted) }
    return [.computeMap(index: wanted, reference: reference, isUrgent: isUrgent)]
  }

  /// What the state needs computed after any event: the separation of the layers, once the maps are
  /// there, and the nearest rows of the cursor. One of each at a time.
  static func followUp(_ state: inout AppState) -> [Effect] {
    var explore = state.explore
    defer { state.explore = explore }
    guard !explore.rows.isEmpty, explore.maps.indices.contains(explore.layer),
      !explore.maps.contains(.computing)
    else { return [] }
    var effects: [Effect] = []
    // While layers go by, nobody reads what belongs to one.
    let isResting = state.tick == nil
    if let pair = explore.comparedGroups, !explore.isComparing, explore.comparison?.pair != pair {
      explore.isComparing = true
      effects.append(.compareGroups(pair))
    }
    if isResting, !explore.isFindingNearest, let row = explore.cursor,
      explore.showsNeighbours || DetailPane.hasNeighbours(state),
      let layer = explore.layerWithoutNearest
    {
      explore.isFindingNearest = true
      effects.append(.findNearest(row: row, index: layer, explore.metric))
    }
    if explore.method == .tsne, explore.running == nil, explore.embeddings[explore.layer] == nil,
      explore.maps[explore.layer].map != nil
    {
      effects += startTSNE(&explore, from: nil)
    }
    if isResting, !explore.isJudging, let key = explore.qualityToJudge {
      explore.isJudging = true
      effects.append(.judge(key))
    }
    if explore.concepts.count > 1, !explore.separations.contains(.computing) {
      let missing = explore.separations.indices.filter { explore.separations[$0] == .missing }
      if let wanted = missing.min(by: {
        distance($0, explore.layer) < distance($1, explore.layer)
      }) {
        explore.separations[wanted] = .computing
        effects.append(.measureSeparation(index: wanted))
      }
    }
    return effects
  }

  package static func receive(_ state: inout AppState, _ result: Result<NearestRows, Problem>) {
    state.explore.isFindingNearest = false
    switch result {
    case .success(let nearest): state.explore.keep(nearest)
    case .failure(let problem):
      // Asked again at another layer: what is broken here stays so.
      state.explore.nearestFailed = true
      if problem != .cancelled {
        state.message = AppState.Message(text: problem.text, isError: true)
      }
    }
  }

  private static func distance(_ a: Int, _ b: Int) -> Int { abs(a - b) }

  package static func receive(
    _ state: inout ExploreState, index: Int, _ result: Result<LayerMap, Problem>
  ) -> [Effect] {
    guard state.maps.indices.contains(index) else { return [] }
    switch result {
    case .success(let map):
      // The axes were changed meanwhile: that map has been asked for afresh.
      guard map.axes == state.axes else { return [] }
      state.maps[index] = .ready(map)
    case .failure(let problem): state.maps[index] = .failed(problem)
    }
    if index == state.layer && state.maps[index].map != nil { state.shownLayer = index }
    return request(&state)
  }

  // MARK: the cursor

  package static func move(to row: Int?, _ state: inout ExploreState) {
    if row != state.cursor { state.detailScroll = 0 }
    state.cursor = row
  }

  package static func step(
    _ direction: Int, _ state: inout ExploreState, sameConcept: Bool = false
  ) {
    guard let cursor = state.cursor else { return }
    let count = state.rows.count
    for distance in 1...max(1, count) {
      let row = ((cursor + direction * distance) % count + count) % count
      guard state.isVisible(row), state.isMatch(row) else { continue }
      if sameConcept && state.conceptOfRow[row] != state.conceptOfRow[cursor] { continue }
      move(to: row, &state)
      return
    }
  }

  /// Goes to the point that lies best in a direction: near, and more along than across.
  private static func walk(_ direction: SIMD2<Float>, _ app: inout AppState) {
    guard let cursor = app.explore.cursor, let points = app.shownPoints else { return }
    let state = app.explore
    let from = points[cursor]
    var best: (row: Int, cost: Float)?
    for row in points.indices where row != cursor && state.isVisible(row) && state.isMatch(row) {
      let offset = points[row] - from
      let along = (offset * direction).sum()
      let across = abs((offset * SIMD2(direction.y, direction.x)).sum())
      guard along > 0, across <= 2 * along else { continue }
      let cost = along + 2 * across
      if best.map({ cost < $0.cost }) ?? true { best = (row, cost) }
    }
    if let best { move(to: best.row, &app.explore) }
  }

  // MARK: concepts

  package static func toggle(_ concept: Int, _ state: inout ExploreState) {
    guard state.concepts.indices.contains(concept) else { return }
    if state.hidden.remove(concept) == nil { state.hidden.insert(concept) }
    keepCursorVisible(&state)
  }

  private static func only(_ concept: Int, _ state: inout ExploreState) {
    guard state.concepts.indices.contains(concept) else { return }
    let others = Set(state.concepts.indices).subtracting([concept])
    state.hidden = state.hidden == others ? [] : others
    keepCursorVisible(&state)
  }

  static func keepCursorVisible(_ state: inout ExploreState) {
    if let cursor = state.cursor, state.isVisible(cursor) { return }
    let start = state.cursor ?? 0
    let rows = state.rows.indices
    let next = rows[start...].first { state.isVisible($0) } ?? rows.first { state.isVisible($0) }
    // With everything hidden the cursor stays where it was and is not drawn.
    if let next { move(to: next, &state) }
  }

  // MARK: the view

  /// Magnifies around a place of the map panel, else around the cursor, which stays where it is.
  package static func zoom(_ factor: Float, around place: SIMD2<Float>?, _ state: inout AppState) {
    let panel = state.mapPanel
    guard let points = state.shownPoints, let bounds = state.mapBounds else { return }
    let before = Viewport(bounds: bounds, view: state.explore.view, size: panel)
    let anchor: SIMD2<Float>
    if let place {
      anchor = before.world(place)
    } else if let cursor = state.explore.cursor, state.explore.isVisible(cursor) {
      anchor = points[cursor]
    } else {
      anchor = before.center
    }
    let range = View.zoomRange
    state.explore.view.zoom = min(
      range.upperBound, max(range.lowerBound, state.explore.view.zoom * factor))
    let after = Viewport(bounds: bounds, view: state.explore.view, size: panel)
    // Columns per half-width: pan is in units of it.
    let unit = max(0.5, Float(panel.width - 1)) / 2 / (after.scale / state.explore.view.zoom)
    let moved = (anchor - before.center) * (1 - before.scale / after.scale)
    state.explore.view.pan += moved / unit
    if abs(state.explore.view.zoom - 1) < 0.01 { state.explore.view = .whole }
  }

  private static func pan(_ direction: SIMD2<Float>, _ state: inout ExploreState) {
    state.view.pan += direction * 0.25 / state.view.zoom
  }

  private static func scrollText(_ direction: Int, _ state: inout AppState) {
    let layout = ExploreLayout(state)
    let pane = DetailPane(state, layout)
    let page = max(1, pane.visibleLines - 1)
    state.explore.detailScroll = max(
      0, min(pane.lastScroll, state.explore.detailScroll + direction * page))
  }
}
