import SeerApp
import SeerMonitor
import SeerWidgets

/// How a side's tokens are drawn: marked by their scores or, where the screen says what wrote the
/// score of one of them, by what they gave to it.
struct TokenLooks {
  private let prompt: PromptState
  private let theme: Theme
  private let scores: [ConceptScores]?
  private let gifts: [Float]?

  init(_ prompt: PromptState, _ side: Conversation.Side, _ theme: Theme, _ size: Size) {
    self.prompt = prompt
    self.theme = theme
    scores = prompt.scores(side)
    gifts = prompt.gifts(side, size)
  }

  func look(_ token: Int) -> TokenLines.Look {
    let isCurrent =
      token == prompt.tokenIndex && (prompt.focus != .editor || prompt.tokenFromEnd > 0)
    let score = scores.flatMap { $0.indices.contains(token) ? $0[token] : nil }
    if let gifts, gifts.indices.contains(token) {
      let gift = gifts[token]
      let tint = theme.tint(gift)
      let isWorth = abs(gift) >= 0.1
      return TokenLines.Look(
        text: tint, mark: isWorth ? (gift > 0 ? "+" : "-") : nil, markStyle: tint)
    }
    let look = ScoreLook(score, filter: prompt.filter, theme)
    let role: Theme.Role = isCurrent ? .cursor : score?.isUnknown == true ? .faint : .text
    return TokenLines.Look(
      text: theme.style(role), mark: score == nil ? nil : look.mark, markStyle: look.style)
  }
}

/// The tokens of a message on one side, in the lines there are.
struct TokenStrip {
  private let lines: TokenLines
  private let first: Int
  private let x: Int
  private let rect: Rect
  private let prompt: PromptState
  private let side: Conversation.Side

  init?(_ side: Conversation.Side, _ rect: Rect, _ prompt: PromptState, _ theme: Theme) {
    self.rect = rect
    self.prompt = prompt
    self.side = side
    x = rect.x + 1 + Self.label(side, prompt).count
    let width = rect.maxX - 1 - x
    guard rect.height > 0, width > 4, let reading = prompt.reading else { return nil }
    lines = TokenLines(reading.tokens, prompt.shownTokens, width: width, glyphs: theme.glyphs)
    let current = lines.line(of: prompt.tokenIndex)
    first = max(0, min(lines.lines.count - rect.height, current - rect.height + 1))
  }

  private static func label(_ side: Conversation.Side, _ prompt: PromptState) -> String {
    prompt.hasTuned ? PromptState.name(side).padding(to: 6) : ""
  }

  func token(at place: Cursor) -> Int? {
    rect.contains(place) ? lines.token(first + place.y - rect.y, at: place.x - x) : nil
  }

  static func drawLabel(
    _ side: Conversation.Side, _ rect: Rect, _ prompt: PromptState, _ theme: Theme,
    _ surface: inout Surface
  ) {
    let isFront = side == prompt.answerSide && prompt.hasTuned
    let x = surface.write(
      label(side, prompt), rect.x + 1, rect.y, theme.style(isFront ? .strong : .faint))
    guard prompt.reading == nil else { return }
    surface.write("no tokens yet", x, rect.y, theme.style(.faint), width: rect.maxX - x)
  }

  func draw(_ theme: Theme, _ size: Size, into surface: inout Surface) {
    let looks = TokenLooks(prompt, side, theme, size)
    for offset in 0..<max(0, min(rect.height, lines.lines.count - first)) {
      lines.draw(first + offset, x, rect.y + offset, into: &surface, look: looks.look)
    }
    if let turn = prompt.shownTurn, !prompt.alerts(turn, side).isEmpty {
      for y in rect.y..<rect.maxY { surface.put("!", rect.x, y, theme.style(.warning)) }
      return
    }
    // What does not fit is told at both ends.
    if first > 0 { surface.put(theme.glyphs.arrowUp, rect.x, rect.y, theme.style(.faint)) }
    if first + rect.height < lines.lines.count {
      surface.put(theme.glyphs.arrowDown, rect.x, rect.maxY - 1, theme.style(.faint))
    }
  }
}
