import SeerApp
import SeerModels
import SeerMonitor
import SeerWidgets

/// What wrote a concept's score: the heads and blocks that gave most, or one of them at every layer.
struct WhyPane {
  private let prompt: PromptState
  private let theme: Theme
  private let layout: PromptLayout
  private let inside: Rect
  private let parts: [PartValue]
  /// Of the list, scrolled so that the choice is seen.
  private let first: Int
  /// Lines above the list.
  private static let head = 2

  init(_ prompt: PromptState, _ theme: Theme, _ layout: PromptLayout) {
    self.prompt = prompt
    self.theme = theme
    self.layout = layout
    inside = layout.inside(layout.why)
    parts = prompt.shownParts
    let room = max(1, inside.height - Self.head)
    first = max(0, min(parts.count - room, prompt.reasons.choice - room / 2))
  }

  /// The part of the list at a place.
  func part(at place: Cursor) -> Int? {
    let index = first + place.y - inside.y - Self.head
    guard inside.contains(place), place.y >= inside.y + Self.head, !prompt.reasons.showsLayers,
      parts.indices.contains(index)
    else { return nil }
    return index
  }

  /// The layer at a place, where one part is shown at every layer.
  func layer(at place: Cursor) -> Int? {
    guard inside.contains(place), prompt.reasons.showsLayers else { return nil }
    let layers = prompt.shownLayers(inside.height - Self.head)
    let line = place.y - inside.y - Self.head
    return layers.indices.contains(line) ? layers[line] : nil
  }

  func draw(into surface: inout Surface) {
    guard !layout.why.isEmpty else { return }
    let concept = prompt.reasons.why.question?.concept ?? prompt.explained
    let name = concept.flatMap {
      prompt.concepts.indices.contains($0) ? prompt.concepts[$0].name : nil
    }
    let title = "why \(Text.visible(name ?? "", ascii: theme.glyphs.isASCII))"
    let isFocused = prompt.focus == .why
    if layout.hasBorders {
      Frame(title: title, note: note, isFocused: isFocused).draw(layout.why, theme, into: &surface)
    }
    guard inside.height > Self.head, let (why, isCurrent) = prompt.why else {
      let text =
        prompt.reading == nil
        ? "Write something: what wrote its score is shown here." : "weighing heads and blocks"
      for (line, words) in Text.wrap(text, width: inside.width - 2).prefix(inside.height)
        .enumerated()
      {
        surface.write(words, inside.x + 1, inside.y + line, theme.style(.faint))
      }
      return
    }
    drawHead(why, isCurrent, &surface)
    if prompt.reasons.showsLayers, let part = prompt.chosenPart {
      drawLayers(part, why, &surface)
    } else {
      drawParts(why, isCurrent, isFocused, &surface)
    }
  }

  private var note: String {
    guard let why = prompt.why?.answer.explanations.first else { return "" }
    let logit = "logit \(Self.figure(why.logit))"
    let whole =
      "\(logit) = parts \(Self.figure(why.logit - why.remainder)), rest \(Self.figure(why.remainder))"
    return whole.count <= layout.why.width - 6 ? whole : logit
  }

  /// `+1.93`, `-.40`.
  private static func figure(_ value: Double) -> String {
    Numbers.signed(Float(value)).replacing("+0.", with: "+.").replacing("-0.", with: "-.")
  }

  /// The tokens that gave most, then the names of the columns.
  private func drawHead(_ why: PromptWhy, _ isCurrent: Bool, _ surface: inout Surface) {
    let faint = theme.style(.faint)
    var x = inside.x + 1
    if let explanation = why.explanations.first, let reading = prompt.reading {
      x = surface.write("from ", x, inside.y, faint)
      let order = explanation.earlier.indices.sorted {
        abs(explanation.earlier[$0]) > abs(explanation.earlier[$1])
      }
      let largest = order.first.map { abs(explanation.earlier[$0]) } ?? 0
      for token in order where reading.tokens.indices.contains(token) {
        let value = explanation.earlier[token]
        guard largest > 0, abs(value) >= 0.1 * largest, reading.tokens[token].turn >= 0 else {
          continue
        }
        let text = Text.ofToken(reading.tokens[token].text, theme.glyphs)
        let figure = Self.figure(value)
        guard x + DisplayWidth.of(text) + figure.count + 1 <= inside.maxX else { break }
        x = surface.write(
          text, x, inside.y, isCurrent ? theme.tint(Float(value / largest)) : faint)
        x = surface.write(" " + figure, x, inside.y, isCurrent ? theme.style(.text) : faint) + 2
      }
    }
    for (place, side) in why.sides.enumerated() {
      let label = PromptState.name(side).leading(to: 6)
      surface.write(
        prompt.hasTuned ? label : "", columns.figures + 7 * place, inside.y + 1, faint)
    }
    let what =
      prompt.reasons.showsLayers
      ? prompt.chosenPart.map { label($0, isLong: true) } ?? "" : "gave it"
    surface.write(
      Text.cut(what, to: columns.figures - inside.x - 1, ellipsis: theme.glyphs.ellipsis),
      inside.x + 1, inside.y + 1, prompt.reasons.showsLayers ? theme.style(.strong) : faint)
  }

