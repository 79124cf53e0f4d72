import SeerApp
import SeerMonitor
import SeerWidgets

/// The concepts of one token: a figure for each side, and in words how far to believe it.
struct ConceptPane {
  private let prompt: PromptState
  private let theme: Theme
  private let layout: PromptLayout
  private let inside: Rect
  /// The concepts in the order shown; those that there is room for.
  private let order: [Int]
  /// Where the first concept is.
  private let top: Int

  /// Lines of the whole panel, all concepts shown.
  static func height(_ prompt: PromptState, hasBorders: Bool) -> Int {
    min(14, prompt.concepts.count) + prompt.sides.count + 2 + (hasBorders ? 2 : 0)
  }

  init(_ prompt: PromptState, _ theme: Theme, _ layout: PromptLayout) {
    self.prompt = prompt
    self.theme = theme
    self.layout = layout
    inside = layout.inside(layout.concepts)
    let score = prompt.score(prompt.answerSide)
    let concepts = score.map { Array($0.scores.indices) } ?? Array(prompt.concepts.indices)
    // Without room for all, the figures' names go first, then the less likely ones.
    let hasTitles = prompt.hasTuned && inside.height > concepts.count
    top = inside.y + (hasTitles ? 1 : 0)
    let room = max(0, inside.maxY - top)
    if let score, concepts.count > room {
      order = Array(concepts.sorted { score.scores[$0] > score.scores[$1] }.prefix(room))
    } else {
      order = Array(concepts.prefix(room))
    }
  }

  func concept(at place: Cursor) -> Int? {
    guard inside.contains(place), order.indices.contains(place.y - top) else { return nil }
    return order[place.y - top]
  }

  private func name(_ concept: Int) -> String {
    guard prompt.concepts.indices.contains(concept) else { return "" }
    return Text.visible(prompt.concepts[concept].name, ascii: theme.glyphs.isASCII)
  }

  func draw(into surface: inout Surface) {
    guard !layout.concepts.isEmpty else { return }
    let token = prompt.tokenIndex.flatMap { prompt.reading?.tokens[$0] }
    let text = Text.ofToken(token?.text ?? "", theme.glyphs)
    if layout.hasBorders {
      let place = prompt.tokenFromEnd == 0 ? "last token" : "token"
      Frame(title: text.isEmpty ? place : "\(place) \(text)", note: note).draw(
        layout.concepts, theme, into: &surface)
    }
    guard prompt.score(prompt.answerSide) != nil else {
      if prompt.preparing != nil {
        surface.write(
          "making the monitor", inside.x + 1, inside.y, theme.style(.faint), width: inside.width)
      }
      return
    }
    let scores = prompt.sides.map { (side: $0, score: prompt.score($0)) }
    // Where there is little room, both figures come before the names.
    let step = inside.width < 24 ? 5 : 6
    let figures = step * scores.count
    let nameWidth = min(14, max(3, min(inside.width / 3, inside.width - 4 - figures)))
    let figureX = inside.x + 3 + nameWidth
    let trail = inside.width >= 54 ? 8 : 0
    let barX = figureX + figures + 1
    let barWidth = inside.maxX - 1 - barX - (trail > 0 ? trail + 1 : 0)
    if top > inside.y {
      for (place, entry) in scores.enumerated() {
        let isFront = entry.side == prompt.answerSide
        let label = PromptState.name(entry.side)
        surface.write(
          label, figureX + step * place + step - label.count, inside.y,
          theme.style(isFront ? .strong : .text))
      }
    }
    let raised = prompt.shownTurn.map { prompt.alerts($0, prompt.answerSide) } ?? []
    for (line, concept) in order.enumerated() {
      let y = top + line
      let isChosen = concept == prompt.concept
      if prompt.watched.contains(concept) {
        surface.put("!", inside.x, y, theme.style(raised.contains(concept) ? .warning : .faint))
      }
      surface.put(theme.glyphs.mark(concept), inside.x + 1, y, theme.concept(concept))
      surface.write(
        Text.cut(name(concept), to: nameWidth, ellipsis: theme.glyphs.ellipsis), inside.x + 3, y,
        theme.style(isChosen ? (prompt.isFiltered ? .accent : .strong) : .text))
      for (place, entry) in scores.enumerated() {
        guard let score = entry.score, score.scores.indices.contains(concept) else { continue }
        surface.write(
          Numbers.share(score.scores[concept]), figureX + step * place + step - 3, y,
          theme.style(entry.side == prompt.answerSide ? .text : .faint))
      }
      guard barWidth > 1, let value = prompt.score(prompt.answerSide)?.scores[concept] else {
        continue
      }
      surface.write(theme.glyphs.bar(value, width: barWidth), barX, y, theme.concept(concept))
      if trail > 0 { drawTrail(concept, barX + barWidth + 1, y, width: trail, &surface) }
    }
    drawWords(scores, top + order.count, &surface)
  }

