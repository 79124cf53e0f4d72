/// What the terminal's font can be trusted to have; each step down keeps the meaning.
package enum GlyphLevel: String, CaseIterable, Sendable {
  /// Braille dots, box drawing, geometric shapes.
  case braille
  /// Half blocks and box drawing, for fonts of a few hundred characters (the Linux console).
  case blocks
  case ascii

  /// - Parameter terminal: the value of TERM.
  package static func detected(utf8: Bool, terminal: String) -> GlyphLevel {
    guard utf8, !terminal.hasPrefix("vt") || terminal.hasPrefix("vte") else { return .ascii }
    return terminal == "linux" ? .blocks : .braille
  }
}

/// The characters of frames, bars and marks at a level.
package struct Glyphs: Equatable, Sendable {
  package let level: GlyphLevel

  package init(level: GlyphLevel) {
    self.level = level
  }

  package var isASCII: Bool { level == .ascii }

  /// Top left, top right, bottom left, bottom right, horizontal, vertical.
  package var box: [Unicode.Scalar] {
    switch level {
    case .braille: ["╭", "╮", "╰", "╯", "─", "│"]
    case .blocks: ["┌", "┐", "└", "┘", "─", "│"]
    case .ascii: ["+", "+", "+", "+", "-", "|"]
    }
  }

  package var ellipsis: String { isASCII ? "..." : "…" }
  package var separator: String { isASCII ? " - " : " · " }
  package var cursor: Unicode.Scalar {
    switch level {
    case .braille: "✛"
    case .blocks: "┼"
    case .ascii: "@"
    }
  }
  /// Marks on the frame of the map, above and beside the cursor.
  package var tickDown: Unicode.Scalar { isASCII ? "v" : level == .blocks ? "┬" : "▾" }
  package var tickRight: Unicode.Scalar { isASCII ? ">" : level == .blocks ? "├" : "▸" }
  package var tickLeft: Unicode.Scalar { isASCII ? "<" : level == .blocks ? "◄" : "◂" }
  /// Between the two names of a comparison.
  /// Something goes on, stands still, or is done.
  package var goesOn: String { isASCII ? ">" : level == .blocks ? "►" : "▶" }
  package var standsStill: String { isASCII ? "||" : "‖" }
  package var both: String { isASCII ? "<->" : "↔" }
  package var becomes: String { isASCII ? "->" : "→" }
  package var arrowUp: Unicode.Scalar { isASCII ? "^" : "▲" }
  package var arrowDown: Unicode.Scalar { isASCII ? "v" : "▼" }
  package var checked: Unicode.Scalar { isASCII ? "x" : level == .blocks ? "√" : "✓" }
  package var wrong: Unicode.Scalar { isASCII ? "!" : level == .blocks ? "×" : "✗" }
  /// Of a line between tokens on a map.
  package var way: Unicode.Scalar { isASCII ? "'" : level == .blocks ? "-" : "⠒" }
  package var hiddenConcept: Unicode.Scalar { isASCII ? "." : "·" }

  /// A line end inside a line.
  package var lineEnd: String { level == .braille ? "⏎" : "\\n" }

  /// The shades of a share from next to nothing to all.
  package var shareShades: [Unicode.Scalar] { [hiddenConcept] + shades }

  /// Bars of rising height, for a strip one row high; the first stands for the lowest value.
  package var levels: [Unicode.Scalar] {
    switch level {
    case .braille: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    case .blocks: ["_", "▄", "█"]
    case .ascii: ["_", ".", "-", "=", "#"]
    }
  }

  /// The mark of a step on a scale of numbers: bars where the font has eight, else digits; a dot
  /// from `count` on, for what has no number.
  package func step(_ step: Int, of count: Int) -> Unicode.Scalar {
    guard step >= 0, step < count else { return hiddenConcept }
    if level == .braille { return levels[step * levels.count / count] }
    return Unicode.Scalar(UInt8(ascii: "1") + UInt8(min(8, step)))
  }

  /// The shades of a cell from few points to many.
  package var shades: [Unicode.Scalar] {
    isASCII ? [".", ":", "+", "*", "#", "@"] : ["░", "▒", "▓", "█"]
  }

  /// A horizontal bar of `fraction` (0...1) of `width` columns.
  package func bar(_ fraction: Float, width: Int) -> String {
    let eighths = Int((max(0, min(1, fraction)) * Float(width) * 8).rounded())
    if level != .braille {
      return String(repeating: isASCII ? "#" : "█", count: (eighths + 4) / 8)
    }
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + partial[eighths % 8]
  }

  /// The mark of a concept, the same everywhere: shapes first, then letters. Repeats
  /// once all are used.
  package func mark(_ concept: Int) -> Unicode.Scalar {
    let marks: [Unicode.Scalar]
    switch level {
    case .braille: marks = Self.shapes
    case .blocks: marks = Self.blockShapes
    case .ascii: marks = Self.asciiShapes
    }
    return marks[concept % marks.count]
  }

  private static let letters: [Unicode.Scalar] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".unicodeScalars.map { $0 }
  private static let shapes: [Unicode.Scalar] =
    ["●", "▲", "■", "◆", "★", "○", "△", "□", "◇", "☆", "▼", "▽", "◐", "◑", "◀", "▶"] + letters
  private static let blockShapes: [Unicode.Scalar] =
    ["•", "▲", "■", "♦", "+", "o", "▼", "►", "◄", "#", "%", "="] + letters
  private static let asciiShapes: [Unicode.Scalar] =
    ["o", "^", "#", "*", "+", "x", "%", "=", "&", "~", "$", "?"]
    + letters.filter { $0 != "o" && $0 != "x" && $0 != "v" }
}
