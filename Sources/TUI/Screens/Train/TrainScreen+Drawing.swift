import SeerProjection
import SeerWidgets

extension TrainScreen {
  package static func draw(_ state: AppState, into surface: inout Surface) {
    guard let train = state.train else { return }
    var rest = surface.bounds
    _ = rest.takeTop(1)
    _ = rest.takeBottom(1)
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

  func draw(_ rect: Rect, into surface: inout Surface) {
    let hasBorder = rect.height >= 12
    if hasBorder { Frame(title: "a new training").draw(rect, theme, into: &surface) }
    let inside = hasBorder ? rect.inset(2, 1) : rect.inset(1, 0)
    let fields = TrainState.Field.allCases
    let place = fields.firstIndex(of: train.field) ?? 0
    let first = max(0, min(fields.count - inside.height, place - inside.height / 2))
    for (offset, field) in fields.dropFirst(first).prefix(inside.height).enumerated() {
      draw(field, inside, inside.y + offset, &surface)
    }
    let y = inside.y + fields.count + 1
    guard y < inside.maxY else { return }
    for (offset, line) in lines(inside.width).prefix(inside.maxY - y).enumerated() {
      surface.write(line.text, inside.x, y + offset, theme.style(line.role), width: inside.width)
    }
  }

  private func draw(
    _ field: TrainState.Field, _ rect: Rect, _ y: Int, _ surface: inout Surface
  ) {
    let isCurrent = field == train.field
    if field == .start {
      surface.write(
        isCurrent ? "start" : "start", rect.x, y, theme.style(isCurrent ? .accent : .text))
      surface.write(
        estimate, rect.x + 11, y, theme.style(.faint), width: max(0, rect.width - 11))
      if isCurrent { mark(rect, y, &surface) }
      return
    }
    surface.write(field.rawValue, rect.x, y, theme.style(isCurrent ? .accent : .faint))
    let editor = train.form[field] ?? Editor()
    let width = max(1, min(rect.width - 12, rect.width >= 76 ? 36 : rect.width - 12))
    // The end of a long path is what tells it from others.
    let skipped = max(0, (isCurrent ? editor.caret : editor.characters.count) - width + 1)
    let shown = String(editor.characters.dropFirst(skipped))
    let x = rect.x + 11
    surface.write(
      Text.visible(shown, ascii: theme.glyphs.isASCII), x, y, theme.style(.text), width: width)
    if isCurrent {
      let caret =
        x
        + editor.characters[skipped..<editor.caret].reduce(0) {
          $0 + DisplayWidth.of(String($1))
        }
      let under = editor.caret < editor.characters.count ? editor.characters[editor.caret] : " "
      surface.write(String(under), caret, y, theme.style(.cursor), width: 2)
    }
    if rect.width >= 76 {
      surface.write(
        Text.cut(field.help, to: rect.maxX - x - 38, ellipsis: theme.glyphs.ellipsis), x + 38, y,
        theme.style(.faint))
    }
  }

  private func mark(_ rect: Rect, _ y: Int, _ surface: inout Surface) {
    let selected = theme.style(.selection)
    surface.restyle(Rect(x: rect.x, y: y, width: 7, height: 1)) {
      theme.depth == .mono || theme.depth == .ansi16 ? $0.with(.reverse) : $0.on(selected)
    }
  }

  private var estimate: String {
    switch train.estimate {
    case .none: "go here for an estimate of time and memory"
    case .computing: "estimating"
    case .ready(let estimate):
      "about \(Numbers.time(estimate.seconds)), \(estimate.memory / 1_000_000) MB; "
        + "\(estimate.trainRows) rows to train on, \(estimate.heldOutRows) held out"
    case .failed: "not like this:"
    }
  }

  private func lines(_ width: Int) -> [(text: String, role: Theme.Role)] {
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
