import CPCRE2
import Foundation
import SeerSupport

/// A compiled regular expression over UTF-8 (PCRE2 with Unicode properties and JIT).
///
/// Compiled code is read-only, so one pattern serves all threads; each brings its ``Matcher``.
package final class Pattern: Sendable {
  private let compiled: CompiledPattern

  /// Compiles a pattern in PCRE2's syntax; fails with the place in it that cannot be read.
  package init(_ text: String, multiline: Bool = false) throws(Failure) {
    do throws(CompiledPattern.Problem) {
      compiled = try CompiledPattern(
        text, PCRE2_UTF | UInt32(PCRE2_UCP) | (multiline ? UInt32(PCRE2_MULTILINE) : 0))
    } catch {
      throw Failure(
        .badData, place: "pattern \(text), byte \(error.offset)", found: error.message,
        wanted: "a regular expression")
    }
  }

  /// A pattern that matches just this text.
  package convenience init(literal: String) throws(Failure) {
    var text = ""
    for scalar in literal.unicodeScalars {
      // Every other character stands for itself.
      if scalar.isASCII, !scalar.properties.isAlphabetic, !(0x30...0x39 ~= scalar.value) {
        text += "\\"
      }
      text.unicodeScalars.append(scalar)
    }
    try self.init(text)
  }

  /// A pattern in Oniguruma's syntax, which tokenizer files are written in.
  ///
  /// What both know by the same name but read differently is spelled out: white space has U+180E
  /// in PCRE2 and a word's characters lack marks. `^` and `$` are at every line. Intersections of
  /// classes have no counterpart.
  package convenience init(oniguruma text: String) throws(Failure) {
    guard text.range(of: "&&") == nil else {
      throw Failure(
        .badData, place: "pattern \(text)", found: "`&&`, an intersection of classes",
        wanted: "a regular expression without one")
    }
    try self.init(Self.translated(text), multiline: true)
  }

  /// `\\s` and `\\w` outside of and in classes, `\\S` outside.
  static func translated(_ text: String) -> String {
    let space = #"\p{Z}\t-\r\x{85}"#
    // Letters, marks, digits, connectors, and what else is alphabetic: numerals and circled letters.
    let word =
      #"\p{L}\p{M}\p{Nd}\p{Pc}\p{Nl}\x{24B6}-\x{24E9}"#
      + #"\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}"#
    // Oniguruma's own table for Latin-1 has its superscripts and fractions too, but not in classes.
    let alone = word + #"\xB2\xB3\xB9\xBC-\xBE"#
    var result = ""
    var depth = 0
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isEscaped {
        isEscaped = false
        switch (scalar, depth > 0) {
        case ("s", false): result += "[\(space)]"
        case ("s", true): result += space
        case ("S", false): result += "[^\(space)]"
        case ("w", false): result += "[\(alone)]"
        case ("w", true): result += word
        case ("W", false): result += "[^\(alone)]"
        default:
          result += "\\"
          result.unicodeScalars.append(scalar)
        }
        continue
      }
      switch scalar {
      case "\\":
        isEscaped = true
        continue
      case "[": depth = min(depth + 1, 1)
      case "]": depth = 0
      default: break
      }
      result.unicodeScalars.append(scalar)
    }
    return isEscaped ? result + "\\" : result
  }

  /// The memory that matching needs, one for each thread.
  package typealias Matcher = CompiledPattern.Room

  /// A piece of a text: a match, or what lies between matches.
  package struct Piece {
    package let range: Range<Int>
    package let isMatch: Bool
  }

  /// The pieces of valid UTF-8 text, in order and without gaps.
  ///
  /// The text is matched as a whole of its own: nothing before or after it is looked at. Where
  /// PCRE2 gives up (its limits on backtracking) the rest is one piece.
  package func pieces(_ text: UnsafeBufferPointer<UInt8>, with matcher: Matcher) -> [Piece] {
    var pieces: [Piece] = []
    forEachPiece(text, with: matcher) { pieces.append(Piece(range: $0, isMatch: $1)) }
    return pieces
  }

  /// Appends the ranges of the pieces, offset by `base`.
  package func split(
    _ text: UnsafeBufferPointer<UInt8>, base: Int, with matcher: Matcher,
    into pieces: inout [Range<Int>]
  ) {
    forEachPiece(text, with: matcher) { range, _ in
      pieces.append(base + range.lowerBound..<base + range.upperBound)
    }
  }

  @inline(__always)
  private func forEachPiece(
    _ text: UnsafeBufferPointer<UInt8>, with matcher: Matcher,
    _ body: (_ range: Range<Int>, _ isMatch: Bool) -> Void
  ) {
    guard let data = matcher.data, let start = text.baseAddress else { return }
    let code = compiled.code
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
      if from > pieceStart { body(pieceStart..<from, false) }
      body(from..<to, true)
      pieceStart = to
      cursor = to
    }
    if pieceStart < text.count { body(pieceStart..<text.count, false) }
  }
}
