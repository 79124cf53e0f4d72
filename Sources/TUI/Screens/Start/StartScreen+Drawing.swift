import SeerApp
import SeerProjection
import SeerSupport
import SeerWidgets

extension StartScreen {
  package static func draw(_ state: AppState, into surface: inout Surface) {
    let theme = state.theme
    let start = state.start
    var rest = surface.bounds
    _ = rest.takeTop(1)
    _ = rest.takeBottom(1)
    if let plan = start.plan ?? start.extracting {
      drawPlan(plan, start, rest.takeBottom(rest.height >= 14 ? 4 : 2), theme, &surface)
    } else if rest.height >= 20, let entry = start.current {
      StartDetails(entry, start).draw(rest.takeBottom(StartDetails.height), theme, into: &surface)
    }
    guard start.library != nil else {
      Notice(title: "Looking around").draw(rest, theme, into: &surface)
      return
    }
    if start.entries.isEmpty {
      Notice(
        title: "Nothing to open here",
        lines: [
          "No run folder, no concept file (CSV with the columns prompt and value) and no model "
            + "in this folder or the cache."
        ]
      ).draw(rest, theme, into: &surface)
      return
    }
    drawEntries(start, rest, theme, &surface)
  }

  package static func heading(_ state: AppState) -> ScreenHeading {
    ScreenHeading(
      parts: ["what is here and in the cache"],
      right: state.start.isScanning ? "looking" : "\(state.start.entries.count) found")
  }

  private enum Line {
    case title(String)
    case entry(Int)
  }

  private static func drawEntries(
    _ start: StartState, _ rect: Rect, _ theme: Theme, _ surface: inout Surface
  ) {
    var lines: [Line] = []
    var kind = ""
    for (index, entry) in start.entries.enumerated() {
      let title: String
      switch entry {
      case .run: title = "runs"
      case .concepts: title = "concept files"
      case .model: title = "models"
      }
      if title != kind { lines.append(.title(title)) }
      kind = title
      lines.append(.entry(index))
    }
    let current =
      lines.firstIndex { if case .entry(start.index) = $0 { true } else { false } } ?? 0
    let first = max(0, min(lines.count - rect.height, current - rect.height / 2))
    for (offset, line) in lines.dropFirst(first).prefix(rect.height).enumerated() {
      let y = rect.y + offset
      switch line {
      case .title(let title): surface.write(title, rect.x + 1, y, theme.style(.title))
      case .entry(let index): drawEntry(start, index, rect, y, theme, &surface)
      }
    }
  }

  private static func drawEntry(
    _ start: StartState, _ index: Int, _ rect: Rect, _ y: Int, _ theme: Theme,
    _ surface: inout Surface
  ) {
    let entry = start.entries[index]
    let ascii = theme.glyphs.isASCII
    let separator = theme.glyphs.separator
    var detail = ""
    var isMarked = false
    switch entry {
    case .run(let run):
      let m = run.manifest
      let parts = [
        RunSource.name(m.model) + (m.adapter.map { " + " + RunSource.name($0) } ?? ""),
        "\(Numbers.grouped(m.rows)) rows", "\(m.layers.count) layers",
      ]
      detail = (run.isFinished ? parts : ["unfinished"] + parts).joined(separator: separator)
      isMarked = run.folder == start.markedRun
    case .concepts(let file): detail = size(file.bytes)
    case .model(let file):
      detail = size(file.bytes)
      isMarked = file.path == start.model || RunSource.name(file.path) == start.model
    }
    let width = max(10, min(44, rect.width / 2 - 4))
    if isMarked { surface.put(theme.glyphs.checked, rect.x + 1, y, theme.style(.good)) }
    let name = Text.visible(entry.path, ascii: ascii)
    // The end of a long path tells it from others.
    let shown = Text.tail(name, to: width, ellipsis: theme.glyphs.ellipsis)
    surface.write(shown, rect.x + 3, y, theme.style(.text), width: width)
    surface.write(
      Text.cut(
        Text.visible(detail, ascii: ascii), to: max(0, rect.width - width - 6),
        ellipsis: theme.glyphs.ellipsis), rect.x + 4 + width, y, theme.style(.faint))
    if index == start.index {
      let selected = theme.style(.selection)
      surface.restyle(Rect(x: rect.x + 2, y: y, width: rect.width - 3, height: 1)) {
        theme.depth == .mono || theme.depth == .ansi16 ? $0.with(.reverse) : $0.on(selected)
      }
    }
  }

  package static func size(_ bytes: Int) -> String {
    bytes >= 1_000_000
      ? "\(bytes / 1_000_000) MB" : "\(max(1, bytes / 1000)) kB"
  }

  private static func drawPlan(
    _ plan: StartState.Plan, _ start: StartState, _ rect: Rect, _ theme: Theme,
    _ surface: inout Surface
  ) {
    let separator = theme.glyphs.separator
    var text = "Record \(plan.concepts) with \(RunSource.name(plan.model)) into \(plan.folder)"
    if plan.manifest != nil { text = "Go on with \(plan.folder)" }
    var inside = rect
    if rect.height >= 4 {
      Frame(title: start.plan == nil ? "recording" : "record states").draw(
        rect, theme, into: &surface)
      inside = rect.inset(2, 1)
    }
    text = Text.visible(text, ascii: theme.glyphs.isASCII)
    surface.write(
      Text.cut(text, to: inside.width, ellipsis: theme.glyphs.ellipsis), inside.x, inside.y,
      theme.style(.strong))
    var parts: [String] = []
    if plan.tokens > 0 { parts.append("about \(Numbers.grouped(plan.tokens)) tokens") }
    if let seconds = plan.seconds ?? plan.costs?.seconds { parts.append(Numbers.time(seconds)) }
    if let costs = plan.costs { parts.append("\(size(costs.memory)) of memory") }
    let estimate = parts.joined(separator: ", ")
    let line = (parts.isEmpty ? "" : estimate + separator) + "Enter starts, Esc does not"
    if start.plan == nil {
      let progress = start.progress ?? JobProgress()
      let share = Float(progress.fraction ?? 0)
      let left = progress.remaining.map { "\(separator)\(Numbers.time($0.seconds)) left" }
      let memory =
        progress.memory > 0 ? "\(separator)\(progress.memory / 1_000_000) MB" : ""
      let figures = "\(Numbers.percent(share))\(left ?? "")\(memory)"
      let width = max(0, inside.width - DisplayWidth.of(figures) - 2)
      surface.write(
        theme.glyphs.bar(share, width: width), inside.x, inside.y + 1, theme.style(.bar))
      surface.write(figures, inside.x + width + 2, inside.y + 1, theme.style(.text))
      return
    }
    surface.write(
      Text.cut(line, to: inside.width, ellipsis: theme.glyphs.ellipsis), inside.x, inside.y + 1,
      theme.style(.faint))
  }
}
