/// What the Compare screen has computed.
package enum CompareEvent: Sendable {
  /// The map of a layer of both runs, by the layer's index.
  case map(index: Int, Result<PairMap, Problem>)
  /// The second run's separation at a layer.
  case separation(index: Int, Result<LayerSeparation, Problem>)
  case embedding(run: Int, Result<Embedding, Problem>)
  case judged(index: Int, MapTrust?)
  /// The share of a measurement that is done.
  case measuring(number: Int, Double)
  case figures(number: Int, Result<PairFigures, Problem>)
}

/// What the Compare screen wants computed.
package enum CompareEffect: Equatable, Sendable {
  case computeMap(index: Int, reference: Int?, isUrgent: Bool)
  case measureSeparation(index: Int)
  case startTSNE(index: Int, run: Int, isJoint: Bool, TSNEStart)
  case pauseTSNE(Bool)
  case stopTSNE
  /// Measures how far a t-SNE map can be trusted.
  case judge(index: Int, isJoint: Bool)
  case measureFigures(Measuring)
  case stopFigures
}

/// The Compare screen: two runs over the same rows, on the same axes.
enum CompareScreen {
  static func perform(_ id: Command.ID, _ key: Key, _ state: inout AppState) -> [Effect] {
    guard var compare = state.compare else { return [] }
    switch id {
    case .flicker:
      compare.morph = nil
      if case .one(let share) = compare.shown {
        compare.shown = .one(share < 0.5 ? 1 : 0)
      } else {
        compare.shown = .one(0)
      }
    case .morph:
      var share: Float = 0
      if case .one(let now) = compare.shown { share = now }
      let target = compare.morph?.target ?? share
      compare.shown = .one(share)
      compare.morph = CompareState.Morph(target: target < 0.5 ? 1 : 0)
    case .bothMaps:
      compare.shown = .both
      compare.morph = nil
    case .arrows: compare.showsArrows.toggle()
    case .swapSides: compare.isSwapped.toggle()
    case .comparePanel:
      let all = CompareState.Panel.allCases
      let index = all.firstIndex(of: compare.panel) ?? 0
      compare.panel = all[(index + 1) % all.count]
    case .measureFigures: return toggleMeasuring(&state)
    case .explainFigures:
      state.overlay = .figures(index: 0, scroll: 0)
      return []
    case .nextMoved, .previousMoved:
      goToMoved(by: id == .nextMoved ? 1 : -1, &state)
      return []
    case .projection: return changeMethod(&state)
    case .pause: return pause(&state)
    case .perplexityDown: return changePerplexity(by: 1 / 1.5, &state)
    case .perplexityUp: return changePerplexity(by: 1.5, &state)
    case .newSeed:
      state.compare?.tsne.seed += 1
      state.message = AppState.Message(text: "seed \(compare.tsne.seed + 1)", isError: false)
      return restart(&state)
    default:
      let layer = state.explore.layer
      let effects = ExploreScreen.perform(id, key, &state)
      return state.explore.layer == layer ? effects : effects + follow(&state)
    }
    state.compare = compare
    return []
  }

  /// Goes with the layer: a t-SNE map that is not finished is given up.
  private static func follow(_ state: inout AppState) -> [Effect] {
    let stopped = stopTSNE(&state)
    state.compare?.follow(state.explore.layer)
    return stopped
  }

  static func receive(_ state: inout AppState, _ event: CompareEvent) {
    switch event {
    case .map(let index, let result):
      switch result {
      case .success(let map): state.compare?.maps[index] = .ready(map)
      case .failure(let problem): state.compare?.maps[index] = .failed(problem)
      }
      state.compare?.follow(state.explore.layer)
    case .separation(let index, let result):
      state.compare?.separations[index] = (try? result.get()).map { .ready($0) } ?? .failed
    case .embedding(let run, let result): receive(&state, run: run, result)
    case .judged(let index, let trust):
      state.compare?.isJudging = false
      state.compare?.trusts[index] = trust ?? MapTrust()
    case .measuring(let number, let share):
      if state.compare?.measuring?.number == number { state.compare?.measuring?.share = share }
    case .figures(let number, let result):
      guard var compare = state.compare else { return }
      receive(&compare, number: number, result)
      state.compare = compare
    }
  }

