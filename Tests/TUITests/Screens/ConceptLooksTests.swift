import SeerApp
import SeerFigures
import SeerRuns
import SeerWidgets
import Testing

/// A concept has one number, and by it one colour and one mark: on screens, in pictures, in reports.
@Suite struct ConceptLooksTests {
  /// In the order of a file, not of the alphabet; one row has no concept.
  private static let names = ["violence", "bias", "", "honesty", "Ångström", "bias"]

  private static var rows: [RunRow] {
    names.enumerated().map { RunRow(row: $0, text: "t\($0)", concept: $1, tokens: 1) }
  }

  @Test func theScreenNumbersConceptsAsFiguresDo() {
    let (groups, ofRow) = ConceptGroup.groups(of: Self.rows)
    #expect(groups.map(\.name) == ["bias", "honesty", "violence", "Ångström", ""])
    #expect(ofRow == [2, 0, 4, 1, 3, 0])
    // What `compare`, its figure, the monitor and the report number.
    let labelled = LabelledRows(Self.rows)
    #expect(labelled.concepts == groups.map(\.name).filter { !$0.isEmpty })
    #expect(labelled.labels == labelled.rows.map { Int(ofRow[$0]) })
  }

  @Test func coloursAreThoseOfFigures() {
    let theme = Theme(depth: .direct, isLight: true)
    for concept in 0..<80 {
      #expect(theme.concept(concept).foreground == .rgb(GroupColors.color(concept)))
    }
  }

  /// The shapes of the terminal's font are those that pictures draw.
  private static let drawn: [Unicode.Scalar: Mark] = [
    "●": .disc, "▲": .triangle, "■": .square, "◆": .diamond, "★": .star, "○": .ring,
    "△": .openTriangle, "□": .openSquare, "◇": .openDiamond, "☆": .openStar, "▼": .downTriangle,
    "▽": .openDownTriangle, "◐": .leftHalfDisc, "◑": .rightHalfDisc, "◀": .leftTriangle,
    "▶": .rightTriangle,
  ]

  @Test func marksAreThoseOfFigures() {
    let glyphs = Glyphs(level: .braille)
    for concept in 0..<80 {
      let scalar = glyphs.mark(concept)
      switch Shape.symbol(group: concept, x: 0, y: 0, radius: 1) {
      case .mark(let mark, _, _, _, let color, _):
        #expect(Self.drawn[scalar] == mark, "\(scalar)")
        #expect(color == GroupColors.color(concept))
      case .text(let text, _, _, _, _, let color, _):
        #expect(text == String(scalar))
        #expect(color == GroupColors.color(concept))
      default: Issue.record("a symbol that is neither mark nor letter")
      }
    }
  }
}
