import SeerAnalysis
import SeerApp
import SeerWidgets

/// What two runs say in a line, and below it each concept with what became of it: the share of its
/// held-out rows that were right, before and after.
struct CompareSummary {
  private let state: AppState
  private let compare: CompareState
  private let rect: Rect
  private var theme: Theme { state.theme }
  private var explore: ExploreState { state.explore }

  init?(_ state: AppState, _ layout: CompareLayout) {
    guard let compare = state.compare, compare.panel == .summary, !compare.runs.isShown,
      !layout.figures.isEmpty,
      state.explore.run.concepts.count > 1
    else { return nil }
    self.state = state
    self.compare = compare
    rect = layout.figures
  }

  /// Columns of a concept with its two figures and what parts it from the next.
  private static let column = 26

  private static func columns(_ width: Int) -> Int { max(1, (width - 1) / column) }

  static func lines(_ concepts: Int, width: Int) -> Int {
    (concepts + columns(width) - 1) / columns(width)
  }

  /// The concept at a place.
  func concept(at place: Cursor) -> Int? {
    guard rect.contains(place), place.y > rect.y else { return nil }
    let columns = Self.columns(rect.width)
    let column = (place.x - rect.x - 1) / Self.column
    let index = (place.y - rect.y - 1) * columns + column
    return place.x > rect.x && column < columns && explore.run.concepts.indices.contains(index)
      ? index : nil
  }

  func draw(into surface: inout Surface) {
    drawVerdict(&surface)
    let columns = Self.columns(rect.width)
    let before = recalls(explore.separation)
    let after = recalls(compare.separations[explore.layer]?.separation)
    for concept in explore.run.concepts.indices {
      let y = rect.y + 1 + concept / columns
      guard y < rect.maxY else { return }
      let x = rect.x + 1 + concept % columns * Self.column
      let isHidden = explore.filter.hidden.contains(concept)
      let style = isHidden ? theme.style(.faint) : theme.concept(concept)
      surface.put(
        isHidden ? theme.glyphs.hiddenConcept : theme.glyphs.mark(concept), x, y, style)
      let name = explore.run.concepts[concept].name
      surface.write(
        Text.cut(
          Text.visible(name, ascii: theme.glyphs.isASCII), to: 12,
          ellipsis: theme.glyphs.ellipsis), x + 2, y, theme.style(isHidden ? .faint : .text))
      var end = surface.write(text(before[concept]), x + 15, y, theme.style(.faint))
      end = surface.write(theme.glyphs.becomes, end, y, theme.style(.faint))
      surface.write(text(after[concept]), end, y, theme.style(.strong))
    }
  }

  private func text(_ share: Float?) -> String {
    share.map(Numbers.share) ?? theme.glyphs.ellipsis
  }

  private func recalls(_ separation: LayerSeparation?) -> [Float?] {
    let concepts = explore.run.concepts.count
    return separation?.recalls(concepts, conceptOfRow: explore.run.conceptOfRow)
      ?? Array(repeating: nil, count: concepts)
  }

  /// `held-out rows right: 58 % -> 92 % (chance 17 %): further apart`.
  private func drawVerdict(_ surface: inout Surface) {
    let y = rect.y
    guard let before = explore.separation?.nearestPrototype,
      let after = compare.separations[explore.layer]?.separation?.nearestPrototype
    else {
      surface.write("held-out rows are being judged", rect.x + 1, y, theme.style(.faint))
      return
    }
    var x = surface.write("held-out rows right: ", rect.x + 1, y, theme.style(.text))
    x = surface.write(Numbers.percent(before), x, y, theme.style(.strong))
    x = surface.write(" \(theme.glyphs.becomes) ", x, y, theme.style(.faint))
    x = surface.write(Numbers.percent(after), x, y, theme.style(.strong))
    x = surface.write(
      "  (chance \(Numbers.percent(compare.chance(explore))))", x, y, theme.style(.faint))
    let (word, role): (String, Theme.Role) =
      after >= before + 0.02
      ? ("further apart", .good)
      : after <= before - 0.02 ? ("closer together", .warning) : ("about as far apart", .text)
    if x + 2 + word.count < rect.maxX { x = surface.write(word, x + 2, y, theme.style(role)) }
    guard rect.maxX - x >= 16 else { return }
    ComparePanels.drawProgress(
      state, Rect(x: rect.maxX - 15, y: y, width: 14, height: 1), into: &surface)
  }
}

extension CompareState {
  /// What held-out rows would give whose labels mean nothing: measured where it is, else one in as many
  /// as there are concepts.
  func chance(_ explore: ExploreState) -> Float {
    let measured = figures[explore.layer]?.tuned[.nearestPrototype].nullMean
    return measured.map { Float($0) } ?? 1 / Float(max(1, explore.run.concepts.count))
  }

  /// How far apart a share of right rows is, in words.
  func word(_ share: Float, _ explore: ExploreState) -> String {
    let chance = chance(explore)
    let gained = (share - chance) / max(.leastNormalMagnitude, 1 - chance)
    return gained >= 0.75
      ? "apart" : gained >= 0.5 ? "half apart" : gained >= 0.1 ? "mixed" : "chance"
  }
}
