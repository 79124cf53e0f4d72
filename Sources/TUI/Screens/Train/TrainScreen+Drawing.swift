import SeerApp
import SeerProjection
import SeerWidgets

extension TrainScreen {
  package static func draw(_ state: AppState, into surface: inout Surface) {
    guard let train = state.train else { return }
    let rest = place(state.size)
    switch train.status {
    case .setup: TrainForm(train, state.theme).draw(rest, into: &surface)
    case .failed(let problem) where train.steps.isEmpty:
      Notice(
        title: train.watched == nil ? "The training did not start" : "Nothing to watch",
        lines: [problem.text], isError: true
      ).draw(rest, state.theme, into: &surface)
    default: TrainPanels(train, state).draw(rest, into: &surface)
    }
  }

  /// The form's place, or the panels'.
  private static func place(_ size: Size) -> Rect {
    Rect(x: 0, y: 1, width: size.width, height: max(0, size.height - 2))
  }

  package static func drawFooter(
    _ rect: Rect, _ state: AppState, into surface: inout Surface
  ) -> Bool {
    guard let train = state.train, train.status == .setup else { return false }
    return TrainForm(train, state.theme).drawFooter(rect, form: place(state.size), into: &surface)
  }

  package static func heading(_ state: AppState) -> ScreenHeading {
    guard let train = state.train else { return ScreenHeading() }
    let separator = state.theme.glyphs.separator
    var parts: [String] = []
    if let watched = train.watched {
      parts = ["watching \(watched)"]
    } else {
      parts = [
        RunSource.name(train.text(.model)), RunSource.name(train.text(.concepts)),
        "layer \(train.text(.layers))", train.text(.objective), "rank \(train.text(.rank))",
      ]
    }
    var right = ""
    let step = train.steps.last?.step ?? 0
    let total = train.progress?.total ?? 0
    if !train.steps.isEmpty || train.isRunning {
      right = "step \(step)" + (total > 0 ? "/\(total)" : "")
    }
    switch train.status {
    case .setup: right = "not started"
    case .running:
      if let left = train.progress?.remaining {
        right += "\(separator)\(Numbers.time(left.seconds)) left"
      }
    case .paused: right += "\(separator)paused"
    case .stopping: right += "\(separator)stopping"
    case .stopped: right += "\(separator)stopped"
    case .finished: right += "\(separator)finished"
    case .failed: right += "\(separator)failed"
    case .watching: right += "\(separator)live"
    }
    if right.hasPrefix(separator) { right.removeFirst(separator.count) }
    return ScreenHeading(parts: parts, right: right)
  }
}

/// What is to be trained, a line each.
struct TrainForm {
  private let train: TrainState
  private let theme: Theme

  init(_ train: TrainState, _ theme: Theme) {
    self.train = train
    self.theme = theme
  }

  /// Whether there are lines below the form's own.
  private func hasLines(_ inside: Rect) -> Bool {
    inside.height > TrainState.Field.allCases.count + 1
  }

  private static func inside(_ rect: Rect) -> Rect {
    rect.height >= 12 ? rect.inset(2, 1) : rect.inset(1, 0)
  }

  /// What is wrong with the line in front, in the last line where there is no other place for it.
  ///
  /// - Returns: false where there is nothing to say.
  func drawFooter(_ footer: Rect, form rect: Rect, into surface: inout Surface) -> Bool {
    guard !hasLines(Self.inside(rect)), let fault = train.fault(train.field) else { return false }
    let text = Text.visible(fault.text, ascii: theme.glyphs.isASCII).replacing("\n", with: " ")
    surface.write(
      Text.cut(text, to: footer.width - 2, ellipsis: theme.glyphs.ellipsis), footer.x + 1, footer.y,
      theme.style(.error))
    return true
  }

  func draw(_ rect: Rect, into surface: inout Surface) {
    let hasBorder = rect.height >= 12
    if hasBorder { Frame(title: "a new training").draw(rect, theme, into: &surface) }
    let inside = Self.inside(rect)
    let fields = TrainState.Field.allCases
    let place = fields.firstIndex(of: train.field) ?? 0
    let first = max(0, min(fields.count - inside.height, place - inside.height / 2))
    for (offset, field) in fields.dropFirst(first).prefix(inside.height).enumerated() {
      draw(field, inside, inside.y + offset, &surface)
    }
    let y = inside.y + fields.count + 1
    guard hasLines(inside) else { return }
    for (offset, line) in lines(inside.width).prefix(inside.maxY - y).enumerated() {
      surface.write(line.text, inside.x, y + offset, theme.style(line.role), width: inside.width)
    }
  }

