import SeerApp
import SeerProjection
import SeerRuns
import SeerWidgets

/// What is known of the entry that is chosen on the Start screen, and what Enter does with it.
struct StartDetails {
  /// Lines with the border.
  static let height = 7

  private let title: String
  private let lines: [String]
  private let hint: String

  init(_ entry: StartState.Entry, _ start: StartState) {
    switch entry {
    case .run(let run):
      let m = run.manifest
      title = run.isFinished ? "run" : "unfinished run"
      let adapter = m.adapter.map { ", adapter \($0)" } ?? ""
      let layers = Run.described(m.layers)
      var made = m.tool
      if let tokens = m.tokens, let seconds = m.seconds, seconds > 0 {
        made +=
          ", \(Numbers.grouped(tokens)) tokens in \(Numbers.time(seconds)), "
          + "\(Numbers.grouped(Int(Double(tokens) / seconds))) a second"
      }
      lines = [
        "model \(m.model)\(adapter)",
        "\(Numbers.grouped(m.rows)) rows of \(m.concepts)",
        "layers \(layers), \(m.width) numbers each as \(m.dtype); template \(m.template), "
          + "position \(m.position)",
        "by \(made)",
      ]
      hint =
        run.isFinished
        ? "Enter explores it. Space holds it: the run opened next is compared with it."
        : "Enter goes on with it."
    case .concepts(let file):
      title = "concept file"
      let plan = start.plan(for: file)
      lines = [
        file.path, "\(StartScreen.size(file.bytes)), about \(Numbers.grouped(plan.tokens)) tokens",
      ]
      hint = "Enter records its states with \(RunSource.name(plan.model)) into \(plan.folder)."
    case .model(let file):
      title = "model"
      lines = [file.path, StartScreen.size(file.bytes)]
      let isUsed = file.path == start.model || RunSource.name(file.path) == start.model
      hint = isUsed ? "States are recorded with it." : "Enter records states with it from now on."
    }
  }

  func draw(_ rect: Rect, _ theme: Theme, into surface: inout Surface) {
    Frame(title: title).draw(rect, theme, into: &surface)
    let inside = rect.inset(2, 1)
    func write(_ text: String, _ line: Int, _ role: Theme.Role) {
      let text = Text.cut(
        Text.visible(text, ascii: theme.glyphs.isASCII), to: inside.width,
        ellipsis: theme.glyphs.ellipsis)
      surface.write(text, inside.x, inside.y + line, theme.style(role))
    }
    for (index, line) in lines.prefix(inside.height - 1).enumerated() { write(line, index, .text) }
    write(hint, inside.height - 1, .faint)
  }
}
