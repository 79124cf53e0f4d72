import SeerWidgets

/// How the groups of a ``Painting`` look.
package struct PointPaint {
  private let theme: Theme
  /// The groups that have a colour of their own: concepts or experts.
  private let named: Int
  package let painting: Painting

  package init(_ state: ExploreState, _ theme: Theme) {
    self.theme = theme
    painting = state.painted
    named = painting.inputs.experts?.experts.count ?? state.run.concepts.count
  }

  package func group(_ row: Int) -> Int { Int(painting.group(row)) }

  /// The mark alone tells groups apart, too.
  package func glyph(_ group: Int) -> Unicode.Scalar {
    switch painting.inputs.mode {
    case .rightWrong:
      return [theme.glyphs.checked, theme.glyphs.wrong, theme.glyphs.hiddenConcept][group]
    case .number: return theme.glyphs.step(group, of: Painting.steps)
    case .concept, .predicted, .expert:
      return group < named ? theme.glyphs.mark(group) : theme.glyphs.hiddenConcept
    }
  }

  /// How pixels show the groups, in their order.
  private var inks: [PixelLayer.Ink] {
    (0..<painting.groupCount).map { group in
      let isConcept: Bool
      switch painting.inputs.mode {
      case .concept, .predicted, .expert: isConcept = group < named
      case .rightWrong, .number: isConcept = false
      }
      return PixelLayer.Ink(mark: isConcept ? group : nil, color: color(style(group)))
    }
  }

  private func color(_ style: Style) -> UInt32 {
    style.foreground.components ?? (theme.isLight ? 0x303030 : 0xD0D0D0)
  }

  /// The points of a panel as pixels.
  package func layer(
    _ points: [SIMD2<Float>], _ viewport: Viewport, _ panel: Rect, ground: UInt32, isFaint: Bool
  ) -> PixelLayer {
    PixelLayer(
      panel: panel, points: points, viewport: viewport, groups: painting.groups,
      rest: painting.rest, inks: inks, faint: color(theme.style(.faint)), ground: ground,
      isFaint: isFaint)
  }

  package func style(_ group: Int) -> Style {
    switch painting.inputs.mode {
    case .rightWrong: return theme.style([.good, .error, .faint][group])
    case .number: return theme.step(group, of: Painting.steps)
    case .concept, .predicted, .expert:
      return group < named ? theme.concept(group) : theme.style(.faint)
    }
  }
}
