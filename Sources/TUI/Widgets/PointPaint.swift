/// Which group a point belongs to under a colour mode, and how a group looks.
struct PointPaint {
  private let state: ExploreState
  private let theme: Theme
  private let mode: ColorMode
  private let predicted: [Int32]

  /// Without a layer's predictions, concepts are shown.
  init(_ state: ExploreState, _ theme: Theme) {
    self.state = state
    self.theme = theme
    predicted = state.separation?.predicted ?? []
    mode = predicted.count == state.rows.count ? state.colorMode : .concept
  }

  /// Concepts, then one more for rows that were never held out; or right, wrong, not judged.
  var count: Int { mode == .rightWrong ? 3 : state.concepts.count + 1 }

  func group(_ row: Int) -> Int32 {
    switch mode {
    case .concept: return state.conceptOfRow[row]
    case .predicted: return predicted[row] >= 0 ? predicted[row] : Int32(state.concepts.count)
    case .rightWrong:
      if predicted[row] < 0 { return 2 }
      return predicted[row] == state.conceptOfRow[row] ? 0 : 1
    }
  }

  func glyph(_ group: Int) -> Unicode.Scalar {
    if mode == .rightWrong {
      return [theme.glyphs.checked, theme.glyphs.wrong, theme.glyphs.hiddenConcept][group]
    }
    return group < state.concepts.count ? theme.glyphs.mark(group) : theme.glyphs.hiddenConcept
  }

  func style(_ group: Int) -> Style {
    if mode == .rightWrong { return theme.style([.good, .error, .faint][group]) }
    return group < state.concepts.count ? theme.concept(group) : theme.style(.faint)
  }
}
