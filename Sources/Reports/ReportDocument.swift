/// A report as a list of blocks, written as HTML or Markdown. Texts are plain: whoever writes them
/// out escapes them.
package struct ReportDocument: Equatable, Sendable {
  package enum Block: Equatable, Sendable {
    /// Level 2 is a section, 3 a part of one.
    case heading(level: Int, String)
    case paragraph(String)
    /// Something the reader must not miss.
    case note(String)
    /// Cells row by row; the first column names the row. Shades, 0 to 1, stand behind the cells of
    /// a confusion.
    case table(header: [String], rows: [[String]], shades: [[Double?]] = [], caption: String)
    /// A complete `<svg>` element of our own making.
    case figure(svg: String, caption: String)
    /// Figures side by side where there is room.
    case figures([String], caption: String)
  }

  package var title: String
  package var blocks: [Block]

  package init(title: String, blocks: [Block] = []) {
    self.title = title
    self.blocks = blocks
  }
}

/// Text for HTML and SVG: markup characters as entities, control characters that XML forbids
/// replaced.
package func escaped(_ text: String) -> String {
  var result = ""
  result.reserveCapacity(text.utf8.count)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
    case _ where scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value: result += "\u{FFFD}"
    case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
