/// What a terminal says of its ground (OSC 11, as xterm answers it).
package enum TerminalGround {
  /// Kinds that would print the question, or have no ground to tell.
  package static func canBeAsked(_ terminal: String) -> Bool {
    !["", "dumb", "linux"].contains(terminal) && !terminal.hasPrefix("vt")
      && !terminal.hasPrefix("screen")
  }

  /// - Parameter answer: `11;rgb:RRRR/GGGG/BBBB`, with one to four digits a colour; nil where it is
  ///   something else.
  package static func isLight(answer: String) -> Bool? {
    guard let start = answer.firstRange(of: "11;rgb")?.upperBound else { return nil }
    let parts = answer[start...].drop { $0 != ":" }.dropFirst().split(separator: "/")
    let values = parts.prefix(3).compactMap { part -> Double? in
      guard (1...4).contains(part.count), let value = Int(part, radix: 16) else { return nil }
      return Double(value) / Double((1 << (4 * part.count)) - 1)
    }
    guard values.count == 3 else { return nil }
    // Rec. 601: what the eye makes of the three.
    return 0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2] > 0.5
  }
}
