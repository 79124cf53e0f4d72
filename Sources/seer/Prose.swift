import Foundation

extension String {
  /// The text with every paragraph on one line, so that help breaks it at the terminal's width.
  ///
  /// Lines that begin with a blank, such as examples, stay as they are, but for commands that are wider
  /// than the terminal: they go on in the next line as a shell reads it. A line that ends with a colon
  /// leads to what follows and is not joined with it.
  package var reflowed: String {
    var lines: [String] = []
    var joins = false
    for line in split(separator: "\n", omittingEmptySubsequences: false) {
      let isProse = !line.isEmpty && line.first != " "
      if isProse, joins, let last = lines.indices.last {
        lines[last] += " " + line
      } else if line.hasPrefix("  seer ") {
        lines += continued(line, width: helpWidth)
      } else {
        lines.append(String(line))
      }
      joins = isProse && !line.hasSuffix(":")
    }
    return lines.joined(separator: "\n")
  }
}

/// A command over as many lines as it needs, each but the last ending with a backslash; what stands in
/// double quotes stays in one.
private func continued(_ command: Substring, width: Int) -> [String] {
  guard command.count > width else { return [String(command)] }
  var isQuoted = false
  let words = command.dropFirst(2).split { character in
    if character == "\"" { isQuoted.toggle() }
    return character == " " && !isQuoted
  }
  var lines = [""]
  for word in words {
    let last = lines[lines.count - 1]
    // Two columns for what leads to the next line.
    if !last.isEmpty, last.count + 1 + word.count + 2 > width {
      lines[lines.count - 1] = last + " \\"
      lines.append("    " + word)
    } else {
      lines[lines.count - 1] = last.isEmpty ? "  " + word : last + " " + word
    }
  }
  return lines
}

extension String {
  /// Paragraphs broken at blanks so that no line is wider than `width` columns, where a word is not.
  /// Lines with two blanks in a row, such as tables, stay as they are.
  func wrapped(to width: Int) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard line.count > width, !line.contains("  ") else { return String(line) }
      var lines = [""]
      for word in line.split(separator: " ") {
        let last = lines[lines.count - 1]
        if last.isEmpty {
          lines[lines.count - 1] = String(word)
        } else if last.count + 1 + word.count <= width {
          lines[lines.count - 1] = last + " " + word
        } else {
          lines.append(String(word))
        }
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

/// Columns of the terminal that help is written to: `COLUMNS`, or what the terminal says, or 80.
var helpWidth: Int {
  if let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap({ Int($0) }), columns > 20
  {
    return columns
  }
  var size = winsize()
  guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
  return Int(size.ws_col)
}