  /// How clearly each side's likeliest concept is there, and below it how the next answer is
  /// steered.
  private func drawWords(
    _ scores: [(side: Conversation.Side, score: ConceptScores?)], _ y: Int,
    _ surface: inout Surface
  ) {
    var y = y
    let hasSlider = inside.height > order.count + 1 + (top - inside.y)
    for (side, score) in scores where y < inside.maxY - (hasSlider ? 1 : 0) {
      guard let score else { continue }
      let word = CosineWord(score, prompt.calibration(side))
      var x = inside.x + 1
      if prompt.hasTuned {
        x = surface.write(
          PromptState.name(side).padding(to: 6), x, y, theme.style(.faint), width: inside.maxX - x)
      }
      let isSure = word == .clear
      surface.put(
        isSure ? theme.glyphs.mark(score.best) : theme.glyphs.hiddenConcept, x, y,
        isSure ? theme.concept(score.best) : theme.style(.faint))
      let cosine = "cosine \(Numbers.share(score.cosine))"
      let words = [word?.rawValue ?? "", word?.short ?? ""]
      let forms = [words[0] + theme.glyphs.separator + cosine] + words
      let text = forms.first { DisplayWidth.of($0) <= inside.maxX - x - 2 } ?? words[1]
      surface.write(
        text, x + 2, y, theme.style(isSure ? .text : .warning), width: inside.maxX - x - 2)
      y += 1
    }
    if hasSlider, y < inside.maxY { drawSlider(inside.maxY - 1, &surface) }
  }

  /// How far the next answer is steered: a knob on a line with off in its middle.
  private func drawSlider(_ y: Int, _ surface: inout Surface) {
    let isOff = prompt.steer == 0
    let figure = isOff ? "off" : Numbers.signed(prompt.strength)
    let label =
      inside.width >= 44
      ? "steer \(Text.cut(name(prompt.concept), to: 12, ellipsis: theme.glyphs.ellipsis)) "
      : "steer "
    let start = surface.write(label, inside.x + 1, y, theme.style(.faint))
    let width = inside.maxX - 1 - start - 7
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

  private var note: String {
    if let speed = prompt.tokensPerSecond, prompt.isAnswering {
      return "\(Int(speed.rounded())) tokens/s"
    }
    guard let calibration = prompt.calibration(prompt.answerSide) else { return "" }
    return "calibration error \(Numbers.share(Float(calibration.expectedError)))"
  }

  /// The concept over the last tokens.
  private func drawTrail(
    _ concept: Int, _ x: Int, _ y: Int, width: Int, _ surface: inout Surface
  ) {
    guard let scores = prompt.scores(prompt.answerSide), let index = prompt.tokenIndex else {
      return
    }
    let levels = theme.glyphs.levels
    for offset in 0..<width {
      let token = index - width + 1 + offset
      guard scores.indices.contains(token) else { continue }
      guard scores[token].scores.indices.contains(concept) else { continue }
      let level = Numbers.step(scores[token].scores[concept], of: levels.count)
      surface.put(levels[level], x + offset, y, theme.concept(concept))
    }
  }
}

extension String {
  /// With blanks behind it up to so many characters.
  func padding(to count: Int) -> String {
    self + String(repeating: " ", count: max(0, count - self.count))
  }

  /// With blanks before it up to so many characters.
  func leading(to count: Int) -> String {
    String(repeating: " ", count: max(0, count - self.count)) + self
  }
}
