import CPCRE2
import LinearAlgebra
import Synchronization

/// What a user looks for in texts: words, or a regular expression in PCRE2's syntax. Letters match
/// in either case (`(?-i)` in an expression ends that), `^` and `$` at every line.
///
///     try TextPattern("ledger|invoice", isExpression: true).matches(texts)
package final class TextPattern: Sendable {
  private let pattern: CompiledPattern

  /// Texts that may reach the limit before the whole search is given up.
  private static let longTexts = 50

  /// - Throws: a usage failure that tells where the expression cannot be read, and why.
  package init(_ text: String, isExpression: Bool) throws(Failure) {
    let options =
      isExpression
      ? PCRE2_UTF | UInt32(PCRE2_UCP) | PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C
      : PCRE2_UTF | PCRE2_CASELESS | PCRE2_LITERAL
    do throws(CompiledPattern.Problem) {
      pattern = try CompiledPattern(text, options)
    } catch {
      throw Failure(
        .usage, place: "character \(Self.characters(text, upTo: error.offset) + 1)",
        found: error.message, wanted: "a regular expression")
    }
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
          Parallel.ranges(of: ends.count, grain: 512) { range in
            let room = CompiledPattern.Room()
            for index in range {
              guard tooLong.load(ordering: .relaxed) <= Self.longTexts else { return }
              let text = bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
              let outcome = self.pattern.find(
                in: UnsafeBufferPointer(rebasing: text), PCRE2_NO_UTF_CHECK, room: room)
              found[index] = outcome == .found
              if outcome == .tooLong { tooLong.add(1, ordering: .relaxed) }
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
    let room = CompiledPattern.Room()
    var text = text
    text.withUTF8 { bytes in
      var start = 0
      while start < bytes.count, found.count < limit,
        let place = pattern.place(in: bytes, from: start, PCRE2_NO_UTF_CHECK, room: room)
      {
        if !place.isEmpty { found.append(place) }
        start = max(place.upperBound, start)
        guard place.isEmpty else { continue }
        // On to the next character.
        repeat { start += 1 } while start < bytes.count && bytes[start] & 0xC0 == 0x80
      }
    }
    return found
  }
}
