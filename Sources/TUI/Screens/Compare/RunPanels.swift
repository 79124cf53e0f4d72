import SeerApp
import SeerProjection
import SeerWidgets

/// All runs that are open, side by side at the current layer.
package struct RunPanels: Sendable {
  package enum Panel: Equatable, Sendable {
    /// A run's map, turned as the first run's, and what held-out rows say of it.
    case ready([SIMD2<Float>], LayerSeparation)
    case failed(Problem)
  }

  /// The runs' names, the first run's first.
  package var names: [String]
  package var isShown = false
  /// By the index of the layer, one for each run.
  package private(set) var panels: [Int: [Panel?]] = [:]
  package var isComputing = false

  package init(names: [String] = []) { self.names = names }

  package func panel(_ run: Int, layer: Int) -> Panel? {
    guard let panels = panels[layer], panels.indices.contains(run) else { return nil }
    return panels[run]
  }

  package mutating func receive(_ panel: Panel, run: Int, layer: Int) {
    isComputing = false
    guard names.indices.contains(run) else { return }
    panels[layer, default: Array(repeating: nil, count: names.count)][run] = panel
  }

  /// The next run that has no panel at a layer.
  func missing(layer: Int) -> Int? {
    names.indices.first { panel($0, layer: layer) == nil }
  }

  func points(_ run: Int, layer: Int) -> [SIMD2<Float>]? {
    if case .ready(let points, _)? = panel(run, layer: layer) { points } else { nil }
  }

  func separation(_ run: Int, layer: Int) -> LayerSeparation? {
    if case .ready(_, let separation)? = panel(run, layer: layer) { separation } else { nil }
  }
}

/// Draws ``RunPanels``: a map for each run, and one legend for all.
struct RunPanelsView {
  private let state: AppState
  private let compare: CompareState
  private let layout: CompareLayout
  private var theme: Theme { state.theme }
  private var explore: ExploreState { state.explore }

  init?(_ state: AppState, _ layout: CompareLayout) {
    guard let compare = state.compare, compare.runs.isShown else { return nil }
    self.state = state
    self.compare = compare
    self.layout = layout
  }

  /// The runs' places with their titles or borders.
  private var frames: [Rect] {
    guard let first = layout.frames.first, let last = layout.frames.last else { return [] }
    let count = max(1, compare.runs.names.count)
    let whole = Rect(x: first.x, y: first.y, width: last.maxX - first.x, height: first.height)
    // A map of a terminal's cells is twice as wide as high where it is square.
    let columns =
      (1...count).min { abs(ratio($0, count, whole) - 1) < abs(ratio($1, count, whole) - 1) } ?? 1
    let rows = (count + columns - 1) / columns
    return (0..<count).map {
      Rect(
        x: whole.x + $0 % columns * (whole.width / columns),
        y: whole.y + $0 / columns * (whole.height / rows), width: whole.width / columns,
        height: whole.height / rows)
    }
  }

  /// How much wider than high the maps are; the inverse where they are higher.
  private func ratio(_ columns: Int, _ count: Int, _ whole: Rect) -> Double {
    let rows = (count + columns - 1) / columns
    let ratio =
      Double(whole.width / columns) / Double(max(1, 2 * (whole.height / rows - 1)))
    return max(ratio, 1 / max(ratio, 0.01))
  }

  private func inside(_ frame: Rect) -> Rect {
    if layout.hasBorders(frame) { return frame.inside }
    var rest = frame
    _ = rest.takeTop(1)
    return rest
  }

  /// The row whose point is nearest to a place of a map.
  func row(at place: Cursor) -> Int? {
    for (run, frame) in frames.enumerated() where inside(frame).contains(place) {
      let panel = inside(frame)
      guard let points = compare.runs.points(run, layer: explore.layer),
        let bounds = explore.bounds(points)
      else { return nil }
      return explore.nearest(
        SIMD2(Float(place.x - panel.x) + 0.5, Float(place.y - panel.y) + 0.5), points,
        Viewport(bounds: bounds, view: explore.look.view, size: panel.size))
    }
    return nil
  }

