/// The figures below the two maps: before and after.
struct ComparePanels {
  private let state: AppState
  private let compare: CompareState
  private let layout: CompareLayout
  private var theme: Theme { state.theme }
  private var explore: ExploreState { state.explore }

  init(_ state: AppState, _ compare: CompareState, _ layout: CompareLayout) {
    self.state = state
    self.compare = compare
    self.layout = layout
  }

  func draw(into surface: inout Surface) {
    guard !layout.figures.isEmpty else { return }
    switch compare.panel {
    case .figures, .moved: drawFigures(layout.figures, &surface)
    case .confusion: drawConfusions(&surface)
    }
  }

  private func drawFigures(_ rect: Rect, _ surface: inout Surface) {
    guard explore.concepts.count > 1 else {
      surface.write(
        "One concept only: nothing to tell apart.", rect.x + 1, rect.y, theme.style(.faint))
      return
    }
    let base = explore.separation
    let tuned = compare.separations[explore.layer]?.separation
    let rows: [(String, Float?, Float?, (Float) -> String)] = [
      (
        "nearest prototype, held out", base?.nearestPrototype, tuned?.nearestPrototype, Numbers.fine
      ),
      ("silhouette", base?.silhouette, tuned?.silhouette, Numbers.fine),
      ("angle between concepts", base?.angleBetween, tuned?.angleBetween, Numbers.degrees),
      ("angle within concepts", base?.angleWithin, tuned?.angleWithin, Numbers.degrees),
    ]
    let nameWidth = min(28, max(12, rect.width - 26))
    let x = rect.x + 1 + nameWidth
    surface.write("base", x + 4, rect.y, theme.style(.faint))
    surface.write("tuned", x + 14, rect.y, theme.style(.faint))
    for (offset, (name, base, tuned, format)) in rows.prefix(rect.height - 1).enumerated() {
      let y = rect.y + 1 + offset
      surface.write(
        Text.cut(name, to: nameWidth - 1, ellipsis: theme.glyphs.ellipsis), rect.x + 1, y,
        theme.style(.text))
      func right(_ value: Float?, _ end: Int, _ style: Style) {
        let text = value.map(format) ?? theme.glyphs.ellipsis
        surface.write(text, end - DisplayWidth.of(text), y, style)
      }
      right(base, x + 8, theme.style(.text))
      surface.write(theme.glyphs.becomes, x + 9, y, theme.style(.faint))
      right(tuned, x + 19, theme.style(.strong))
    }
  }

  // MARK: confusions

  /// Rows of each concept by the concept they were taken for when held out, base and tuned.
  private func drawConfusions(_ surface: inout Surface) {
    let separations = [explore.separation, compare.separations[explore.layer]?.separation]
    let whole = Rect(
      x: layout.figures.x, y: layout.figures.y, width: state.size.width,
      height: layout.figures.height)
    let half = whole.width / 2
    for (side, separation) in separations.enumerated() {
      let rect = Rect(
        x: whole.x + (side == 0 ? 0 : half), y: whole.y, width: half, height: whole.height)
      let title = side == 0 ? "base" : "tuned"
      guard let separation else {
        surface.write(
          "\(title): being measured", rect.x + 1, rect.y, theme.style(.faint), width: half - 2)
        continue
      }
      drawConfusion(separation, title, rect, &surface)
    }
  }

  private func drawConfusion(
    _ separation: LayerSeparation, _ title: String, _ rect: Rect, _ surface: inout Surface
  ) {
    let concepts = explore.concepts.count
    let counts = separation.confusion(conceptOfRow: explore.conceptOfRow, concepts: concepts)
    let largest = counts.joined().max() ?? 0
    let column = max(2, String(largest).count + 1)
    let nameWidth = max(3, min(14, rect.width - 3 - column * concepts))
    let x = rect.x + 1 + nameWidth
    let columns = min(concepts, max(0, (rect.maxX - 1 - x) / column))
    surface.write(
      Text.cut(title, to: nameWidth - 1, ellipsis: ""), rect.x + 1, rect.y, theme.style(.title))
    for guess in 0..<columns {
      surface.put(
        theme.glyphs.mark(guess), x + (guess + 1) * column - 1, rect.y, theme.concept(guess))
    }
    for concept in 0..<min(concepts, rect.height - 1) {
      let y = rect.y + 1 + concept
      surface.put(theme.glyphs.mark(concept), rect.x + 1, y, theme.concept(concept))
      let name = Text.visible(explore.concepts[concept].name, ascii: theme.glyphs.isASCII)
      surface.write(
        Text.cut(name, to: nameWidth - 3, ellipsis: theme.glyphs.ellipsis), rect.x + 3, y,
        theme.style(.text))
      for guess in 0..<columns {
        let count = counts[concept][guess]
        let text = count == 0 ? String(theme.glyphs.hiddenConcept) : String(count)
        let style =
          count == 0
          ? theme.style(.faint) : guess == concept ? theme.style(.good) : theme.style(.error)
        surface.write(text, x + (guess + 1) * column - text.count, y, style)
      }
    }
  }
}
