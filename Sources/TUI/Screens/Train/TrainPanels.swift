import SeerApp
import SeerProjection
import SeerTraining
import SeerWidgets

/// A training under way: its losses, what held-out rows say, and their clusters.
struct TrainPanels {
  private let train: TrainState
  private let state: AppState
  private var theme: Theme { state.theme }

  init(_ train: TrainState, _ state: AppState) {
    self.train = train
    self.state = state
  }

  func draw(_ rect: Rect, into surface: inout Surface) {
    var rest = rect
    if let line = statusLine { drawStatus(line, rest.takeBottom(1), &surface) }
    let hasBorders = rest.height >= 16
    if rest.width >= 76 {
      let clusters = rest.takeRight(rest.width / 2)
      let loss = rest.takeTop(rest.height / 2)
      drawLosses(loss, hasBorders, &surface)
      drawHeldOut(rest, hasBorders, &surface)
      drawClusters(clusters, hasBorders, &surface)
    } else {
      let loss = rest.takeTop(min(4, rest.height / 3) + (hasBorders ? 2 : 0))
      let figures = rest.takeTop(min(4, rest.height / 2) + (hasBorders ? 2 : 0))
      drawLosses(loss, hasBorders, &surface)
      drawHeldOut(figures, hasBorders, &surface)
      drawClusters(rest, hasBorders, &surface)
    }
  }

  private var statusLine: (text: String, role: Theme.Role)? {
    if let extraction = train.extraction {
      let share = extraction.fraction.map { Numbers.percent(Float($0)) } ?? theme.glyphs.ellipsis
      return ("Extracting the tuned run, to compare: \(share)", .accent)
    }
    switch train.status {
    case .finished:
      let chosen = train.chosenStep.map { " The adapter of step \($0) was written." } ?? ""
      let note = train.notes.last.map { " \($0)" } ?? ""
      let next = train.tuned == nil ? "" : " c compares."
      return ("Finished.\(chosen)\(next)\(note)", .good)
    case .stopped:
      guard train.lastStep > 0 else {
        return (
          "Stopped before the first step was done: nothing is kept, n begins again.", .warning
        )
      }
      return ("Stopped; the checkpoint of step \(train.lastStep) is kept: r goes on.", .warning)
    case .failed(let problem): return (problem.text, .error)
    default: return nil
    }
  }

  private func drawStatus(
    _ line: (text: String, role: Theme.Role), _ rect: Rect, _ surface: inout Surface
  ) {
    let text = Text.visible(line.text, ascii: theme.glyphs.isASCII).replacing("\n", with: " ")
    surface.write(
      Text.cut(text, to: rect.width - 2, ellipsis: theme.glyphs.ellipsis), rect.x + 1, rect.y,
      theme.style(line.role))
  }

  private func inside(_ rect: Rect, _ hasBorders: Bool) -> Rect {
    hasBorders ? rect.inset(2, 1) : rect.inset(1, 0)
  }

  // MARK: losses

  private func drawLosses(_ rect: Rect, _ hasBorders: Bool, _ surface: inout Surface) {
    if hasBorders { Frame(title: "loss").draw(rect, theme, into: &surface) }
    let objective = ObjectiveName(rawValue: train.text(.objective))
    var curves: [(String, (LossTerms) -> Double)] = [("total", \.total)]
    for term in objective?.kind.terms ?? [] { curves.append((term.label, { $0[term] })) }
    let steps = train.steps.filter { $0.terms != nil }
    let inside = inside(rect, hasBorders)
    if steps.isEmpty {
      surface.write(
        train.history.latest == nil ? "judging the untouched model" : "the first step", inside.x,
        inside.y, theme.style(.faint),
        width: inside.width)
      return
    }
    let height = max(1, inside.height / curves.count)
    for (index, (name, value)) in curves.enumerated() {
      let y = inside.y + index * height
      guard y + height <= inside.maxY else { break }
      curve(
        name, steps.map { $0.terms.map(value) }, Figure.loss,
        Rect(x: inside.x, y: y, width: inside.width, height: height),
        index == 0 ? .accent : .bar, &surface)
    }
  }

  private enum Figure {
    static func loss(_ value: Double) -> String {
      value != 0 && abs(value) < 0.01
        ? Numbers.small(value) : Numbers.short(Float(value))
    }
    static func share(_ value: Double) -> String { Numbers.fine(Float(value)) }
  }