  /// A thirtieth of a second of a glide that takes two thirds of one.
  static func tick(_ state: inout AppState) {
    guard let compare = state.compare, let morph = compare.morph else { return }
    guard case .one(let share) = compare.shown else {
      state.compare?.morph = nil
      return
    }
    let step: Float = 0.05
    let left = morph.target - share
    if abs(left) <= step {
      state.compare?.shown = .one(morph.target)
      state.compare?.morph = nil
    } else {
      state.compare?.shown = .one(share + (left > 0 ? step : -step))
    }
  }

  /// What the state needs computed: the current layer's map first, then its figures, then what
  /// the neighbouring layers will need.
  static func followUp(_ state: inout AppState) -> [Effect] {
    guard var compare = state.compare, compare.problem == nil, !state.explore.rows.isEmpty else {
      return []
    }
    defer { state.compare = compare }
    let layer = state.explore.layer
    let byDistance = state.explore.layers.indices.sorted {
      (abs($0 - layer), $0) < (abs($1 - layer), $1)
    }
    var effects: [Effect] = []
    if compare.maps[layer] == nil || !compare.maps.values.contains(.computing),
      let wanted = byDistance.first(where: { compare.maps[$0] == nil })
    {
      let number = state.explore.layers[wanted]
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
    if compare.method != .principal, compare.running == nil, compare.embeddings[layer] == nil {
      effects += startTSNE(&compare, layer: layer, from: nil)
    }
    if !compare.isJudging, compare.trusts[layer] == nil,
      compare.embeddings[layer]?.isDone ?? false
    {
      compare.isJudging = true
      effects.append(.compare(.judge(index: layer, isJoint: compare.method == .jointTSNE)))
    }
    effects += measure(&state, &compare)
    let isMeasuring =
      compare.separations.values.contains(.computing)
      || state.explore.separations.contains(.computing)
    guard state.explore.concepts.count > 1, !isMeasuring else { return effects }
    for wanted in byDistance {
      if state.explore.separations[wanted] == .missing {
        state.explore.separations[wanted] = .computing
        return effects + [.measureSeparation(index: wanted)]
      }
      if compare.separations[wanted] == nil,
        compare.tunedLayers.contains(state.explore.layers[wanted])
      {
        compare.separations[wanted] = .computing
        return effects + [.compare(.measureSeparation(index: wanted))]
      }
    }
    return effects
  }

  static func update(_ state: inout AppState, _ mouse: Mouse) -> [Effect] {
    let layout = CompareLayout(state)
    switch mouse.action {
    case .left:
      if let layer = PairStrip(state, layout).layer(at: mouse.place) {
        return ExploreScreen.show(layer: layer, &state.explore) + follow(&state)
      }
      if let row = ComparePanels(state, layout)?.movedRow(at: mouse.place) {
        ExploreScreen.move(to: row, &state.explore)
        return []
      }
      guard let compare = state.compare, let map = compare.shownMap(state.explore.layer),
        let bounds = state.mapBounds
      else { break }
      for (panel, points) in zip(layout.panels, compare.sides(map))
      where panel.contains(mouse.place) {
        let place = SIMD2(
          Float(mouse.place.x - panel.x) + 0.5, Float(mouse.place.y - panel.y) + 0.5)
        let viewport = Viewport(bounds: bounds, view: state.explore.view, size: panel.size)
        if let row = ExploreScreen.nearest(place, points, viewport, state.explore) {
          ExploreScreen.move(to: row, &state.explore)
        }
      }
    case .wheelUp, .wheelDown:
      let isDown = mouse.action == .wheelDown
      if layout.strip.contains(mouse.place) {
        let layer = state.explore.layer + (isDown ? 1 : -1)
        return ExploreScreen.show(layer: layer, &state.explore) + follow(&state)
      }
      for panel in layout.panels where panel.contains(mouse.place) {
        let place = SIMD2(
          Float(mouse.place.x - panel.x) + 0.5, Float(mouse.place.y - panel.y) + 0.5)
        ExploreScreen.zoom(isDown ? 1 / 1.25 : 1.25, around: place, &state)
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
