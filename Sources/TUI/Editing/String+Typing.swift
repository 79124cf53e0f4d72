extension String {
  /// What a key does to a line that is only written at its end.
  package mutating func type(_ key: Key) {
    switch key {
    case .character(let scalar): unicodeScalars.append(scalar)
    case .backspace: if !isEmpty { unicodeScalars.removeLast() }
    case .control("u"): self = ""
    default: break
    }
  }

  /// Text from the clipboard for a line: its lines with a blank between them, no control characters.
  package var asOneLine: String {
    let lines = unicodeScalars.split { $0 == "\n" || $0 == "\r" || $0 == "\t" }
    return lines.map { line in
      String(String.UnicodeScalarView(line.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }.filter { !$0.isEmpty }.joined(separator: " ")
  }
}