  private func draw(
    _ field: TrainState.Field, _ rect: Rect, _ y: Int, _ surface: inout Surface
  ) {
    let isCurrent = field == train.field
    if field == .start {
      surface.write("start", rect.x, y, theme.style(isCurrent ? .accent : .text))
      surface.write(
        estimate, rect.x + 11, y, theme.style(train.faults.isEmpty ? .faint : .error),
        width: max(0, rect.width - 11))
      if isCurrent { mark(rect, y, &surface) }
      return
    }
    let fault = train.fault(field)
    surface.write(
      field.rawValue, rect.x, y,
      theme.style(fault != nil ? .error : isCurrent ? .accent : .faint))
    let x = rect.x + 11
    // What is wrong is told by more than colour.
    if fault != nil { surface.put(theme.glyphs.wrong, x - 2, y, theme.style(.error)) }
    let width = fieldWidth(rect)
    let (shown, caret) = view(field, width)
    surface.write(
      Text.visible(shown, ascii: theme.glyphs.isASCII), x, y, theme.style(.text), width: width)
    if isCurrent {
      let editor = train.form[field] ?? Editor()
      let under = editor.caret < editor.characters.count ? editor.characters[editor.caret] : " "
      surface.write(String(under), x + caret, y, theme.style(.cursor), width: 2)
      surface.cursor = Cursor(x: x + caret, y: y)
    }
    if rect.width >= 76 {
      surface.write(
        Text.cut(
          fault?.short ?? field.help, to: rect.maxX - x - 38, ellipsis: theme.glyphs.ellipsis),
        x + 38, y, theme.style(fault == nil ? .faint : .error))
    }
  }

  private func fieldWidth(_ rect: Rect) -> Int {
    max(1, min(rect.width - 12, rect.width >= 76 ? 36 : rect.width - 12))
  }

  /// What of a line is in sight, and the column of its caret there: the end of a long path is what
  /// tells it from others.
  private func view(_ field: TrainState.Field, _ width: Int) -> (text: String, caret: Int) {
    let editor = train.form[field] ?? Editor()
    let isCurrent = field == train.field
    let skipped = max(0, (isCurrent ? editor.caret : editor.characters.count) - width + 1)
    let before = editor.characters[min(skipped, editor.caret)..<editor.caret]
    return (
      String(editor.characters.dropFirst(skipped)),
      before.reduce(0) { $0 + DisplayWidth.of(String($1)) }
    )
  }

  private func mark(_ rect: Rect, _ y: Int, _ surface: inout Surface) {
    let selected = theme.style(.selection)
    surface.restyle(Rect(x: rect.x, y: y, width: 7, height: 1)) {
      theme.depth == .mono || theme.depth == .ansi16 ? $0.with(.reverse) : $0.on(selected)
    }
  }

  private var estimate: String {
    let faults = train.faults
    guard faults.isEmpty else {
      return "first mend: " + faults.map(\.rawValue).joined(separator: ", ")
    }
    return switch train.estimate {
    case .none: "go here for an estimate of time and memory"
    case .computing: "estimating"
    case .ready(let estimate):
      "about \(Numbers.time(estimate.seconds)), \(estimate.memory / 1_000_000) MB; "
        + "\(estimate.trainRows) rows to train on, \(estimate.heldOutRows) held out"
    case .failed: "not like this:"
    }
  }

  private func lines(_ width: Int) -> [(text: String, role: Theme.Role)] {
    let first = train.faults.first.flatMap(train.fault)
    if let fault = train.field == .start ? first : train.fault(train.field) {
      return Text.wrap(Text.visible(fault.text, ascii: theme.glyphs.isASCII), width: width)
        .map { ($0, .error) }
    }
    if case .failed(let problem) = train.estimate {
      return Text.wrap(Text.visible(problem.text, ascii: theme.glyphs.isASCII), width: width)
        .map { ($0, .error) }
    }
    return Text.wrap(
      "The training goes on when this screen is left, and leaves a checkpoint whenever it is "
        + "stopped.", width: width
    ).map { ($0, .faint) }
  }
}
