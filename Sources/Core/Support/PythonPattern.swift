import CPCRE2

/// A regular expression in the syntax of Python's `re`, for short names.
///
///     try PythonPattern(#".*self_attn\.(q|v)_proj"#).matchesAll(of: "model.layers.0.self_attn.q_proj")
///
/// PCRE2 runs it, which reads that syntax as Python does, but for what is refused by name here:
/// escapes and groups that it alone has or reads otherwise, `{,n}`, which it would take for those
/// letters, and flags in the middle, which Python refuses.
package final class PythonPattern: Sendable {
  private let pattern: CompiledPattern

  /// - Throws: bad data that tells what cannot be read.
  package init(_ text: String) throws(Failure) {
    if let foreign = Self.foreignPart(of: text) {
      throw Self.unread(text, "`\(foreign)`, which would not be read as Python reads it")
    }
    do throws(CompiledPattern.Problem) {
      pattern = try CompiledPattern(
        text, PCRE2_UTF | UInt32(PCRE2_UCP) | PCRE2_NEVER_BACKSLASH_C, isMatchedOften: false)
    } catch {
      throw Self.unread(text, error.message)
    }
  }

  /// `re.fullmatch`.
  package func matchesAll(of name: String) throws(Failure) -> Bool {
    try match(name, UInt32(PCRE2_ANCHORED | PCRE2_ENDANCHORED))
  }

  /// `re.match`: from the start, to anywhere.
  package func matchesStart(of name: String) throws(Failure) -> Bool {
    try match(name, PCRE2_ANCHORED)
  }

  private func match(_ name: String, _ options: UInt32) throws(Failure) -> Bool {
    var bytes = name
    let outcome = bytes.withUTF8 {
      pattern.find(in: $0, options, room: CompiledPattern.Room())
    }
    guard outcome != .tooLong else {
      throw Failure(
        .badData, found: "a regular expression that backtracks too long on `\(name)`",
        wanted: "a simpler one")
    }
    return outcome == .found
  }

  private static func unread(_ text: String, _ found: String) -> Failure {
    Failure(.badData, found: "`\(text)`: \(found)", wanted: "a regular expression of Python's re")
  }

  /// What PCRE2 would read otherwise than `re`, or `re` not at all.
  private static func foreignPart(of text: String) -> String? {
    let known = Set("AbBdDfnrsStwWaZ0123456789".unicodeScalars)
    let scalars = Array(text.unicodeScalars)
    func starts(_ part: String, at index: Int) -> Bool {
      scalars[index...].starts(with: part.unicodeScalars)
    }
    let groups = ["(*", "(?R", "(?&", "(?|", "(?+", "(?P>", "(?C", "(?'", "[[:", "{,"]
    var index = 0
    while index < scalars.count {
      if scalars[index] == "\\", index + 1 < scalars.count {
        let next = scalars[index + 1]
        let isLetter = next.isASCII && next.properties.isAlphabetic
        // Python's \Z is PCRE2's \z; no name ends with the newline that tells them apart.
        if isLetter && !known.contains(next) { return "\\\(next)" }
        index += 2
        continue
      }
      if let group = groups.first(where: { starts($0, at: index) }) { return group }
      if starts("(?", at: index), index + 2 < scalars.count {
        let next = scalars[index + 2]
        if ("0"..."9").contains(next) { return "(?\(next)" }
        // A name without its P, which begins no look-behind.
        if next == "<", index + 3 < scalars.count, scalars[index + 3] != "=",
          scalars[index + 3] != "!"
        {
          return "(?<"
        }
        let flags = scalars[(index + 2)...].prefix { $0.isASCII && $0.properties.isAlphabetic }
        if index > 0, !flags.isEmpty, flags.endIndex < scalars.count, scalars[flags.endIndex] == ")"
        {
          return "(?" + String(String.UnicodeScalarView(flags)) + ")"
        }
      }
      index += 1
    }
    return nil
  }
}
