import SeerApp
import SeerProjection
import SeerWidgets

/// The map of a layer of both runs, or why there is none yet.
package enum PairMapStatus: Equatable, Sendable {
  case computing
  case ready(PairMap)
  case failed(Problem)

  package var map: PairMap? {
    if case .ready(let map) = self { return map }
    return nil
  }
}

/// What the Compare screen knows beyond the first run's ``ExploreState``: rows, cursor, layer,
/// search, colours and view are that one's, so that both screens speak of the same thing.
package struct CompareState: Sendable {
  /// Which of the two maps are on screen.
  package enum Shown: Equatable, Sendable {
    case both
    /// One map: the base's at 0, the tuned one's at 1, the way between in between.
    case one(Float)
  }

  package enum Panel: CaseIterable, Sendable { case summary, figures, confusion, moved }

  /// A glide between the maps: where it goes.
  package struct Morph: Equatable, Sendable {
    package var target: Float
  }

  package struct Names: Equatable, Sendable {
    package var model: String
    package var adapter: String?
  }

  package let base: Names
  package let tuned: Names
  /// Why the runs cannot be compared; nil where they can.
  package let problem: Problem?
  /// Layer numbers that the second run has.
  let tunedLayers: Set<Int>

  /// Where the overlay of all figures is, while it lies over the maps.
  package var explained: FiguresOverlay.Place?
  package var shown = Shown.both
  package var morph: Morph?
  package var panel = Panel.summary
  /// Whether both sides are drawn on the same axes; else each fills its panel.
  package var sharesAxes = false
  var showsArrows = false
  var isSwapped = false
  /// All runs side by side, in place of the two.
  package var runs = RunPanels()
  /// By the index of the layer among the first run's.
  package var maps: [Int: PairMapStatus] = [:]
  package var shownLayer: Int?
  package var separations: [Int: SeparationStatus] = [:]
  /// What of the maps that grow is on screen; nil: principal components.
  package var kind: GrowingKind?
  /// Maps of both runs by layouts that grow, the base's points first.
  package var growing = GrowingMaps()
  /// How far those can be trusted, by the number of the work that made them.
  var trusts: [Int: MapTrust] = [:]
  var isJudging = false
  /// What `seer compare` measures, by the index of the layer.
  package var figures: [Int: PairFigures] = [:]
  package var measuring: Measuring?
  var lastMeasuring = 0
  /// Layers that could not be measured.
  package var unmeasurable: Set<Int> = []
  /// Whether figures are measured by themselves.
  var isMeasuringWanted: Bool

  package init(base: RunSource, tuned: RunSource) {
    self.base = Names(model: base.model, adapter: base.adapter)
    self.tuned = Names(model: tuned.model, adapter: tuned.adapter)
    tunedLayers = Set(tuned.layers)
    problem = Self.difference(base, tuned).map { Problem($0) }
    isMeasuringWanted = base.rows.count <= PairFigures.mostRows
  }

  /// As the screen opens: on what strikes most, each run's rows by their own neighbourhoods, where such
  /// a map takes seconds; else on principal components.
  package static func opening(base: RunSource, tuned: RunSource) -> CompareState {
    var compare = CompareState(base: base, tuned: tuned)
    if let layout = GrowingLayout.all.first,
      (layout.layout.leastRows...mostGrown).contains(base.rows.count)
    {
      compare.kind = GrowingKind(layout, .aligned)
    }
    return compare
  }

  /// Rows of which two maps grow in some seconds on two cores.
  private static let mostGrown = 2000

  /// What the runs are called together: the model once, where it is the same.
  package func title(_ glyphs: Glyphs) -> String {
    base.model == tuned.model
      ? "\(base.model): \(base.adapter ?? "base") \(glyphs.both) \(tuned.adapter ?? "base")"
      : "\(Self.name(base)) \(glyphs.both) \(Self.name(tuned))"
  }

  private static func name(_ run: Names) -> String {
    run.adapter.map { "\(run.model) + \($0)" } ?? run.model
  }

  /// Why two runs do not speak of the same rows; nil where they do.
  private static func difference(_ a: RunSource, _ b: RunSource) -> String? {
    if a.rows.count != b.rows.count {
      return "The first run has \(Numbers.grouped(a.rows.count)) rows, the second "
        + "\(Numbers.grouped(b.rows.count)). Extract both from the same concept file."
    }
    if a.reading != b.reading {
      return "The first run was read by \(a.reading), the second by \(b.reading). "
        + "Extract both the same way."
    }
    if Set(a.layers).isDisjoint(with: b.layers) { return "The runs have no layer in common." }
    for (row, (p, q)) in zip(a.rows, b.rows).enumerated() {
      let field =
        !p.text.utf8.elementsEqual(q.text.utf8)
        ? "text" : !p.concept.utf8.elementsEqual(q.concept.utf8) ? "concept" : nil
      if let field {
        return "Row \(row) has another \(field) in the second run. "
          + "Extract both from the same concept file."
      }
    }
    return nil
  }

  /// One point a row: of the map in front, else of the base's.
  package func points(_ layer: Int) -> [SIMD2<Float>]? {
    guard let map = shownMap(layer) else { return nil }
    if case .one(let share) = shown { return map.points(at: share) }
    return isSwapped ? map.tuned : map.base
  }

  /// What a panel with some of a map's points is fitted by.
  package func bounds(
    of points: [SIMD2<Float>], _ map: PairMap, _ explore: ExploreState
  ) -> WorldBounds? {
    explore.bounds(sharesAxes ? map.points : points)
  }

  /// A layer's map by a layout that grows, where such a one is wanted, as far as it is.
  package func embedding(_ layer: Int) -> Embedding? { kind.flatMap { growing[$0, layer] } }

  /// The layer's map or, until it is there, the last one shown.
  package func shownMap(_ layer: Int) -> PairMap? {
    guard let principal = maps[layer]?.map ?? shownLayer.flatMap({ maps[$0]?.map }) else {
      return nil
    }
    let rows = principal.base.count
    guard let kind,
      let embedding = growing[kind, layer] ?? shownLayer.flatMap({ growing[kind, $0] }),
      embedding.points.count == 2 * rows
    else { return principal }
    var map = principal
    map.base = Array(embedding.points.prefix(rows))
    map.tuned = Array(embedding.points.suffix(rows))
    return map
  }

  /// Nulls of layers that nobody looks at are no work that somebody waits for.
  package func isBusy(at layer: Int) -> Bool {
    maps.values.contains(.computing) || separations.values.contains(.computing)
      || isJudging || growing.isBusy || runs.isComputing
      || measuring.map { !$0.withNulls || $0.layer == layer } ?? false
  }
}

extension AppState {
  /// The first run beside a second one; nil without one.
  package var compare: CompareState? {
    get { self[CompareState.self] }
    set { self[CompareState.self] = newValue }
  }
}

extension CompareScreen: MapScreen {
  package static func points(_ state: AppState) -> [SIMD2<Float>]? {
    state.compare?.points(state.explore.layer)
  }
  package static func bounds(_ state: AppState) -> WorldBounds? {
    guard let compare = state.compare, let map = compare.shownMap(state.explore.layer),
      let points = compare.sides(map).first
    else { return nil }
    return compare.bounds(of: points, map, state.explore)
  }
  package static func panel(_ state: AppState) -> Size {
    CompareLayout(state).panels.first?.size ?? Size(width: 0, height: 0)
  }
  package static func growing(_ state: AppState) -> GrowingLayout? { state.compare?.kind?.layout }
  package static func running(_ state: AppState) -> GrowingRun? { state.compare?.growing.running }
}
