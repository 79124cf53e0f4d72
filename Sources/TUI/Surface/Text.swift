import SeerSupport

/// Text made fit for cells: measured, cut and wrapped by display width, never by count.
package enum Text {
  /// The same text with every control character replaced by something that can be seen and with
  /// line ends as "\n"; a tab becomes a space.
  ///
  ///     Text.visible("a\u{1B}[2Jb")  // "a␛[2Jb"
  package static func visible(_ text: String, ascii: Bool = false) -> String {
    var result = String.UnicodeScalarView()
    result.reserveCapacity(text.unicodeScalars.count)
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      let value = scalar.value
      switch value {
      case 0x0A: result.append(scalar)
      case 0x0D: result.append("\n")
      case 0x09: result.append(" ")
      case 0x20..<0x7F: result.append(scalar)
      default:
        if let picture = VisibleText.picture(of: scalar, ascii: ascii) {
          result.append(contentsOf: picture.unicodeScalars)
        } else {
          result.append(scalar)
        }
      }
      if value == 0x0A && previous.value == 0x0D { result.removeLast() }
      previous = scalar
    }
    return String(result)
  }

  /// The end of a line in at most `width` columns, where that is what tells it from others.
  package static func tail(_ text: String, to width: Int, ellipsis: String) -> String {
    guard DisplayWidth.of(text) > width else { return text }
    var rest = text[...]
    while !rest.isEmpty, DisplayWidth.of(rest) + DisplayWidth.of(ellipsis) > width {
      rest.removeFirst()
    }
    return width >= DisplayWidth.of(ellipsis) ? ellipsis + rest : String(rest)
  }

  /// The longest start of `text` that fits `width` columns, ended by `ellipsis` where it was cut.
  package static func cut(_ text: some StringProtocol, to width: Int, ellipsis: String = "…")
    -> String
  {
    if DisplayWidth.of(text) <= width { return String(text) }
    let end = DisplayWidth.of(ellipsis)
    guard width >= end else { return prefix(ellipsis, width: width) }
    return prefix(text, width: width - end) + ellipsis
  }

  private static func prefix(_ text: some StringProtocol, width: Int) -> String {
    var result = String.UnicodeScalarView()
    var used = 0
    for scalar in text.unicodeScalars {
      used += DisplayWidth.of(scalar)
      if used > width { break }
      result.append(scalar)
    }
    return String(result)
  }

  /// `text` in lines of at most `width` columns, broken at spaces where possible; "\n" ends a
  /// line. O(length).
  package static func wrap(_ text: String, width: Int) -> [String] {
    guard width > 0 else { return [] }
    var lines: [String] = []
    for paragraph in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
      wrap(paragraph, width: width, into: &lines)
    }
    return lines
  }

  private static func wrap(
    _ paragraph: Substring.UnicodeScalarView, width: Int, into lines: inout [String]
  ) {
    var line = String.UnicodeScalarView()
    var lineWidth = 0
    /// Where the line could be broken: after its last space, with the columns up to there.
    var lastBreak: (index: String.UnicodeScalarView.Index, width: Int)?
    /// Spaces at a break are part of it.
    var isContinued = false
    for scalar in paragraph {
      if isContinued && line.isEmpty && scalar == " " { continue }
      let columns = DisplayWidth.of(scalar)
      if lineWidth + columns > width && lineWidth > 0 {
        isContinued = true
        if scalar == " " {
          lines.append(trimmed(line))
          line = .init()
          lineWidth = 0
          lastBreak = nil
          continue
        }
        if let point = lastBreak {
          lines.append(trimmed(line[..<point.index]))
          line = String.UnicodeScalarView(line[point.index...])
          lineWidth -= point.width
        } else {
          lines.append(String(line))
          line = .init()
          lineWidth = 0
        }
        lastBreak = nil
      }
      // Leave out what fits no line at all: a wide character in one column.
      guard columns <= width else { continue }
      line.append(scalar)
      lineWidth += columns
      if scalar == " " || columns == 2 { lastBreak = (line.endIndex, lineWidth) }
    }
    lines.append(trimmed(line))
  }

  private static func trimmed(_ line: some Collection<Unicode.Scalar>) -> String {
    var scalars = String.UnicodeScalarView(line)
    while scalars.last == " " { scalars.removeLast() }
    return String(scalars)
  }
}
