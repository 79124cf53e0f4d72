/// Text of others made harmless for a terminal: what would move its cursor, clear it or turn its
/// lines around is shown instead.
package enum VisibleText {
  /// What is shown in place of a character that a terminal must not get; nil for all others.
  ///
  /// Line ends and tabs are such characters, too. Directions and separators could reorder or break
  /// the screen as surely as an escape.
  package static func picture(of scalar: Unicode.Scalar, ascii: Bool = false) -> String? {
    switch scalar.value {
    case 0..<0x20 where !ascii:
      return Unicode.Scalar(0x2400 + scalar.value).map { String(Character($0)) }
    case 0x7F where !ascii: return "\u{2421}"
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
      return "<\(String(scalar.value, radix: 16))>"
    default: return nil
    }
  }

  /// Lines of text, whose ends and tabs stay.
  ///
  ///     VisibleText.lines("a\u{1B}[2J\nb")  // "a␛[2J\nb"
  package static func lines(_ text: String) -> String { made(visible: text, keeping: "\n\t") }

  /// What stands within a line of a table, such as a name.
  ///
  ///     VisibleText.line("a\nb")  // "a␊b"
  package static func line(_ text: String) -> String { made(visible: text, keeping: "") }

  private static func made(visible text: String, keeping kept: String) -> String {
    let kept = kept.unicodeScalars
    func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
      kept.contains(scalar) || picture(of: scalar) == nil
    }
    if text.unicodeScalars.allSatisfy(isHarmless) { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if !kept.contains(scalar), let picture = picture(of: scalar) {
        result.append(contentsOf: picture.unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}