  func draw(into surface: inout Surface) {
    for (run, frame) in frames.enumerated() { draw(run, frame, &surface) }
    if compare.panel == .summary { drawLegend(&surface) }
  }

  private func draw(_ run: Int, _ frame: Rect, _ surface: inout Surface) {
    var title = Text.visible(compare.runs.names[run], ascii: theme.glyphs.isASCII)
    if let share = compare.runs.separation(run, layer: explore.layer)?.nearestPrototype,
      explore.run.concepts.count > 1
    {
      title += theme.glyphs.separator + compare.word(share, explore) + " " + Numbers.share(share)
    }
    let panel = inside(frame)
    if layout.hasBorders(frame) {
      Frame(title: title).draw(frame, theme, into: &surface)
    } else {
      surface.write(title, frame.x + 1, frame.y, theme.style(.title), width: frame.width - 1)
    }
    switch compare.runs.panel(run, layer: explore.layer) {
    case nil:
      Notice(title: "Reading layer \(explore.layerNumber)").draw(panel, theme, into: &surface)
    case .failed(let problem):
      Notice(title: "It cannot be shown", lines: [problem.text], isError: true)
        .draw(panel, theme, into: &surface)
    case .ready(let points, _):
      guard let bounds = explore.bounds(points) else { return }
      let viewport = Viewport(bounds: bounds, view: explore.look.view, size: panel.size)
      let field = PointField(
        points: points, viewport: viewport, paint: PointPaint(explore, theme), panel: panel)
      field.draw(state, into: &surface)
      guard explore.look.showsNames else { return }
      ClusterNames(points, explore).draw(viewport, panel, theme, into: &surface)
      field.drawCursor(explore, theme, &surface)
    }
  }

  /// Columns of a concept with a figure of each run and what parts it from the next.
  private static func column(_ runs: Int) -> Int { 15 + 5 * runs + 2 }

  private static func columns(_ runs: Int, _ width: Int) -> Int {
    max(1, (width - 1) / column(runs))
  }

  /// The lines that the legend takes.
  static func lines(_ concepts: Int, runs: Int, width: Int) -> Int {
    (concepts + columns(runs, width) - 1) / columns(runs, width)
  }

  /// Each concept once, with the share of its held-out rows that were right in every run.
  private func drawLegend(_ surface: inout Surface) {
    let rect = layout.figures
    let concepts = explore.run.concepts
    guard !rect.isEmpty, concepts.count > 1 else { return }
    let separations = compare.runs.names.indices.map {
      compare.runs.separation($0, layer: explore.layer)
    }
    let shares = separations.map { $0?.nearestPrototype.map(Numbers.percent) }
    let known = shares.map { $0 ?? theme.glyphs.ellipsis }.joined(separator: ", ")
    surface.write(
      Text.cut(
        "held-out rows right: \(known)  (chance \(Numbers.percent(compare.chance(explore))))",
        to: rect.width - 2, ellipsis: theme.glyphs.ellipsis), rect.x + 1, rect.y,
      theme.style(.text))
    let recalls = separations.map {
      $0?.recalls(concepts.count, conceptOfRow: explore.run.conceptOfRow)
    }
    let column = Self.column(separations.count)
    let columns = Self.columns(separations.count, rect.width)
    for concept in concepts.indices {
      let y = rect.y + 1 + concept / columns
      guard y < rect.maxY else { return }
      let x = rect.x + 1 + concept % columns * column
      let isHidden = explore.filter.hidden.contains(concept)
      surface.put(
        isHidden ? theme.glyphs.hiddenConcept : theme.glyphs.mark(concept), x, y,
        isHidden ? theme.style(.faint) : theme.concept(concept))
      let name = Text.visible(concepts[concept].name, ascii: theme.glyphs.isASCII)
      surface.write(
        Text.cut(name, to: 12, ellipsis: theme.glyphs.ellipsis), x + 2, y,
        theme.style(isHidden ? .faint : .text))
      for (run, recall) in recalls.enumerated() {
        let text = recall?[concept].map(Numbers.share) ?? theme.glyphs.ellipsis
        surface.write(
          text, x + 19 + 5 * run - DisplayWidth.of(text), y,
          theme.style(run == 0 ? .faint : .strong))
      }
    }
  }
}
