import Core

/// What the Start screen has heard.
enum StartEvent: Sendable {
  case scanned(Result<Library, Problem>)
  case progress(Progress)
  case extracted(Result<Extraction.Summary, Problem>)
  /// Why something did not open.
  case refused(Problem)
}

/// What the Start screen wants done.
enum StartEffect: Equatable, Sendable {
  case scan
  /// One run, or two to compare.
  case open([String])
  case extract(StartState.Plan)
  case cancel
}

/// The Start screen: what there is to open, and states recorded from inside.
enum StartScreen {
  static func perform(_ id: Command.ID, _ state: inout AppState) -> [Effect] {
    var start = state.start
    defer { state.start = start }
    switch id {
    case .entryDown: start.index = min(max(0, start.entries.count - 1), start.index + 1)
    case .entryUp: start.index = max(0, start.index - 1)
    case .markRun:
      if case .run(let run)? = start.current, run.isFinished {
        start.markedRun = start.markedRun == run.folder ? nil : run.folder
      }
    case .rescan: start.library = nil
    case .cancelExtraction: return [.start(.cancel)]
    case .cancelPlan: start.plan = nil
    case .openEntry:
      if let plan = start.plan {
        start.plan = nil
        start.extracting = plan
        start.progress = Progress()
        return [.start(.extract(plan))]
      }
      switch start.current {
      case .run(let run)? where run.isFinished:
        start.isOpening = true
        let marked = start.markedRun.flatMap { $0 == run.folder ? nil : $0 }
        start.markedRun = nil
        return [.start(.open((marked.map { [$0] } ?? []) + [run.folder]))]
      case .run(let run)?:
        guard start.extracting == nil else { break }
        start.plan = StartState.Plan(
          concepts: run.manifest.concepts, model: run.manifest.model, folder: run.folder,
          tokens: 0, seconds: nil, manifest: run.manifest)
      case .concepts(let file)?:
        guard start.extracting == nil else { break }
        start.plan = start.plan(for: file)
      case .model(let file)?:
        start.model = file.path
        state.message = AppState.Message(
          text: "Extractions use \(RunSource.name(file.path)).", isError: false)
      case nil: break
      }
    default: break
    }
    return []
  }

  static func receive(_ state: inout AppState, _ event: StartEvent) {
    func report(_ problem: Problem) {
      guard problem != .cancelled else { return }
      state.message = AppState.Message(text: problem.text, isError: true)
    }
    switch event {
    case .scanned(let result):
      state.start.isScanning = false
      switch result {
      case .success(let library): state.start.library = library
      case .failure(let problem):
        state.start.library = Library()
        report(problem)
      }
      state.start.index = min(state.start.index, max(0, state.start.entries.count - 1))
    case .progress(let progress): state.start.progress = progress
    case .extracted(let result):
      state.start.extracting = nil
      state.start.progress = nil
      state.start.library = nil
      switch result {
      case .success(let summary):
        state.message = AppState.Message(
          text: "Recorded \(Numbers.grouped(summary.rows)) rows.", isError: false)
      case .failure(let problem): report(problem)
      }
    case .refused(let problem):
      state.start.isOpening = false
      report(problem)
    }
  }

  static func followUp(_ state: inout AppState) -> [Effect] {
    guard state.start.library == nil, !state.start.isScanning else { return [] }
    state.start.isScanning = true
    return [.start(.scan)]
  }

  // MARK: drawing

  static func draw(_ state: AppState, into surface: inout Surface) {
    let theme = state.theme
    let start = state.start
    var rest = surface.bounds
    let header = rest.takeTop(1)
    _ = rest.takeBottom(1)
    ScreenHeader.draw(
      header, "start", ["runs, concept files and models here and in the cache"],
      right: start.isScanning ? "looking" : "\(start.entries.count) found", theme, into: &surface)
    if let plan = start.plan ?? start.extracting {
      drawPlan(plan, start, rest.takeBottom(rest.height >= 14 ? 4 : 2), theme, &surface)
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
    let overlong = DisplayWidth.of(name) - width
    let shown = overlong > 0 ? theme.glyphs.ellipsis + String(name.suffix(width - 3)) : name
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

  private static func size(_ bytes: Int) -> String {
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
    var line = "Enter starts, Esc does not"
    if plan.tokens > 0 { line += "\(separator)about \(Numbers.grouped(plan.tokens)) tokens" }
    if let seconds = plan.seconds { line += "\(separator)\(TrainScreen.time(seconds))" }
    if start.plan == nil {
      let progress = start.progress ?? Progress()
      let share = Float(progress.fraction ?? 0)
      let left = progress.remaining.map { "\(separator)\(TrainScreen.time($0.seconds)) left" }
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
