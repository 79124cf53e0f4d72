import Foundation

/// One change of the text before it is cut into words.
package enum Normalizer: Sendable {
  /// A Unicode normalization form (Unicode Standard Annex 15).
  package enum Form: String, Sendable {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"
  }

  case form(Form)
  /// Character by character, without context.
  case lowercase
  /// Takes out combining marks.
  case stripAccents
  /// Takes white space off the ends.
  case strip(left: Bool, right: Bool)
  /// Puts something before a text that is not empty.
  case prepend([UInt8])
  case replace(Pattern, [UInt8])

  package func apply(to text: inout NormalizedText, with matcher: Pattern.Matcher) {
    guard !text.bytes.isEmpty else { return }
    switch self {
    case .form(let form): Self.apply(form, to: &text)
    case .lowercase:
      Self.mapScalars(&text) { $0.properties.lowercaseMapping.utf8 }
    case .stripAccents:
      Self.mapScalars(&text) { scalar in
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: "".utf8
        default: String(scalar).utf8
        }
      }
    case .strip(let left, let right):
      let kept = Self.trimmed(text.bytes, left: left, right: right)
      if kept.count < text.bytes.count { text = text[kept] }
    case .prepend(let prefix):
      text.rebuild { old, new in
        new.append(prefix, origin: old.origin(0))
        for (place, byte) in old.bytes.enumerated() {
          new.append(byte, origin: old.origin(place))
        }
      }
    case .replace(let pattern, let content):
      let pieces = text.bytes.withUnsafeBufferPointer { pattern.pieces($0, with: matcher) }
      guard pieces.contains(where: \.isMatch) else { return }
      text.rebuild { old, new in
        for piece in pieces {
          if piece.isMatch {
            new.append(content, origin: old.origin(piece.range.lowerBound))
          } else {
            for place in piece.range { new.append(old.bytes[place], origin: old.origin(place)) }
          }
        }
      }
    }
  }

  /// Unicode's White_Space.
  package static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

  private static func trimmed(_ bytes: [UInt8], left: Bool, right: Bool) -> Range<Int> {
    let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
    func spaces(_ scalars: some Sequence<Unicode.Scalar>) -> Int {
      scalars.prefix(while: isSpace).reduce(0) { $0 + UTF8.width($1) }
    }
    let start = left ? spaces(scalars) : 0
    let end = bytes.count - (right ? spaces(scalars.reversed()) : 0)
    return start..<max(start, end)
  }

  private static func mapScalars(
    _ text: inout NormalizedText, _ map: (Unicode.Scalar) -> String.UTF8View
  ) {
    text.rebuild { old, new in
      var place = 0
      for scalar in String(decoding: old.bytes, as: UTF8.self).unicodeScalars {
        new.append(map(scalar), origin: old.origin(place))
        place += UTF8.width(scalar)
      }
    }
  }

  private static func apply(_ form: Form, to text: inout NormalizedText) {
    guard text.bytes.contains(where: { $0 >= 0x80 }) else { return }
    let string = String(decoding: text.bytes, as: UTF8.self)
    if normalized(string, form).utf8.elementsEqual(text.bytes) { return }
    // Nothing changes across the borders of grapheme clusters, but where one begins with a mark
    // (as a halfwidth voiced sound mark is one after its compatibility mapping).
    text.rebuild { old, new in
      var place = 0
      var segment = ""
      func flush() {
        new.append(normalized(segment, form).utf8, origin: old.origin(place))
        place += segment.utf8.count
        segment = ""
      }
      for character in string {
        let first = normalized(String(character), form).unicodeScalars.first
        let joins = first.map { $0.properties.canonicalCombiningClass != .notReordered } ?? true
        if !joins, !segment.isEmpty { flush() }
        segment.append(character)
      }
      if !segment.isEmpty { flush() }
    }
  }

  private static func normalized(_ string: String, _ form: Form) -> String {
    switch form {
    case .nfc: string.precomposedStringWithCanonicalMapping
    case .nfd: string.decomposedStringWithCanonicalMapping
    // In two steps: Foundation's own mapping leaves halfwidth sound marks uncomposed.
    case .nfkc:
      string.decomposedStringWithCompatibilityMapping.precomposedStringWithCanonicalMapping
    case .nfkd: string.decomposedStringWithCompatibilityMapping
    }
  }
}

extension UTF8 {
  /// The bytes that a scalar takes.
  package static func width(_ scalar: Unicode.Scalar) -> Int {
    scalar.value < 0x80 ? 1 : scalar.value < 0x800 ? 2 : scalar.value < 0x10000 ? 3 : 4
  }
}
