import SeerMonitor
import SeerProjection
import SeerSupport
import SeerTokenizers
import SeerWidgets

/// The panels of the Prompt screen: tokens by layers, the concepts of a token, the chat.
struct PromptPanels {
  private let prompt: PromptState
  private let theme: Theme
  private let layout: PromptLayout

  init(_ prompt: PromptState, _ theme: Theme, _ layout: PromptLayout) {
    self.prompt = prompt
    self.theme = theme
    self.layout = layout
  }

  private func inside(_ rect: Rect) -> Rect { layout.hasBorders ? rect.inside : rect }

  private func name(_ concept: Int) -> String {
    guard prompt.concepts.indices.contains(concept) else { return "" }
    return Text.visible(prompt.concepts[concept].name, ascii: theme.glyphs.isASCII)
  }

  // MARK: tokens by layers

  /// How much of the chosen concept each token has at each layer, the last layer on top.
  func drawGrid(into surface: inout Surface) {
    let rect = layout.grid
    if layout.hasBorders {
      let side = prompt.hasTuned ? theme.glyphs.separator + prompt.sideName : ""
      Frame(title: "tokens by layers\(theme.glyphs.separator)\(name(prompt.concept))\(side)").draw(
        rect, theme, into: &surface)
    }
    let inside = inside(rect)
    guard let reading = prompt.reading, inside.height > 0, inside.width > 8 else { return }
    let layers = shownLayers(inside.height)
    let x = inside.x + 4
    let tokens = prompt.shownTokens
    let step = tokens.count * 2 <= inside.maxX - x ? 2 : 1
    let capacity = max(1, (inside.maxX - x) / step)
    let current = tokens.firstIndex { $0 == prompt.tokenIndex } ?? tokens.count - 1
    let first = max(0, min(tokens.count - capacity, current - capacity / 2))
    let shades = theme.glyphs.shareShades
    for (line, layer) in layers.enumerated() {
      let y = inside.y + line
      let number = "\(prompt.layers[layer])"
      let isCurrent = layer == prompt.layer
      surface.write(
        number, inside.x + 3 - number.count, y, theme.style(isCurrent ? .accent : .faint))
      let scores = reading.scores(prompt.answerSide, layer: prompt.layers[layer])
      for (column, token) in tokens.dropFirst(first).prefix(capacity).enumerated() {
        let place = x + column * step
        var style = theme.concept(prompt.concept)
        if token == prompt.tokenIndex {
          style =
            theme.depth == .mono || theme.depth == .ansi16
            ? style.with(.bold) : style.on(theme.style(.selection))
        }
        guard let scores, scores.indices.contains(token),
          scores[token].scores.indices.contains(prompt.concept)
        else {
          surface.put(theme.glyphs.hiddenConcept, place, y, theme.style(.faint))
          continue
        }
        let share = scores[token].scores[prompt.concept]
        let shade = shades[max(0, min(shades.count - 1, Int(share * Float(shades.count))))]
        for offset in 0..<step { surface.put(shade, place + offset, y, style) }
      }
    }
  }

  /// Layers for so many lines, the last on top; the current one is always among them.
  private func shownLayers(_ height: Int) -> [Int] {
    let count = prompt.layers.count
    guard count > height else { return prompt.layers.indices.reversed() }
    guard height > 1 else { return [prompt.layer] }
    var layers = (0..<height).map { (count - 1) * $0 / (height - 1) }
    let nearest = layers.indices.min {
      abs(layers[$0] - prompt.layer) < abs(layers[$1] - prompt.layer)
    }
    if let nearest { layers[nearest] = prompt.layer }
    return layers.sorted(by: >)
  }

  // MARK: the concepts of a token

