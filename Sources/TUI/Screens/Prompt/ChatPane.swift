import SeerApp
import SeerMonitor
import SeerSupport
import SeerTokenizers
import SeerWidgets

/// What was said and answered, every token with its mark.
struct ChatPane {
  private enum Line {
    /// Of a message, by its number.
    case head(String, ConceptScores?, Int)
    case text(TokenLines, Int, Int)
    case plain(String)
  }

  private let prompt: PromptState
  private let theme: Theme
  private let layout: PromptLayout
  private let size: Size
  private let inside: Rect
  private let lines: [Line]
  private let first: Int

  init(_ state: AppState, _ prompt: PromptState, _ layout: PromptLayout) {
    self.prompt = prompt
    theme = state.theme
    self.layout = layout
    size = state.size
    inside = layout.inside(layout.chat)
    lines = Self.lines(prompt, theme, width: inside.width - 2)
    first = max(0, max(0, lines.count - inside.height) - prompt.chatScroll)
  }

  /// How far the chat can be scrolled up.
  var lastScroll: Int { max(0, lines.count - inside.height) }

  /// The token at a place, by its index among all.
  func token(at place: Cursor) -> Int? {
    let index = first + place.y - inside.y
    guard inside.contains(place), lines.indices.contains(index),
      case .text(let tokens, let line, _) = lines[index]
    else { return nil }
    return tokens.token(line, at: place.x - inside.x - 2)
  }

  private var note: String {
    var parts: [String] = []
    if lines.count > inside.height {
      parts.append("\(first + 1)-\(first + inside.height) of \(lines.count)")
    }
    parts += [prompt.temperatureText, prompt.penaltyText]
    if prompt.variant > 0 { parts.append("seed \(prompt.variant)") }
    if prompt.hasTemplate {
      parts.append(prompt.usesTemplate ? "the model's template" : "plain text")
    }
    return parts.joined(separator: theme.glyphs.separator)
  }

  func draw(into surface: inout Surface) {
    guard layout.chat.height > 0 else { return }
    if layout.hasBorders {
      Frame(title: prompt.isAnswering ? "answering" : "chat", note: note).draw(
        layout.chat, theme, into: &surface)
    }
    if lines.isEmpty {
      surface.write(
        Text.cut(
          "Enter sends it: the \(prompt.sideName) model answers.",
          to: inside.width - 2, ellipsis: theme.glyphs.ellipsis), inside.x + 1, inside.y,
        theme.style(.faint))
      return
    }
    let looks = TokenLooks(prompt, prompt.answerSide, theme, size)
    for (offset, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
      let y = inside.y + offset
      switch line {
      case .head(let title, let score, let turn):
        drawAlert(turn, y, &surface)
        let x = surface.write(
          title, inside.x + 1, y, theme.style(.title), width: inside.width - 1)
        guard let score else { continue }
        let look = ScoreLook(score, filter: nil, theme)
        surface.put(look.mark, x + 2, y, look.style)
        let said =
          score.isUnknown
          ? "no concept stands out"
          : "\(name(score.best)) \(Numbers.share(score.scores[score.best]))"
        let room = max(0, inside.maxX - x - 5)
        let whole = said + ways(turn, prompt.filter ?? score.best)
        surface.write(
          DisplayWidth.of(whole) <= room
            ? whole : Text.cut(said, to: room, ellipsis: theme.glyphs.ellipsis), x + 4, y,
          theme.style(score.isUnknown ? .faint : .text))
      case .text(let tokens, let index, let turn):
        drawAlert(turn, y, &surface)
        tokens.draw(index, inside.x + 2, y, into: &surface, look: looks.look)
      case .plain(let text):
        surface.write(text, inside.x + 2, y, theme.style(.text), width: inside.width - 2)
      }
    }
  }

  /// In the margin of a message that raises an alert.
  private func drawAlert(_ turn: Int, _ y: Int, _ surface: inout Surface) {
    guard !prompt.alerts(turn, prompt.answerSide).isEmpty else { return }
    surface.put("!", inside.x, y, theme.style(.warning))
  }

  /// A concept's score of a message, its tokens' read in other ways than by their mean.
  private func ways(_ turn: Int, _ concept: Int) -> String {
    guard let sequence = prompt.sequence(turn, prompt.answerSide),
      sequence.mean.indices.contains(concept)
    else { return "" }
    return [("window", sequence.window), ("last", sequence.last)].map {
      "\(theme.glyphs.separator)\($0.0) \(Numbers.share($0.1[concept]))"
    }.joined()
  }

  private func name(_ concept: Int) -> String {
    guard prompt.concepts.indices.contains(concept) else { return "" }
    return Text.visible(prompt.concepts[concept].name, ascii: theme.glyphs.isASCII)
  }

  private static func lines(_ prompt: PromptState, _ theme: Theme, width: Int) -> [Line] {
    var lines: [Line] = []
    let side = prompt.answerSide == .tuned && prompt.hasTuned ? 1 : 0
    var messages = prompt.chat
    if let answer = prompt.answer {
      var message = prompt.writer
      message.message = ChatMessage(.assistant, answer)
      messages.append(message)
    }
    let tokens = prompt.reading?.tokens ?? []
    var ofTurn: [Int: [Int]] = [:]
    for (index, token) in tokens.enumerated() { ofTurn[token.turn, default: []].append(index) }
    for (turn, entry) in messages.enumerated() {
      let message = entry.message
      var title = "you"
      if message.role == .assistant {
        title = entry.side == .tuned ? "tuned" : prompt.hasTuned ? "base" : "model"
      }
      if let steering = entry.steering {
        title += ", steered: " + Text.visible(steering, ascii: theme.glyphs.isASCII)
      }
      if let ending = entry.ending { title += ", \(ending)" }
      let turns = prompt.reading?.turns ?? []
      let score = turns.indices.contains(turn) ? turns[turn] : []
      lines.append(.head(title, score.indices.contains(side) ? score[side] : nil, turn))
      if let own = ofTurn[turn], !own.isEmpty {
        let wrapped = TokenLines(tokens, own, width: max(2, width - 1), glyphs: theme.glyphs)
        lines += wrapped.lines.indices.map { Line.text(wrapped, $0, turn) }
      } else {
        let text = Text.visible(message.content, ascii: theme.glyphs.isASCII)
        lines += Text.wrap(text, width: max(1, width - 1)).map(Line.plain)
      }
    }
    return lines
  }
}
