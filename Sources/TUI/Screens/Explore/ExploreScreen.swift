import SeerProjection
import SeerWidgets

extension ScreenID {
  package static let explore: ScreenID = "explore"
}

/// The Explore screen: one run, one layer's map at a time.
package enum ExploreScreen: Screen {
  package static let id = ScreenID.explore
  package static let entry = ScreenEntry(
    command: "showExplore", key: "F2", help: "Explore: one run, layer by layer", hint: "explore")
  package static let helpSections = [
    HelpSection(title: "In the list of concepts", context: .concepts),
    HelpSection(title: "While selecting", context: .select),
    HelpSection(title: "In a list", context: .list),
    HelpSection(title: "Among small maps", context: .multiples),
    .mapLine, Glossary.help,
  ]

  package static func isThere(_ state: AppState) -> Bool { state.hasRun }
  package static func absence(_ state: AppState) -> String {
    "No run is open: F6 lists what there is."
  }
  package static func isBusy(_ state: AppState) -> Bool { state.explore.isBusy }
  package static func motion(_ state: AppState) -> Motion? {
    state.explore.tick.map { Motion(interval: $0) }
  }

  package static func ground(_ state: AppState) -> KeyContext {
    state.explore.panels.focus == .concepts ? .concepts : .map
  }
  package static func helpContext(_ state: AppState) -> KeyContext { .map }
  package static func context(_ state: AppState) -> KeyContext {
    if state.explore.filter.search?.isEditing ?? false { return .search }
    if state.explore.export.asked != nil { return .exporting }
    if state.explore.selection.naming != nil { return .naming }
    if state.explore.lists.open != nil { return .list }
    if state.explore.multiples != nil { return .multiples }
    if state.explore.selection.selecting != nil { return .select }
    return ground(state)
  }

  package static func hear(_ command: CommandID, _ state: inout AppState) {
    guard var tour = state.explore.tour else { return }
    tour.note(command) { [state] in Screens[$0].isThere(state) }
    state.explore.tour = tour.current == nil ? nil : tour
  }

  package static func type(_ key: Key, _ state: inout AppState) {
    switch context(state) {
    case .search:
      state.explore.filter.search?.query.type(key)
      find(&state.explore)
    case .naming: state.explore.selection.naming?.type(key)
    case .exporting:
      guard var path = state.explore.export.asked?.path else { return }
      path.type(key)
      state.explore.export.asked = Exporting(path: path)
    default: break
    }
  }

  package static func tick(_ state: inout AppState) -> [Effect] {
    state.screen == id ? tick(&state.explore) : []
  }

  package static func draw(_ state: AppState, into surface: inout Surface) {
    let layout = ExploreLayout(state)
    if state.explore.multiples != nil {
      drawMultiples(state, into: &surface)
      LayerStrip(state, layout).draw(into: &surface)
      return
    }
    MapPane(state, layout).draw(into: &surface)
    LegendPane(state, layout).draw(into: &surface)
    DetailPane(state, layout).draw(into: &surface)
    LayerStrip(state, layout).draw(into: &surface)
    RowListPane(state, layout)?.draw(into: &surface)
  }

  package static func drawFooter(_ rect: Rect, _ state: AppState, into surface: inout Surface)
    -> Bool
  {
    ExploreFooter(state, rect).draw(into: &surface)
  }

  package static func next<Choice: CaseIterable & Equatable>(_ choice: Choice) -> Choice {
    let all = Array(Choice.allCases)
    let index = all.firstIndex(of: choice) ?? 0
    return all[(index + 1) % all.count]
  }

  // MARK: layers

  package static func show(layer: Int, _ state: inout ExploreState) -> [Effect] {
    guard state.run.layers.indices.contains(layer) else { return [] }
    state.walk.play = nil
    state.walk.morph = nil
    state.layer = layer
    state.neighbours.failed = false
    let stopped = stopMap(&state)
    if state.chart.maps[layer].map != nil { state.chart.shownLayer = layer }
    return stopped + request(&state)
  }

  /// Asks for the current layer's map, or, once that is there, for the nearest missing one, so
  /// that the next key finds it ready. One at a time: what is asked for next depends on where the
  /// user is then.
  package static func request(_ state: inout ExploreState) -> [Effect] {
    guard !state.run.rows.isEmpty, state.chart.maps.indices.contains(state.layer) else { return [] }
    let wanted: Int
    let isUrgent = state.chart.maps[state.layer] == .missing
    if isUrgent {
      wanted = state.layer
    } else {
      let missing = state.chart.maps.indices.filter { state.chart.maps[$0] == .missing }
      guard !state.chart.maps.contains(.computing),
        let nearest = missing.min(by: { distance($0, state.layer) < distance($1, state.layer) })
      else { return [] }
      wanted = nearest
    }
    state.chart.maps[wanted] = .computing
    let ready = state.chart.maps.indices.filter { state.chart.maps[$0].map != nil }
    let reference = ready.min { distance($0, wanted) < distance($1, wanted) }
    return [.explore(.computeMap(index: wanted, reference: reference, isUrgent: isUrgent))]
  }

  /// What the state needs computed after any event: the separation of the layers, once the maps are
  /// there, and the nearest rows of the cursor. One of each at a time.
  package static func followUp(_ state: inout AppState) -> [Effect] {
    // A picture of the screen in front alone.
    state.explore.paint()
    var explore = state.explore
    defer { state.explore = explore }
    guard !explore.run.rows.isEmpty, explore.chart.maps.indices.contains(explore.layer),
      !explore.chart.maps.contains(.computing)
    else { return [] }
    var effects: [Effect] = []
    // While layers go by, nobody reads what belongs to one.
    let isResting = state.tick == nil
    if let pair = explore.comparedGroups, !explore.selection.isComparing,
      explore.selection.comparison?.pair != pair
    {
      explore.selection.isComparing = true
      effects.append(.explore(.compareGroups(pair)))
    }
    if isResting, !explore.neighbours.isFinding, let row = explore.cursor,
      explore.neighbours.isShown || explore.lists.open?.kind == .nearest
        || DetailPane.hasNeighbours(state),
      let wanted = explore.nearestToFind(of: row)
    {
      explore.neighbours.isFinding = true
      effects.append(
        .explore(.findNearest(row: wanted.row, index: wanted.layer, explore.neighbours.metric)))
    }
    if explore.growingKind != nil, explore.growing.running == nil, explore.embedding == nil,
      explore.chart.maps[explore.layer].map != nil
    {
      effects += startMap(&explore)
    }
    if isResting, !explore.chart.isJudging, let key = explore.qualityToJudge {
      explore.chart.isJudging = true
      effects.append(.explore(.judge(key)))
    }
    if explore.run.concepts.count > 1, !explore.figures.separations.contains(.computing) {
      let missing = explore.figures.separations.indices.filter {
        explore.figures.separations[$0] == .missing
      }
      if let wanted = missing.min(by: {
        distance($0, explore.layer) < distance($1, explore.layer)
      }) {
        explore.figures.separations[wanted] = .computing
        effects.append(.explore(.measureSeparation(index: wanted)))
      }
    }
    return effects
  }

  package static func receive(_ state: inout AppState, _ result: Result<NearestRows, Problem>) {
    state.explore.neighbours.isFinding = false
    switch result {
    case .success(let nearest):
      state.explore.neighbours.keep(nearest)
      fill(&state.explore)
    case .failure(let problem):
      // Asked again at another layer: what is broken here stays so.
      state.explore.neighbours.failed = true
      if problem != .cancelled {
        state.message = AppState.Message(text: problem.text, isError: true)
      }
    }
  }

  private static func distance(_ a: Int, _ b: Int) -> Int { abs(a - b) }

  package static func receive(
    _ state: inout ExploreState, index: Int, _ result: Result<LayerMap, Problem>
  ) -> [Effect] {
    guard state.chart.maps.indices.contains(index) else { return [] }
    switch result {
    case .success(let map):
      // The axes were changed meanwhile: that map has been asked for afresh.
      guard map.axes == state.chart.axes else { return [] }
      state.chart.maps[index] = .ready(map)
    case .failure(let problem): state.chart.maps[index] = .failed(problem)
    }
    if index == state.layer && state.chart.maps[index].map != nil { state.chart.shownLayer = index }
    return request(&state)
  }

  // MARK: the cursor

  package static func move(to row: Int?, _ state: inout ExploreState) {
    if row != state.cursor { state.panels.detailScroll = 0 }
    state.cursor = row
  }

  package static func step(
    _ direction: Int, _ state: inout ExploreState, sameConcept: Bool = false
  ) {
    guard let row = state.row(direction, sameConcept: sameConcept) else { return }
    move(to: row, &state)
  }

  /// Goes to the point that lies best in a direction: near, and more along than across.
  package static func walk(_ direction: SIMD2<Float>, _ app: inout AppState) -> [Effect] {
    guard let cursor = app.explore.cursor, let points = app.shownPoints else { return [] }
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
    return []
  }

  /// Goes to a row that something named, and knows the way back.
  package static func jump(to row: Int, _ state: inout ExploreState, from start: Int? = nil) {
    if let left = start ?? state.cursor, left != row {
      state.trail.append(left)
      if state.trail.count > 100 { state.trail.removeFirst() }
    }
    let concept = Int(state.run.conceptOfRow[row])
    state.filter.hidden.remove(concept)
    if state.filter.search.map({ !$0.matches[row] }) ?? false { state.filter.search = nil }
    move(to: row, &state)
  }

  static func goBack(_ state: inout ExploreState) {
    guard let row = state.trail.popLast() else { return }
    move(to: row, &state)
  }

  /// The list's entry, the rows selected, or the row.
  static func copy(_ state: inout AppState) -> [Effect] {
    let explore = state.explore
    var rows = explore.cursor.map { [$0] } ?? []
    if let list = explore.lists.open, list.entries.indices.contains(list.index) {
      rows = list.entries[list.index].rows
    } else if state.screen == id, let group = explore.selection.group {
      rows = group.rows
    }
    guard let first = rows.first else { return [] }
    let what = rows.count == 1 ? "row \(explore.run.rows[first].row)" : "\(rows.count) rows"
    return copy(rows.map { explore.run.rows[$0].text }.joined(separator: "\n"), what, &state)
  }

  /// - Parameter what: the text's name, for the message.
  static func copy(_ text: String, _ what: String, _ state: inout AppState) -> [Effect] {
    guard text.utf8.count <= 75_000 else {
      state.message = AppState.Message(
        text: "Terminals take 75 kB at most: select less, or export it (X).", isError: true)
      return []
    }
    state.message = AppState.Message(text: "Copied \(what).", isError: false)
    return [.copy(text)]
  }

  // MARK: concepts

  package static func toggle(_ concept: Int, _ state: inout ExploreState) {
    guard state.run.concepts.indices.contains(concept) else { return }
    if state.filter.hidden.remove(concept) == nil { state.filter.hidden.insert(concept) }
    keepCursorVisible(&state)
  }

  package static func only(_ concept: Int, _ state: inout ExploreState) {
    guard state.run.concepts.indices.contains(concept) else { return }
    let others = Set(state.run.concepts.indices).subtracting([concept])
    state.filter.hidden = state.filter.hidden == others ? [] : others
    keepCursorVisible(&state)
  }

  static func keepCursorVisible(_ state: inout ExploreState) {
    if let cursor = state.cursor, state.isVisible(cursor) { return }
    let start = state.cursor ?? 0
    let rows = state.run.rows.indices
    let next = rows[start...].first { state.isVisible($0) } ?? rows.first { state.isVisible($0) }
    // With everything hidden the cursor stays where it was and is not drawn.
    if let next { move(to: next, &state) }
  }

  // MARK: the view

  /// The whole map; where that is on screen, by all rows or by the bulk of them.
  static func fit(_ state: inout ExploreState) -> String {
    if state.look.view != .whole {
      state.look.view = .whole
    } else {
      state.look.fitsAll.toggle()
    }
    return state.look.fitsAll
      ? "All rows are on the map." : "The bulk of the rows fills the map; f again shows all."
  }

  /// Magnifies around a place of the map panel, else around the cursor, which stays where it is.
  @discardableResult
  package static func zoom(
    _ factor: Float, around place: SIMD2<Float>?, _ state: inout AppState
  ) -> [Effect] {
    let panel = state.mapPanel
    guard let points = state.shownPoints, let bounds = state.mapBounds else { return [] }
    let before = Viewport(bounds: bounds, view: state.explore.look.view, size: panel)
    let anchor: SIMD2<Float>
    if let place {
      anchor = before.world(place)
    } else if let cursor = state.explore.cursor, state.explore.isVisible(cursor) {
      anchor = points[cursor]
    } else {
      anchor = before.center
    }
    let range = View.zoomRange
    state.explore.look.view.zoom = min(
      range.upperBound, max(range.lowerBound, state.explore.look.view.zoom * factor))
    let after = Viewport(bounds: bounds, view: state.explore.look.view, size: panel)
    // Columns per half-width: pan is in units of it.
    let unit = max(0.5, Float(panel.width - 1)) / 2 / (after.scale / state.explore.look.view.zoom)
    let moved = (anchor - before.center) * (1 - before.scale / after.scale)
    state.explore.look.view.pan += moved / unit
    if abs(state.explore.look.view.zoom - 1) < 0.01 { state.explore.look.view = .whole }
    return []
  }

  package static func pan(_ direction: SIMD2<Float>, _ state: inout ExploreState) {
    state.look.view.pan += direction * 0.25 / state.look.view.zoom
  }

  static func scrollText(_ direction: Int, _ state: inout AppState) -> [Effect] {
    let layout = ExploreLayout(state)
    let pane = DetailPane(state, layout)
    let page = max(1, pane.visibleLines - 1)
    state.explore.panels.detailScroll = max(
      0, min(pane.lastScroll, state.explore.panels.detailScroll + direction * page))
    return []
  }
}
