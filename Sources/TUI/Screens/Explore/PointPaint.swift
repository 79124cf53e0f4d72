import SeerWidgets

/// How the groups of a ``Painting`` look.
struct PointPaint {
  private let theme: Theme
  /// The groups that have a colour of their own: concepts or experts.
  private let named: Int
  let painting: Painting

  init(_ state: ExploreState, _ theme: Theme) {
    self.theme = theme
    painting = state.painted
    named = painting.inputs.experts?.experts.count ?? state.run.concepts.count
  }

  func group(_ row: Int) -> Int { Int(painting.group(row)) }

  /// The mark alone tells groups apart, too.
  func glyph(_ group: Int) -> Unicode.Scalar {
    switch painting.inputs.mode {
    case .rightWrong:
      return [theme.glyphs.checked, theme.glyphs.wrong, theme.glyphs.hiddenConcept][group]
    case .number: return theme.glyphs.step(group, of: Painting.steps)
    case .concept, .predicted, .expert:
      return group < named ? theme.glyphs.mark(group) : theme.glyphs.hiddenConcept
    }
  }

  func style(_ group: Int) -> Style {
    switch painting.inputs.mode {
    case .rightWrong: return theme.style([.good, .error, .faint][group])
    case .number: return theme.step(group, of: Painting.steps)
    case .concept, .predicted, .expert:
      return group < named ? theme.concept(group) : theme.style(.faint)
    }
  }
}
