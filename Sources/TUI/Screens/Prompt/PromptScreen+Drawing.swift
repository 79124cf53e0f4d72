import SeerApp
import SeerMonitor
import SeerProjection
import SeerWidgets

extension PromptScreen {
  package static func draw(_ state: AppState, into surface: inout Surface) {
    guard let prompt = state.prompt else { return }
    let theme = state.theme
    let layout = PromptLayout(state)
    drawEditor(prompt, layout, theme, &surface)
    switch prompt.status {
    case .closed, .opening, .failed:
      var rest = surface.bounds
      rest.height -= 1
      _ = rest.takeTop(layout.editorFrame.maxY)
      if case .failed(let problem) = prompt.status {
        Notice(title: "The model cannot be opened", lines: [problem.text], isError: true)
          .draw(rest, theme, into: &surface)
      } else {
        Notice(title: "Opening \(prompt.model)", lines: ["You can write already."])
          .draw(rest, theme, into: &surface)
      }
      return
    case .ready: break
    }
    for (side, rect) in zip(prompt.sides, layout.strips) where rect.height > 0 {
      TokenStrip.drawLabel(side, rect, prompt, theme, &surface)
      TokenStrip(side, rect, prompt, theme)?.draw(theme, state.size, into: &surface)
    }
    if !layout.grid.isEmpty {
      if prompt.showsTrajectory {
        drawTrajectory(state, prompt, layout, &surface)
      } else {
        drawGrid(prompt, layout, theme, &surface)
      }
    }
    ConceptPane(prompt, theme, layout).draw(into: &surface)
    WhyPane(prompt, theme, layout).draw(into: &surface)
    LensPane(prompt, theme, layout).draw(into: &surface)
    ChatPane(state, prompt, layout).draw(into: &surface)
  }

  package static func heading(_ state: AppState) -> ScreenHeading {
    guard let prompt = state.prompt else { return ScreenHeading() }
    var right = LayerTitle.text(prompt.layerNumber, of: prompt.layers)
    if state.size.width >= 60 {
      let name = prompt.filter.map { prompt.concepts[$0].name }
      right += state.theme.glyphs.separator + (name.map { "only \($0)" } ?? "all concepts")
    }
    var model = prompt.model
    if let adapter = prompt.adapter { model += " + \(adapter)" }
    var parts = [model]
    if prompt.isAnswering { parts.insert("answering, Esc stops", at: 0) }
    if let steering = prompt.steering { parts.insert("steered: \(steering)", at: 0) }
    return ScreenHeading(
      parts: parts, right: Text.visible(right, ascii: state.theme.glyphs.isASCII))
  }

  private static func drawEditor(
    _ prompt: PromptState, _ layout: PromptLayout, _ theme: Theme, _ surface: inout Surface
  ) {
    let isFocused = prompt.focus == .editor
    if layout.hasBorders {
      Frame(title: "you", isFocused: isFocused).draw(layout.editorFrame, theme, into: &surface)
    } else {
      surface.put(">", layout.editorFrame.x + 1, layout.editor.y, theme.style(.key))
    }
    let page = EditorPage(prompt.editor, width: layout.editor.width)
    let height = layout.editor.height
    let first = max(0, min(page.lines.count - height, page.caret.y - height / 2))
    let characters = prompt.editor.characters
    for (offset, line) in page.lines.dropFirst(first).prefix(height).enumerated() {
      let text = String(characters[line].filter { $0 != "\n" })
      surface.write(
        Text.visible(text, ascii: theme.glyphs.isASCII), layout.editor.x,
        layout.editor.y + offset, theme.style(.text), width: layout.editor.width)
    }
    if prompt.editor.isEmpty, prompt.chat.isEmpty {
      surface.write(
        Text.cut(
          "Write a prompt: every token is scored as you type.", to: layout.editor.width - 2,
          ellipsis: theme.glyphs.ellipsis), layout.editor.x + 2, layout.editor.y,
        theme.style(.faint))
    }
    guard isFocused else { return }
    let caret = Cursor(
      x: min(layout.editor.maxX - 1, layout.editor.x + page.caret.x),
      y: layout.editor.y + page.caret.y - first)
    guard caret.y < layout.editor.maxY else { return }
    let place = prompt.editor.caret
    var under = " "
    if place < characters.count, characters[place] != "\n" { under = String(characters[place]) }
    surface.write(
      Text.visible(under, ascii: theme.glyphs.isASCII), caret.x, caret.y, theme.style(.cursor),
      width: 2)
  }