  private func curve(
    _ name: String, _ values: [Double?], _ format: (Double) -> String, _ rect: Rect,
    _ role: Theme.Role, from first: Double? = nil, _ surface: inout Surface
  ) {
    let nameWidth = min(17, rect.width / 3)
    let last = values.last { $0 != nil } ?? nil
    var text = last.map(format) ?? theme.glyphs.ellipsis
    if let first, rect.width >= 34 { text = "\(format(first)) \(theme.glyphs.becomes) \(text)" }
    surface.write(
      Text.cut(name, to: nameWidth, ellipsis: theme.glyphs.ellipsis), rect.x, rect.y,
      theme.style(.text))
    let textX = rect.maxX - DisplayWidth.of(text)
    surface.write(text, textX, rect.y, theme.style(.strong))
    let curve = Curve(values: values, leastSpan: leastSpan(values))
    var plot = Rect(
      x: rect.x + nameWidth + 1, y: rect.y, width: max(0, textX - 1 - rect.x - nameWidth - 1),
      height: rect.height)
    if rect.height > 1, plot.width >= 16, let range = curve.range {
      // What the plot's top and bottom stand for.
      let ends = [format(range.upperBound), format(range.lowerBound)]
      let width = ends.map(DisplayWidth.of).max() ?? 0
      for (text, y) in zip(ends, [plot.y, plot.maxY - 1]) {
        surface.write(text, plot.x + width - DisplayWidth.of(text), y, theme.style(.faint))
      }
      plot.x += width + 1
      plot.width -= width + 1
    }
    curve.draw(plot, theme.style(role), theme.glyphs, into: &surface)
  }

  /// A change that is smaller than this is drawn as small: a tenth of a share, or of a loss's size.
  private func leastSpan(_ values: [Double?]) -> Double {
    let largest = values.compactMap { $0.map { abs($0) } }.filter(\.isFinite).max() ?? 0
    return max(0.1 * largest, 1e-6)
  }

  // MARK: held-out rows

  private func drawHeldOut(_ rect: Rect, _ hasBorders: Bool, _ surface: inout Surface) {
    if hasBorders { Frame(title: "held-out rows").draw(rect, theme, into: &surface) }
    let inside = inside(rect, hasBorders)
    let figures: [(String, KeyPath<HeldOutFigures, Double?>)] = [
      ("nearest prototype", \.accuracy), ("cosine within", \.within),
      ("cosine between", \.between), ("KL to base", \.kl),
    ]
    let before = train.heldOut.before
    let judged = train.steps.compactMap(\.heldOut)
    let height = max(1, inside.height / figures.count)
    for (index, (name, path)) in figures.enumerated() {
      let y = inside.y + index * height
      guard y + height <= inside.maxY else { break }
      curve(
        name, judged.map { $0[keyPath: path] }, path == \.kl ? Figure.loss : Figure.share,
        Rect(x: inside.x, y: y, width: inside.width, height: height), .good,
        from: before.flatMap { $0[keyPath: path] }, &surface)
    }
  }

  // MARK: clusters

  private func drawClusters(_ rect: Rect, _ hasBorders: Bool, _ surface: inout Surface) {
    guard rect.height >= 3 else { return }
    var panel = hasBorders ? rect.inside : rect
    let shown = train.history.shown
    if panel.height >= 6, shown != nil { drawLegend(panel.takeBottom(1), &surface) }
    if hasBorders {
      let note = shown == nil ? "" : "faint: before\(theme.glyphs.separator)same axes"
      Frame(title: shown.map(clustersTitle) ?? "clusters", note: note)
        .draw(rect, theme, into: &surface)
    }
    guard let map = shown?.map, let bounds = train.history.bounds else {
      Notice(
        title: "The held-out rows come here",
        lines: ["before the first step, and at every judgement after"]
      ).draw(panel, theme, into: &surface)
      return
    }
    let viewport = Viewport(bounds: bounds, view: .whole, size: panel.size)
    for (points, isNow) in [(map.base, false), (map.tuned, true)] {
      for (row, point) in points.enumerated() {
        guard let cell = viewport.cell(point) else { continue }
        let concept = color(train.labels.indices.contains(row) ? train.labels[row] : 0)
        surface.put(
          isNow ? theme.glyphs.mark(concept) : theme.glyphs.hiddenConcept, panel.x + cell.x,
          panel.y + cell.y, isNow ? theme.concept(concept) : theme.style(.faint))
      }
    }
  }

  /// The step, and where in the history it is while that is looked through.
  private func clustersTitle(_ frame: ClusterHistory.Frame) -> String {
    let title = "clusters at step \(frame.step)"
    let history = train.history
    guard let index = history.play?.index ?? history.index else { return title }
    let place = "\(index + 1)/\(history.frames.count)"
    return title + theme.glyphs.separator + (history.play == nil ? place : "playing \(place)")
  }

  /// The concepts' marks with their names, as far as they fit.
  private func drawLegend(_ rect: Rect, _ surface: inout Surface) {
    var x = rect.x + 1
    for (label, name) in train.concepts.enumerated() {
      let concept = color(label)
      let text = Text.cut(
        Text.visible(name, ascii: theme.glyphs.isASCII), to: 12, ellipsis: theme.glyphs.ellipsis)
      guard x + 2 + DisplayWidth.of(text) <= rect.maxX else { return }
      surface.put(theme.glyphs.mark(concept), x, rect.y, theme.concept(concept))
      x = surface.write(text, x + 2, rect.y, theme.style(.text)) + 1
    }
  }

  /// A concept keeps the colour it has on the other screens.
  private func color(_ label: Int) -> Int {
    guard train.concepts.indices.contains(label) else { return label }
    let name = train.concepts[label]
    return state.explore.run.concepts.firstIndex { $0.name.utf8.elementsEqual(name.utf8) } ?? label
  }
}
