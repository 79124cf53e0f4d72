import CPCRE2

/// A regular expression in the syntax of Python's `re`, for short names.
///
///     try PythonPattern(#".*self_attn\.(q|v)_proj"#).matchesAll(of: "model.layers.0.self_attn.q_proj")
///
/// PCRE2 runs it, which reads that syntax as Python does, but for what is refused by name here:
/// escapes and groups that it alone has or reads otherwise, `{,n}`, which it would take for those
/// letters, and flags in the middle, which Python refuses.
package final class PythonPattern: Sendable {
  // Compiled code and limits are read-only: they serve all threads.
  nonisolated(unsafe) private let code: OpaquePointer
  nonisolated(unsafe) private let limits: OpaquePointer?

  /// Backtracking steps in one name.
  private static let stepLimit: UInt32 = 100_000

  /// - Throws: bad data that tells what cannot be read.
  package init(_ text: String) throws(Failure) {
    if let foreign = Self.foreignPart(of: text) {
      throw Self.unread(text, "`\(foreign)`, which would not be read as Python reads it")
    }
    var error: Int32 = 0
    var offset = 0
    var pattern = text
    let compiled = pattern.withUTF8 {
      pcre2_compile_8(
        $0.baseAddress, $0.count, PCRE2_UTF | UInt32(PCRE2_UCP) | PCRE2_NEVER_BACKSLASH_C, &error,
        &offset, nil)
    }
    guard let compiled else {
      var message = [UInt8](repeating: 0, count: 256)
      pcre2_get_error_message_8(error, &message, message.count)
      throw Self.unread(text, String(decoding: message.prefix { $0 != 0 }, as: UTF8.self))
    }
    code = compiled
    limits = pcre2_match_context_create_8(nil)
    if let limits {
      pcre2_set_match_limit_8(limits, Self.stepLimit)
      // In KiB.
      pcre2_set_heap_limit_8(limits, 16 << 10)
    }
  }

  deinit {
    pcre2_match_context_free_8(limits)
    pcre2_code_free_8(code)
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
    var name = name
    let data = pcre2_match_data_create_8(1, nil)
    defer { pcre2_match_data_free_8(data) }
    // PCRE2 refuses a subject without an address, even an empty one.
    let nothing: [UInt8] = [0]
    let status = name.withUTF8 { bytes in
      nothing.withUnsafeBufferPointer { nothing in
        pcre2_match_8(
          code, bytes.baseAddress ?? nothing.baseAddress, bytes.count, 0, options, data, limits)
      }
    }
    // Below a partial match lie errors: limits, as there is nothing else to go wrong.
    guard status >= PCRE2_ERROR_PARTIAL else {
      throw Failure(
        .badData, found: "a regular expression that backtracks too long on `\(name)`",
        wanted: "a simpler one")
    }
    return status >= 0
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