  func drawBars(into surface: inout Surface) {
    let rect = layout.bars
    let token = prompt.tokenIndex.flatMap { prompt.reading?.tokens[$0] }
    let text = Text.visible(token?.text ?? "", ascii: theme.glyphs.isASCII)
      .replacing("\n", with: theme.glyphs.lineEnd)
    if layout.hasBorders {
      let place = prompt.tokenFromEnd == 0 ? "last token" : "token"
      Frame(title: text.isEmpty ? place : "\(place) '\(text)'", note: calibrationNote).draw(
        rect, theme, into: &surface)
    }
    let inside = inside(rect)
    guard let reading = prompt.reading, let index = prompt.tokenIndex,
      let scores = reading.scores(prompt.answerSide, layer: prompt.layerNumber),
      scores.indices.contains(index)
    else {
      if prompt.preparing != nil {
        surface.write(
          "making the monitor", inside.x + 1, inside.y, theme.style(.faint), width: inside.width)
      }
      return
    }
    let other = prompt.hasTuned ? reading.scores(prompt.otherSide, layer: prompt.layerNumber) : nil
    let score = scores[index]
    // The likeliest first where not all fit, else in their usual order.
    var order = Array(score.scores.indices)
    if order.count > inside.height { order.sort { score.scores[$0] > score.scores[$1] } }
    let nameWidth = min(12, max(4, inside.width / 3))
    let otherWidth = other != nil && inside.width >= 30 ? 5 : 0
    let barX = inside.x + 3 + nameWidth + 1
    let trail = inside.width >= 38 ? 8 : 0
    let barWidth = max(1, inside.maxX - barX - 5 - otherWidth - (trail > 0 ? trail + 1 : 0))
    for (line, concept) in order.prefix(inside.height).enumerated() {
      let y = inside.y + line
      let isChosen = concept == prompt.concept
      surface.put(theme.glyphs.mark(concept), inside.x + 1, y, theme.concept(concept))
      surface.write(
        Text.cut(name(concept), to: nameWidth, ellipsis: theme.glyphs.ellipsis), inside.x + 3, y,
        theme.style(isChosen ? .strong : .text))
      var x = barX
      if trail > 0 {
        drawTrail(scores, to: index, concept, x, y, width: trail, &surface)
        x += trail + 1
      }
      let value = score.scores[concept]
      surface.write(theme.glyphs.bar(value, width: barWidth), x, y, theme.concept(concept))
      surface.write(Numbers.share(value), x + barWidth + 1, y, theme.style(.text))
      if otherWidth > 0, let other, other.indices.contains(index) {
        surface.write(
          Numbers.share(other[index].scores[concept]), x + barWidth + 6, y, theme.style(.faint))
      }
    }
    let y = inside.y + order.count
    guard y < inside.maxY else { return }
    if y + 1 < inside.maxY { drawSlider(inside, inside.maxY - 1, &surface) }
    let cosine =
      score.isUnknown
      ? "unknown: cosine \(Numbers.share(score.cosine))" : "cosine \(Numbers.share(score.cosine))"
    var line = cosine
    if let band = prompt.calibrations[prompt.layerNumber]?.randomBand {
      line += "\(theme.glyphs.separator)random up to \(Numbers.share(band.upperBound))"
    }
    surface.write(
      Text.cut(line, to: inside.width - 2, ellipsis: theme.glyphs.ellipsis), inside.x + 1, y,
      theme.style(score.isUnknown ? .warning : .faint))
  }

  /// How far the next answer is steered: a knob on a line with off in its middle.
  private func drawSlider(_ rect: Rect, _ y: Int, _ surface: inout Surface) {
    let isOff = prompt.steer == 0
    let figure = isOff ? "off" : Numbers.signed(prompt.strength)
    let start = surface.write("steer ", rect.x + 1, y, theme.style(.faint))
    let width = rect.maxX - 1 - start - 7
    guard width >= 5 else {
      surface.write(figure, start, y, theme.style(isOff ? .faint : .accent))
      return
    }
    for x in start..<start + width { surface.put(theme.glyphs.box[4], x, y, theme.style(.border)) }
    let share =
      Float(prompt.steer - PromptState.steers.lowerBound) / Float(PromptState.steers.count - 1)
    let knob = start + Int((share * Float(width - 1)).rounded())
    surface.put(
      theme.glyphs.mark(prompt.concept), knob, y,
      isOff ? theme.style(.faint) : theme.concept(prompt.concept))
    surface.write(figure, start + width + 1, y, theme.style(isOff ? .faint : .accent))
  }

  private var calibrationNote: String {
    if let speed = prompt.tokensPerSecond, prompt.isAnswering {
      return "\(Int(speed.rounded())) tokens/s"
    }
    guard let calibration = prompt.calibrations[prompt.layerNumber] else { return "" }
    return "calibration error \(Numbers.share(Float(calibration.expectedError)))"
  }

