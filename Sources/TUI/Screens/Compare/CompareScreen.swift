import SeerApp
import SeerProjection
import SeerWidgets

/// The Compare screen: two runs over the same rows, on the same axes.
package enum CompareScreen: Screen {
  package static let id = ScreenID.compare
  package static let helpSections = [HelpSection.mapLine, Glossary.help]
  package static let entry = ScreenEntry(
    command: "showCompare", key: "F3", help: "Compare: two runs side by side", hint: "compare",
    isOfFirstRun: true)

  package static func open(_ workspace: Workspace, in state: inout AppState) {
    state.compare = workspace.tuned.map { CompareState.opening(base: workspace.run, tuned: $0) }
    state.compare?.runs = RunPanels(names: workspace.sources.map(\.name))
  }

  package static func pair(with tuned: RunSource, in session: Session) {
    session.handle(.compare(.paired(session.pair(with: tuned))))
  }

  package static func isThere(_ state: AppState) -> Bool { state.compare != nil }
  package static func absence(_ state: AppState) -> String {
    "One run is open. F6 lists others: Space holds one, Enter opens the next beside it; or name two "
      + "with --run."
  }
  package static func isBusy(_ state: AppState) -> Bool {
    state.compare?.isBusy(at: state.explore.layer) ?? false
  }
  package static func motion(_ state: AppState) -> Motion? {
    state.compare?.morph == nil ? nil : Motion(interval: .milliseconds(33), ends: true)
  }

  package static func ground(_ state: AppState) -> KeyContext { .compare }
  package static func context(_ state: AppState) -> KeyContext {
    if state.compare?.explained != nil { return .figures }
    return state.explore.filter.search?.isEditing ?? false ? .search : .compare
  }

  package static func perform(_ command: Command, _ key: Key, _ state: inout AppState) -> [Effect] {
    if let answer = answers[command.id] { return answer(&state, key) }
    let layer = state.explore.layer
    let effects = command.perform(&state, key)
    return state.explore.layer == layer ? effects : effects + follow(&state)
  }

  /// Another pair, looked at as the one before was.
  static func show(_ pair: CompareState, _ state: inout AppState) -> [Effect] {
    var pair = pair
    if let old = state.compare {
      pair.explained = old.explained
      pair.panel = old.panel
      pair.sharesAxes = old.sharesAxes
      pair.showsArrows = old.showsArrows
      pair.isSwapped = old.isSwapped
      pair.runs.isShown = old.runs.isShown
    }
    state.compare = pair
    state.message = AppState.Message(text: pair.title(state.theme.glyphs), isError: false)
    return []
  }

  package static func type(_ key: Key, _ state: inout AppState) {
    guard context(state) == .search else { return }
    state.explore.filter.search?.query.type(key)
    state.explore.find()
  }

  /// Goes with the layer: a map that is still growing is given up.
  private static func follow(_ state: inout AppState) -> [Effect] {
    let stopped = stopMap(&state)
    let layer = state.explore.layer
    state.compare?.follow(layer)
    return stopped
  }

  /// A thirtieth of a second of a glide that takes two thirds of one.
  package static func tick(_ state: inout AppState) -> [Effect] {
    guard let compare = state.compare, let morph = compare.morph else { return [] }
    guard case .one(let share) = compare.shown else {
      state.compare?.morph = nil
      return []
    }
    let step: Float = 0.05
    let left = morph.target - share
    if abs(left) <= step {
      state.compare?.shown = .one(morph.target)
      state.compare?.morph = nil
    } else {
      state.compare?.shown = .one(share + (left > 0 ? step : -step))
    }
    return []
  }

  /// What the state needs computed: the current layer's map first, then its figures, then what
  /// the neighbouring layers will need.
  package static func followUp(_ state: inout AppState) -> [Effect] {
    guard var compare = state.compare, compare.problem == nil, !state.explore.run.rows.isEmpty
    else {
      return []
    }
    defer { state.compare = compare }
    let layer = state.explore.layer
    let byDistance = state.explore.run.layers.indices.sorted {
      (abs($0 - layer), $0) < (abs($1 - layer), $1)
    }
    var effects: [Effect] = []
    if compare.runs.isShown, !compare.runs.isComputing,
      let run = compare.runs.missing(layer: layer)
    {
      compare.runs.isComputing = true
      effects.append(.compare(.mapRun(run: run, index: layer)))
    }
    if compare.maps[layer] == nil || !compare.maps.values.contains(.computing),
      let wanted = byDistance.first(where: { compare.maps[$0] == nil })
    {
      let number = state.explore.run.layers[wanted]
      if compare.tunedLayers.contains(number) {
        let ready = byDistance.filter { compare.maps[$0]?.map != nil }
        let reference = ready.min { abs($0 - wanted) < abs($1 - wanted) }
        compare.maps[wanted] = .computing
        effects.append(
          .compare(.computeMap(index: wanted, reference: reference, isUrgent: wanted == layer)))
      } else {
        compare.maps[wanted] = .failed(Problem("The second run has no layer \(number)."))
      }
    }
    if compare.growing.running == nil, compare.embedding(layer) == nil {
      effects += startMap(&compare, layer: layer, state.explore)
    }
    if !compare.isJudging, let embedding = compare.embedding(layer), embedding.isDone,
      compare.trusts[embedding.run] == nil
    {
      compare.isJudging = true
      effects.append(.compare(.judge(embedding)))
    }
    effects += measure(&state, &compare)
    let isMeasuring =
      compare.separations.values.contains(.computing)
      || state.explore.figures.separations.contains(.computing)
    guard state.explore.run.concepts.count > 1, !isMeasuring else { return effects }
    for wanted in byDistance {
      if state.explore.figures.separations[wanted] == .missing {
        state.explore.figures.separations[wanted] = .computing
        return effects + [.explore(.measureSeparation(index: wanted))]
      }
      if compare.separations[wanted] == nil,
        compare.tunedLayers.contains(state.explore.run.layers[wanted])
      {
        compare.separations[wanted] = .computing
        return effects + [.compare(.measureSeparation(index: wanted))]
      }
    }
    return effects
  }

  package static func update(_ state: inout AppState, _ mouse: Mouse) -> [Effect] {
    if state.compare?.explained != nil { return FiguresOverlay.update(&state, mouse) }
    let layout = CompareLayout(state)
    switch mouse.action {
    case .left:
      if let layer = PairStrip(state, layout).layer(at: mouse.place) {
        return state.explore.show(layer: layer) + follow(&state)
      }
      if let row = ComparePanels(state, layout)?.movedRow(at: mouse.place) {
        state.explore.move(to: row)
        return []
      }
      if let concept = CompareSummary(state, layout)?.concept(at: mouse.place) {
        state.explore.toggle(concept)
        return []
      }
      if let view = RunPanelsView(state, layout) {
        if let row = view.row(at: mouse.place) { state.explore.move(to: row) }
        break
      }
      guard let compare = state.compare, let map = compare.shownMap(state.explore.layer) else {
        break
      }
      if !layout.panels.contains(where: { $0.contains(mouse.place) }) {
        state.explain(mouse.place)
      }
      for (panel, points) in zip(layout.panels, compare.sides(map))
      where panel.contains(mouse.place) {
        state.explore.look.dragFrom = mouse.place
        guard let bounds = compare.bounds(of: points, map, state.explore) else { continue }
        let place = SIMD2(
          Float(mouse.place.x - panel.x) + 0.5, Float(mouse.place.y - panel.y) + 0.5)
        let viewport = Viewport(bounds: bounds, view: state.explore.look.view, size: panel.size)
        if let row = state.explore.nearest(place, points, viewport) {
          state.explore.move(to: row)
        }
      }
    case .drag:
      guard let width = layout.panels.first?.width else { break }
      state.explore.drag(to: mouse.place, width: width)
    case .release: state.explore.look.dragFrom = nil
    case .wheelUp, .wheelDown:
      let isDown = mouse.action == .wheelDown
      if layout.strip.contains(mouse.place) {
        let layer = state.explore.layer + (isDown ? 1 : -1)
        return state.explore.show(layer: layer) + follow(&state)
      }
      for panel in layout.panels where panel.contains(mouse.place) {
        let place = SIMD2(
          Float(mouse.place.x - panel.x) + 0.5, Float(mouse.place.y - panel.y) + 0.5)
        state.zoom(isDown ? 1 / 1.25 : 1.25, around: place)
      }
    default: break
    }
    return []
  }
}

extension CompareState {
  /// Shows a layer's map once it is there.
  mutating func follow(_ layer: Int) { if maps[layer]?.map != nil { shownLayer = layer } }

  /// The points of each panel, left first.
  package func sides(_ map: PairMap) -> [[SIMD2<Float>]] {
    switch shown {
    case .one(let share): [map.points(at: share)]
    case .both: isSwapped ? [map.tuned, map.base] : [map.base, map.tuned]
    }
  }
}
