import SeerMonitor
import SeerWidgets

/// Tokens laid out in lines, each with the mark of its top concept behind it.
struct TokenLines {
  struct Piece: Equatable {
    /// Among the reading's tokens.
    var token: Int
    var text: String
    /// Columns, the mark's included.
    var width: Int
  }

  private(set) var lines: [[Piece]] = [[]]

  /// - Parameter width: in columns; a token longer than a line is cut.
  init(_ tokens: [PromptToken], _ indices: some Sequence<Int>, width: Int, glyphs: Glyphs) {
    var column = 0
    for index in indices {
      let whole = Text.visible(tokens[index].text, ascii: glyphs.isASCII)
        .replacing("\n", with: glyphs.lineEnd)
      // A line does not begin with the blank that parts words.
      let text = column == 0 && whole.hasPrefix(" ") ? String(whole.dropFirst()) : whole
      let cut = Text.cut(text, to: max(1, width - 1), ellipsis: glyphs.ellipsis)
      let own = DisplayWidth.of(cut) + 1
      if column > 0, column + own > width {
        lines.append([])
        column = 0
        let start = whole.hasPrefix(" ") ? String(whole.dropFirst()) : whole
        let cut = Text.cut(start, to: max(1, width - 1), ellipsis: glyphs.ellipsis)
        lines[lines.count - 1].append(
          Piece(token: index, text: cut, width: DisplayWidth.of(cut) + 1))
        column = DisplayWidth.of(cut) + 1
        continue
      }
      lines[lines.count - 1].append(Piece(token: index, text: cut, width: own))
      column += own
    }
  }

  /// The line that holds a token; the last one where none does.
  func line(of token: Int?) -> Int {
    lines.firstIndex { line in line.contains { $0.token == token } } ?? lines.count - 1
  }

  func draw(
    _ line: Int, _ x: Int, _ y: Int, scores: [ConceptScores]?, selected: Int?, _ theme: Theme,
    into surface: inout Surface
  ) {
    var x = x
    for piece in lines[line] {
      let score = scores.flatMap { $0.indices.contains(piece.token) ? $0[piece.token] : nil }
      var style = theme.style(.text)
      if let score { style = score.isUnknown ? theme.style(.faint) : theme.concept(score.best) }
      let end = surface.write(
        piece.text, x, y, piece.token == selected ? theme.style(.cursor) : style)
      if let score {
        let mark =
          score.isUnknown ? theme.glyphs.hiddenConcept : theme.glyphs.mark(score.best)
        surface.put(mark, end, y, style)
      }
      x += piece.width
    }
  }
}
