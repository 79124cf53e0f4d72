import CPCRE2

/// A compiled regular expression over UTF-8 (PCRE2 with Unicode properties and JIT).
///
/// Compiled code is read-only, so one pattern serves all threads; each brings its ``Matcher``.
final class Pattern: @unchecked Sendable {
  private let code: OpaquePointer

  /// Compiles a pattern in PCRE2's syntax; fails with the place in it that cannot be read.
  init(_ text: String) throws(Failure) {
    var error: Int32 = 0
    var offset = 0
    var text = text
    let compiled = text.withUTF8 {
      pcre2_compile_8(
        $0.baseAddress, $0.count, PCRE2_UTF | UInt32(PCRE2_UCP), &error, &offset, nil)
    }
    guard let compiled else {
      var message = [UInt8](repeating: 0, count: 256)
      pcre2_get_error_message_8(error, &message, message.count)
      throw Failure(
        .badData, place: "pattern \(text), byte \(offset)",
        found: String(decoding: message.prefix { $0 != 0 }, as: UTF8.self),
        wanted: "a regular expression")
    }
    code = compiled
    // Where there is no JIT (or memory for it is refused) matching is only slower.
    pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
  }

  deinit { pcre2_code_free_8(code) }

  /// The memory that matching needs, one for each thread.
  final class Matcher {
    fileprivate let data: OpaquePointer?
    init() { data = pcre2_match_data_create_8(1, nil) }
    deinit { pcre2_match_data_free_8(data) }
  }

  /// Appends the pieces of valid UTF-8 text, matches and what lies between them, offset by `base`.
  ///
  /// The text is matched as a whole of its own: nothing before or after it is looked at. Where
  /// PCRE2 gives up (its limits on backtracking) the rest is one piece.
  func split(
    _ text: UnsafeBufferPointer<UInt8>, base: Int, with matcher: Matcher,
    into pieces: inout [Range<Int>]
  ) {
    guard let data = matcher.data, let start = text.baseAddress else { return }
    let range = pcre2_get_ovector_pointer_8(data)
    var pieceStart = 0
    var cursor = 0
    while cursor < text.count {
      var status = pcre2_match_8(
        code, start, text.count, cursor, PCRE2_NO_UTF_CHECK, data, nil)
      if status == PCRE2_ERROR_JIT_STACKLIMIT {
        // The interpreter keeps its state on the heap.
        status = pcre2_match_8(
          code, start, text.count, cursor, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, nil)
      }
      guard status >= 0, let range else { break }
      let from = Int(range[0])
      let to = Int(range[1])
      guard to > from, from >= cursor else {
        // An empty match splits nothing: look on from the next character.
        cursor = max(cursor, to) + 1
        while cursor < text.count, text[cursor] & 0xC0 == 0x80 { cursor += 1 }
        continue
      }
      if from > pieceStart { pieces.append(base + pieceStart..<base + from) }
      pieces.append(base + from..<base + to)
      pieceStart = to
      cursor = to
    }
    if pieceStart < text.count { pieces.append(base + pieceStart..<base + text.count) }
  }
}
