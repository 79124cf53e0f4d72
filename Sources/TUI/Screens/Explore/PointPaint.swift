import SeerWidgets

/// How the groups of a ``Painting`` look.
struct PointPaint {
  private let theme: Theme
  private let concepts: Int
  let painting: Painting

  init(_ state: ExploreState, _ theme: Theme) {
    self.theme = theme
    concepts = state.run.concepts.count
    painting = state.painted
  }

  func group(_ row: Int) -> Int { Int(painting.group(row)) }

  /// The mark alone tells groups apart, too.
  func glyph(_ group: Int) -> Unicode.Scalar {
    switch painting.inputs.mode {
    case .rightWrong:
      return [theme.glyphs.checked, theme.glyphs.wrong, theme.glyphs.hiddenConcept][group]
    case .number: return theme.glyphs.step(group, of: Painting.steps)
    case .concept, .predicted:
      return group < concepts ? theme.glyphs.mark(group) : theme.glyphs.hiddenConcept
    }
  }

  func style(_ group: Int) -> Style {
    switch painting.inputs.mode {
    case .rightWrong: return theme.style([.good, .error, .faint][group])
    case .number: return theme.step(group, of: Painting.steps)
    case .concept, .predicted:
      return group < concepts ? theme.concept(group) : theme.style(.faint)
    }
  }
}
