import CPCRE2
import LinearAlgebra
import Synchronization

/// What a user looks for in texts: words, or a regular expression in PCRE2's syntax. Letters match
/// in either case (`(?-i)` in an expression ends that), `^` and `$` at every line.
///
///     try TextPattern("ledger|invoice", isExpression: true).matches(texts)
package final class TextPattern: Sendable {
  // Compiled code and limits are read-only: they serve all threads.
  nonisolated(unsafe) private let code: OpaquePointer
  nonisolated(unsafe) private let limits: OpaquePointer?

  /// Backtracking steps in one text.
  private static let stepLimit: UInt32 = 100_000
  /// Texts that may reach the limit before the whole search is given up.
  private static let longTexts = 50

  /// - Throws: a usage failure that tells where the expression cannot be read, and why.
  package init(_ text: String, isExpression: Bool) throws(Failure) {
    var error: Int32 = 0
    var offset = 0
    var text = text
    let options =
      isExpression
      ? PCRE2_UTF | UInt32(PCRE2_UCP) | PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C
      : PCRE2_UTF | PCRE2_CASELESS | PCRE2_LITERAL
    let compiled = text.withUTF8 {
      pcre2_compile_8($0.baseAddress, $0.count, options, &error, &offset, nil)
    }
    guard let compiled else {
      var message = [UInt8](repeating: 0, count: 256)
      pcre2_get_error_message_8(error, &message, message.count)
      throw Failure(
        .usage, place: "character \(Self.characters(text, upTo: offset) + 1)",
        found: String(decoding: message.prefix { $0 != 0 }, as: UTF8.self),
        wanted: "a regular expression")
    }
    code = compiled
    // Where there is no JIT (or memory for it is refused) matching is only slower.
    pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
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

  private static func characters(_ text: String, upTo offset: Int) -> Int {
    String(decoding: text.utf8.prefix(offset), as: UTF8.self).count
  }

  /// For each text whether the pattern occurs in it; on all cores.
  ///
  /// - Throws: where too many texts need more backtracking than is bearable.
  package func matches(_ texts: PackedTexts) throws(Failure) -> [Bool] {
    var found = [Bool](repeating: false, count: texts.count)
    let tooLong = Atomic(0)
    texts.bytes.withUnsafeBufferPointer { bytes in
      texts.ends.withUnsafeBufferPointer { ends in
        found.withUnsafeMutableBufferPointer { found in
          // PCRE2 refuses a subject without an address, even an empty one.
          let nothing: [UInt8] = [0]
          Parallel.ranges(of: ends.count, grain: 512) { range in
            nothing.withUnsafeBufferPointer { nothing in
              guard let base = bytes.baseAddress ?? nothing.baseAddress else { return }
              let data = pcre2_match_data_create_8(1, nil)
              defer { pcre2_match_data_free_8(data) }
              for index in range {
                guard tooLong.load(ordering: .relaxed) <= Self.longTexts else { return }
                let start = index == 0 ? 0 : ends[index - 1]
                let status = self.match(base + start, ends[index] - start, data)
                found[index] = status >= 0
                if status < PCRE2_ERROR_PARTIAL { tooLong.add(1, ordering: .relaxed) }
              }
            }
          }
        }
      }
    }
    guard tooLong.load(ordering: .relaxed) <= Self.longTexts else {
      throw Failure(
        .usage, found: "an expression that backtracks too long", wanted: "a simpler one",
        advice: "Avoid repeats inside repeats.")
    }
    return found
  }

  /// Where the pattern occurs in a text, as ranges of its UTF-8 bytes, at most `limit` of them; places
  /// that are empty are left out.
  package func ranges(in text: String, limit: Int = 200) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var text = text
    text.withUTF8 { bytes in
      guard let base = bytes.baseAddress, let data = pcre2_match_data_create_8(1, nil) else {
        return
      }
      defer { pcre2_match_data_free_8(data) }
      var start = 0
      while start < bytes.count, found.count < limit {
        let status = pcre2_match_8(
          code, base, bytes.count, start, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, limits)
        guard status >= 0, let ends = pcre2_get_ovector_pointer_8(data) else { return }
        let (low, high) = (ends[0], ends[1])
        if high > low { found.append(low..<high) }
        start = max(high, start)
        guard high <= low else { continue }
        // On to the next character.
        repeat { start += 1 } while start < bytes.count && bytes[start] & 0xC0 == 0x80
      }
    }
    return found
  }

  private func match(_ text: UnsafePointer<UInt8>, _ count: Int, _ data: OpaquePointer?) -> Int32 {
    let status = pcre2_match_8(code, text, count, 0, PCRE2_NO_UTF_CHECK, data, limits)
    guard status == PCRE2_ERROR_JIT_STACKLIMIT else { return status }
    // The interpreter keeps its state on the heap.
    return pcre2_match_8(
      code, text, count, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, limits)
  }
}