  /// The concept over the last tokens.
  private func drawTrail(
    _ scores: [ConceptScores], to index: Int, _ concept: Int, _ x: Int, _ y: Int, width: Int,
    _ surface: inout Surface
  ) {
    let levels = theme.glyphs.levels
    for offset in 0..<width {
      let token = index - width + 1 + offset
      guard scores.indices.contains(token) else { continue }
      let level = Int(scores[token].scores[concept] * Float(levels.count))
      surface.put(
        levels[max(0, min(levels.count - 1, level))], x + offset, y, theme.concept(concept))
    }
  }

  // MARK: the chat

  private enum Line {
    case head(String, ConceptScores?)
    case text(TokenLines, Int)
    case plain(String)
  }

  func drawChat(into surface: inout Surface) {
    let rect = layout.chat
    guard rect.height > 0 else { return }
    let lines = chatLines(inside(rect).width - 2)
    let height = inside(rect).height
    let last = max(0, lines.count - height)
    let first = max(0, last - prompt.chatScroll)
    if layout.hasBorders {
      let note = lines.count > height ? "\(first + 1)-\(first + height) of \(lines.count)" : ""
      Frame(title: prompt.isAnswering ? "answering" : "chat", note: note).draw(
        rect, theme, into: &surface)
    }
    let inside = inside(rect)
    if lines.isEmpty {
      surface.write(
        Text.cut(
          "Enter sends the text and lets the \(prompt.sideName) model answer.",
          to: inside.width - 2, ellipsis: theme.glyphs.ellipsis), inside.x + 1, inside.y,
        theme.style(.faint))
      return
    }
    let scores = prompt.reading?.scores(prompt.answerSide, layer: prompt.layerNumber)
    for (offset, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
      let y = inside.y + offset
      switch line {
      case .head(let title, let score):
        let x = surface.write(title, inside.x + 1, y, theme.style(.title))
        guard let score else { continue }
        let style = score.isUnknown ? theme.style(.faint) : theme.concept(score.best)
        let mark = score.isUnknown ? theme.glyphs.hiddenConcept : theme.glyphs.mark(score.best)
        surface.put(mark, x + 2, y, style)
        let said =
          score.isUnknown
          ? "unknown" : "\(name(score.best)) \(Numbers.share(score.scores[score.best]))"
        surface.write(said, x + 4, y, style, width: max(0, inside.maxX - x - 5))
      case .text(let tokens, let index):
        tokens.draw(
          index, inside.x + 2, y, scores: scores, selected: nil, theme, into: &surface)
      case .plain(let text):
        surface.write(text, inside.x + 2, y, theme.style(.text), width: inside.width - 2)
      }
    }
  }

  private func chatLines(_ width: Int) -> [Line] {
    var lines: [Line] = []
    let side = prompt.answerSide == .tuned && prompt.hasTuned ? 1 : 0
    var messages = prompt.chat
    if let answer = prompt.answer {
      var message = prompt.writer
      message.message = ChatMessage(.assistant, answer)
      messages.append(message)
    }
    for (turn, entry) in messages.enumerated() {
      let message = entry.message
      var title = "you"
      if message.role == .assistant {
        title = entry.side == .tuned ? "tuned" : prompt.hasTuned ? "base" : "model"
      }
      if let steering = entry.steering {
        title += ", steered: " + Text.visible(steering, ascii: theme.glyphs.isASCII)
      }
      let turns = prompt.reading?.turns ?? []
      let score = turns.indices.contains(turn) ? turns[turn] : []
      lines.append(.head(title, score.indices.contains(side) ? score[side] : nil))
      let tokens = prompt.reading?.tokens ?? []
      let own = tokens.indices.filter { tokens[$0].turn == turn }
      if own.isEmpty {
        let text = Text.visible(message.content, ascii: theme.glyphs.isASCII)
        lines += Text.wrap(text, width: max(1, width - 1)).map(Line.plain)
      } else {
        let wrapped = TokenLines(tokens, own, width: max(2, width - 1), glyphs: theme.glyphs)
        lines += wrapped.lines.indices.map { Line.text(wrapped, $0) }
      }
    }
    return lines
  }
}

extension PromptState {
  var otherSide: Conversation.Side { answerSide == .base ? .tuned : .base }
  /// What the side in front is called.
  var sideName: String { answerSide == .tuned ? "tuned" : "base" }
}
