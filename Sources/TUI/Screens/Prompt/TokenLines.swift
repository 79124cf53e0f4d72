import SeerApp
import SeerMonitor
import SeerWidgets

/// Tokens laid out in lines, each with a mark behind it.
struct TokenLines {
  struct Piece: Equatable {
    /// Among the reading's tokens.
    var token: Int
    var text: String
    /// Columns, the mark's included.
    var width: Int
  }

  /// How a token is drawn.
  struct Look {
    var text: Style
    /// Nil: a blank.
    var mark: Unicode.Scalar?
    var markStyle: Style
  }

  private(set) var lines: [[Piece]] = [[]]

  /// - Parameter width: in columns; a token longer than a line is cut.
  init(_ tokens: [PromptToken], _ indices: some Sequence<Int>, width: Int, glyphs: Glyphs) {
    var column = 0
    func piece(_ index: Int, _ text: String) -> Piece {
      // A line does not begin with the blank that parts words.
      let text = column == 0 && text.hasPrefix(" ") ? String(text.dropFirst()) : text
      let cut = Text.cut(text, to: max(1, width - 1), ellipsis: glyphs.ellipsis)
      return Piece(token: index, text: cut, width: DisplayWidth.of(cut) + 1)
    }
    for index in indices {
      let whole = Text.visible(tokens[index].text, ascii: glyphs.isASCII)
        .replacing("\n", with: glyphs.lineEnd)
      var next = piece(index, whole)
      if column > 0, column + next.width > width {
        lines.append([])
        column = 0
        next = piece(index, whole)
      }
      lines[lines.count - 1].append(next)
      column += next.width
    }
  }

  /// The line that holds a token; the last one where none does.
  func line(of token: Int?) -> Int {
    lines.firstIndex { line in line.contains { $0.token == token } } ?? lines.count - 1
  }

  /// The token at a column of a line.
  func token(_ line: Int, at column: Int) -> Int? {
    guard lines.indices.contains(line) else { return nil }
    var x = 0
    for piece in lines[line] {
      if column >= x, column < x + piece.width { return piece.token }
      x += piece.width
    }
    return nil
  }

  func draw(
    _ line: Int, _ x: Int, _ y: Int, into surface: inout Surface, look: (Int) -> Look
  ) {
    guard lines.indices.contains(line) else { return }
    var x = x
    for piece in lines[line] {
      let look = look(piece.token)
      let end = surface.write(piece.text, x, y, look.text)
      if let mark = look.mark { surface.put(mark, end, y, look.markStyle) }
      x += piece.width
    }
  }
}