  /// Where bars and figures begin: names, bars, figures.
  private var columns: (bars: Int, bar: Int, figures: Int) {
    let names = inside.width >= 36 ? 16 : 10
    let figures = inside.maxX - 7 * prompt.sides.count - 1
    let bars = inside.x + 2 + names
    return (bars, max(0, figures - bars - 1), figures)
  }

  private func label(_ part: PartValue, isLong: Bool) -> String {
    switch part.kind {
    case .embedding: "embedding"
    case .attention: "\(part.block) head \(part.head ?? 0)"
    case .feedForward: isLong ? "\(part.block) feed-forward" : "\(part.block) feed"
    }
  }

  private func drawParts(
    _ why: PromptWhy, _ isCurrent: Bool, _ isFocused: Bool, _ surface: inout Surface
  ) {
    let largest = parts.first.map { abs($0.value) } ?? 0
    for (line, index) in parts.indices.dropFirst(first).prefix(inside.height - Self.head)
      .enumerated()
    {
      let part = parts[index]
      let y = inside.y + Self.head + line
      let isChosen = isFocused && index == prompt.reasons.choice
      let others = why.explanations.map { explanation in
        explanation.parts.first {
          $0.block == part.block && $0.kind == part.kind && $0.head == part.head
        }?.value
      }
      drawLine(
        label(part, isLong: inside.width >= 36), others, largest, y,
        isChosen ? .cursor : isCurrent ? .text : .faint, isCurrent, &surface)
    }
  }

  private func drawLayers(_ part: PartValue, _ why: PromptWhy, _ surface: inout Surface) {
    guard let found = prompt.reasons.parts.answer,
      prompt.reasons.parts.question == prompt.partsQuestion
    else {
      surface.write(
        "reading every layer", inside.x + 1, inside.y + Self.head, theme.style(.faint),
        width: inside.width - 1)
      return
    }
    let values = why.sides.indices.map {
      found.values(part.block, part.kind, head: part.head, side: $0)
    }
    let largest = values.joined().reduce(0) { max($0, abs($1 ?? 0)) }
    for (line, layer) in prompt.shownLayers(inside.height - Self.head).enumerated() {
      guard let place = found.layers.firstIndex(of: prompt.layers[layer]) else { continue }
      drawLine(
        "layer \(prompt.layers[layer])",
        values.map { $0.indices.contains(place) ? $0[place] : nil },
        largest, inside.y + Self.head + line, layer == prompt.layer ? .accent : .text, true,
        &surface)
    }
  }

  /// A name, a bar of the side in front, and each side's figure.
  private func drawLine(
    _ name: String, _ values: [Double?], _ largest: Double, _ y: Int, _ role: Theme.Role,
    _ isCurrent: Bool, _ surface: inout Surface
  ) {
    let columns = columns
    surface.write(
      Text.cut(name, to: columns.bars - inside.x - 2, ellipsis: theme.glyphs.ellipsis),
      inside.x + 1, y, theme.style(role))
    if let value = values.first ?? nil, largest > 0, columns.bar > 1 {
      let concept = prompt.reasons.why.question?.concept ?? prompt.concept
      let bar = theme.glyphs.bar(Float(abs(value) / largest), width: columns.bar)
      // What speaks against the concept has no colour of its own: its figure has a sign.
      let style = value < 0 ? theme.style(.faint) : theme.concept(concept)
      surface.write(bar, columns.bars, y, isCurrent ? style : theme.style(.faint))
    }
    for (place, value) in values.enumerated() {
      let figure = value.map(Self.figure) ?? String(theme.glyphs.hiddenConcept)
      surface.write(
        figure.leading(to: 6), columns.figures + 7 * place, y,
        theme.style(isCurrent ? (place == 0 ? .text : .faint) : .faint))
    }
  }
}
