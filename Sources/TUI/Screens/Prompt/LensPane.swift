import SeerApp
import SeerMonitor
import SeerWidgets

/// What the token looked at is about to be followed by, layer by layer, each side in its column.
struct LensPane {
  private let prompt: PromptState
  private let theme: Theme
  private let layout: PromptLayout
  private let inside: Rect
  private static let head = 1

  init(_ prompt: PromptState, _ theme: Theme, _ layout: PromptLayout) {
    self.prompt = prompt
    self.theme = theme
    self.layout = layout
    inside = layout.inside(layout.lens)
  }

  private var layers: [Int] { prompt.shownLayers(inside.height - Self.head) }

  func layer(at place: Cursor) -> Int? {
    let line = place.y - inside.y - Self.head
    guard inside.contains(place), layers.indices.contains(line) else { return nil }
    return layers[line]
  }

  func draw(into surface: inout Surface) {
    guard !layout.lens.isEmpty else { return }
    if layout.hasBorders {
      let text = prompt.tokenIndex.flatMap { prompt.reading?.tokens[$0].text } ?? ""
      Frame(
        title: "next after \(Text.ofToken(text, theme.glyphs))", note: "the head on every layer"
      )
      .draw(layout.lens, theme, into: &surface)
    }
    let faint = theme.style(.faint)
    guard let lens = prompt.reasons.lens.answer, inside.height > Self.head else {
      let text =
        prompt.reading == nil
        ? "Write something: what comes next is shown here." : "reading every layer"
      for (line, words) in Text.wrap(text, width: inside.width - 2).prefix(inside.height)
        .enumerated()
      {
        surface.write(words, inside.x + 1, inside.y + line, faint)
      }
      return
    }
    let isCurrent = prompt.reasons.lens.question == prompt.lensQuestion
    let start = inside.x + 5
    let width = (inside.maxX - start) / max(1, lens.sides.count)
    for (place, side) in lens.sides.enumerated() where prompt.hasTuned {
      surface.write(
        PromptState.name(side), start + width * place, inside.y,
        theme.style(side == prompt.answerSide ? .strong : .text))
    }
    let last = lens.layers.compactMap { $0.last?.first?.text }
    for (line, layer) in layers.enumerated() {
      let y = inside.y + Self.head + line
      let number = prompt.layers[layer]
      surface.write(
        "\(number)".leading(to: 3), inside.x, y,
        theme.style(layer == prompt.layer ? .accent : .faint))
      for (place, layers) in lens.layers.enumerated() where layers.indices.contains(number) {
        var x = start + width * place
        let end = x + width - 1
        for (rank, guess) in layers[number].enumerated() {
          let text = Text.ofToken(guess.text, theme.glyphs)
          let cut = Text.cut(text, to: max(1, end - x - 4), ellipsis: theme.glyphs.ellipsis)
          guard x + DisplayWidth.of(cut) + 4 <= end else { break }
          // Where it says what the last layer says, it has made up its mind.
          let isLast = last.indices.contains(place) && guess.text == last[place]
          let role: Theme.Role = !isCurrent ? .faint : rank > 0 ? .faint : isLast ? .strong : .text
          x = surface.write(cut, x, y, theme.style(role))
          x = surface.write(" " + Numbers.share(guess.probability), x, y, faint) + 2
        }
      }
    }
  }
}
