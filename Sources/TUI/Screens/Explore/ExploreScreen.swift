import SeerApp
import SeerProjection
import SeerWidgets

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
    tour.note(command) { [state] in state.registry[$0].isThere(state) }
    state.explore.tour = tour.current == nil ? nil : tour
  }

  package static func type(_ key: Key, _ state: inout AppState) {
    switch context(state) {
    case .search:
      state.explore.filter.search?.query.type(key)
      state.explore.find()
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

  // MARK: what it wants computed

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
      effects += explore.startMap()
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
        abs($0 - explore.layer) < abs($1 - explore.layer)
      }) {
        explore.figures.separations[wanted] = .computing
        effects.append(.explore(.measureSeparation(index: wanted)))
      }
    }
    return effects
  }

  // MARK: the cursor

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
    if let best { app.explore.move(to: best.row) }
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
    state.move(to: row)
  }

  static func goBack(_ state: inout ExploreState) {
    guard let row = state.trail.popLast() else { return }
    state.move(to: row)
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
    return state.copy(rows.map { explore.run.rows[$0].text }.joined(separator: "\n"), what)
  }

  // MARK: concepts

  package static func only(_ concept: Int, _ state: inout ExploreState) {
    guard state.run.concepts.indices.contains(concept) else { return }
    let others = Set(state.run.concepts.indices).subtracting([concept])
    state.filter.hidden = state.filter.hidden == others ? [] : others
    state.keepCursorVisible()
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
