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
    for (side, rect) in zip(prompt.sides, layout.strips) {
      drawStrip(side, rect, prompt, theme, &surface)
    }
    let panels = PromptPanels(prompt, theme, layout)
    if prompt.showsTrajectory {
      drawTrajectory(state, prompt, layout, &surface)
    } else {
      panels.drawGrid(into: &surface)
    }
    panels.drawBars(into: &surface)
    panels.drawChat(into: &surface)
  }

  package static func heading(_ state: AppState) -> ScreenHeading {
    guard let prompt = state.prompt else { return ScreenHeading() }
    var right = LayerTitle.text(prompt.layerNumber, of: prompt.layers)
    if prompt.concepts.indices.contains(prompt.concept), state.size.width >= 60 {
      right += state.theme.glyphs.separator + "concept " + prompt.concepts[prompt.concept].name
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

  /// The tokens of the message being written or answered, coloured by their top concept.
  /// The tokens of a side as they are laid out, and the figure behind them.
  private struct Strip {
    let lines: TokenLines
    let first: Int
    let x: Int
    let figure: (text: String, style: Style)
    let figureX: Int

    init?(_ side: Conversation.Side, _ rect: Rect, _ prompt: PromptState, _ theme: Theme) {
      guard rect.height > 0, let reading = prompt.reading else { return nil }
      x = rect.x + 1 + PromptScreen.label(side, prompt).count
      let scores = reading.scores(side, layer: prompt.layerNumber)
      figure = PromptScreen.figure(side, scores, prompt, theme)
      figureX = rect.maxX - 1 - DisplayWidth.of(figure.text)
      let width = figureX - 2 - x
      guard width > 4 else { return nil }
      lines = TokenLines(reading.tokens, prompt.shownTokens, width: width, glyphs: theme.glyphs)
      let current = lines.line(of: prompt.tokenIndex)
      first = max(0, min(lines.lines.count - rect.height, current - rect.height + 1))
    }
  }

  private static func label(_ side: Conversation.Side, _ prompt: PromptState) -> String {
    prompt.hasTuned ? (side == .tuned ? "tuned " : "base  ") : ""
  }

  /// The token of a strip at a place, by its index among all.
  static func token(at place: Cursor, _ state: AppState) -> Int? {
    guard let prompt = state.prompt, prompt.status == .ready else { return nil }
    for (side, rect) in zip(prompt.sides, PromptLayout(state).strips) where rect.contains(place) {
      guard let strip = Strip(side, rect, prompt, state.theme) else { return nil }
      let line = strip.first + place.y - rect.y
      guard strip.lines.lines.indices.contains(line) else { return nil }
      var x = strip.x
      for piece in strip.lines.lines[line] {
        if place.x >= x, place.x < x + piece.width { return piece.token }
        x += piece.width
      }
    }
    return nil
  }

  private static func drawStrip(
    _ side: Conversation.Side, _ rect: Rect, _ prompt: PromptState, _ theme: Theme,
    _ surface: inout Surface
  ) {
    guard rect.height > 0 else { return }
    let x = surface.write(label(side, prompt), rect.x + 1, rect.y, theme.style(.faint))
    guard let reading = prompt.reading else {
      surface.write("no tokens yet", x, rect.y, theme.style(.faint), width: rect.maxX - x)
      return
    }
    guard let strip = Strip(side, rect, prompt, theme) else { return }
    let scores = reading.scores(side, layer: prompt.layerNumber)
    let selected = prompt.focus == .tokens || prompt.tokenFromEnd > 0 ? prompt.tokenIndex : nil
    for offset in 0..<min(rect.height, strip.lines.lines.count - strip.first) {
      strip.lines.draw(
        strip.first + offset, strip.x, rect.y + offset, scores: scores, selected: selected, theme,
        into: &surface)
    }
    let (figure, figureX) = (strip.figure, strip.figureX)
    surface.write(figure.text, figureX, rect.y, figure.style)
  }

  /// The chosen concept's score of the token looked at.
  private static func figure(
    _ side: Conversation.Side, _ scores: [ConceptScores]?, _ prompt: PromptState, _ theme: Theme
  ) -> (text: String, style: Style) {
    guard let scores, let token = prompt.tokenIndex, scores.indices.contains(token),
      prompt.concepts.indices.contains(prompt.concept)
    else { return ("", .plain) }
    let name = Text.cut(
      Text.visible(prompt.concepts[prompt.concept].name, ascii: theme.glyphs.isASCII), to: 12,
      ellipsis: theme.glyphs.ellipsis)
    let score = scores[token].scores
    guard score.indices.contains(prompt.concept) else { return ("", .plain) }
    return ("\(name) \(Numbers.share(score[prompt.concept]))", theme.concept(prompt.concept))
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
    let panel = layout.hasBorders ? rect.inside : rect
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
    let side = prompt.answerSide
    let scores = prompt.reading?.scores(side, layer: prompt.layerNumber)
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
  /// The tokens of the message being written or answered; of the last one, where nothing is.
  var shownTokens: [Int] {
    guard let tokens = reading?.tokens else { return [] }
    let last = tokens.last { $0.turn >= 0 }?.turn ?? -1
    return tokens.indices.filter { tokens[$0].turn == last }
  }
}