  private static func drawGrid(
    _ prompt: PromptState, _ layout: PromptLayout, _ theme: Theme, _ surface: inout Surface
  ) {
    if layout.hasBorders {
      let what =
        prompt.filter.map { "how much \(prompt.concepts[$0].name)" } ?? "the likeliest concept"
      var notes = prompt.hasTuned ? ["in each cell: tuned, base"] : []
      if !prompt.wordLayers.isEmpty {
        notes.append("words: layer \(prompt.wordLayers.map { "\($0)" }.joined(separator: ", "))")
      }
      let note = notes.joined(separator: theme.glyphs.separator)
      Frame(
        title: Text.visible(
          "tokens by layers\(theme.glyphs.separator)\(what)", ascii: theme.glyphs.isASCII),
        note: note
      ).draw(layout.grid, theme, into: &surface)
    }
    PromptGrid(prompt, layout.inside(layout.grid), theme.glyphs).draw(
      prompt, theme, into: &surface)
  }

  /// The tokens' way over the map of the layer.
  private static func drawTrajectory(
    _ state: AppState, _ prompt: PromptState, _ layout: PromptLayout, _ surface: inout Surface
  ) {
    let theme = state.theme
    let rect = layout.grid
    if layout.hasBorders {
      Frame(title: "tokens on the map of layer \(prompt.layerNumber)").draw(
        rect, theme, into: &surface)
    }
    let panel = layout.inside(rect)
    guard let way = prompt.trajectory, way.layer == prompt.layer,
      let bounds = WorldBounds.ofMap(way.rows + way.tokens)
    else {
      Notice(title: "Placing the tokens").draw(panel, theme, into: &surface)
      return
    }
    let viewport = Viewport(bounds: bounds, view: .whole, size: panel.size)
    let explore = state.explore
    for (row, point) in way.rows.enumerated() where explore.run.conceptOfRow.indices.contains(row) {
      guard let cell = viewport.cell(point) else { continue }
      surface.put(
        theme.glyphs.hiddenConcept, panel.x + cell.x, panel.y + cell.y,
        theme.concept(Int(explore.run.conceptOfRow[row])))
    }
    let scores = prompt.scores(prompt.answerSide)
    let shown = prompt.shownTokens.filter(way.tokens.indices.contains)
    for (a, b) in zip(shown, shown.dropFirst()) {
      Way(start: viewport.place(way.tokens[a]), end: viewport.place(way.tokens[b])).draw(
        theme.glyphs.way, theme.style(.faint), panel, into: &surface)
    }
    for token in shown {
      guard let cell = viewport.cell(way.tokens[token]) else { continue }
      let score = scores.flatMap { $0.indices.contains(token) ? $0[token] : nil }
      let style = score.map { theme.concept($0.best) } ?? theme.style(.text)
      let isCurrent = token == prompt.tokenIndex
      let mark = score.map { theme.glyphs.mark($0.best) } ?? theme.glyphs.cursor
      surface.put(
        mark, panel.x + cell.x, panel.y + cell.y,
        isCurrent ? theme.style(.cursor) : style.with(.bold))
    }
  }
}

extension PromptState {
  /// What the side in front is called.
  var sideName: String { hasTuned ? Self.name(answerSide) : "base" }
}
