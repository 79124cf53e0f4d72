/// What a terminal answers to the questions it was asked, sequence by sequence.
package enum TerminalAnswer: Equatable, Sendable {
  /// The colour of its ground (OSC 11), 0xRRGGBB.
  case ground(UInt32)
  /// It knows Kitty's graphics.
  case kitty
  /// A cell's size in pixels (XTWINOPS 16).
  case cell(Size)
  /// Its attributes (DA1), which every terminal knows, so that it is asked for them last; and whether
  /// sixel is among them.
  case attributes(hasSixel: Bool)

  /// Kinds that would print a question, or have nothing to tell.
  package static func canBeAsked(_ terminal: String) -> Bool {
    !["", "dumb", "linux"].contains(terminal) && !terminal.hasPrefix("vt")
      && !terminal.hasPrefix("screen")
  }

  /// Questions, in the order in which they are answered; the attributes last.
  ///
  /// - Parameter pixels: whether it is asked for pictures, too.
  package static func question(pixels: Bool) -> String {
    let graphics = "\u{1B}_Gi=4294967295,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\\u{1B}[16t"
    return "\u{1B}]11;?\u{1B}\\" + (pixels ? graphics : "") + "\u{1B}[c"
  }

  /// - Parameters:
  ///   - kind: the character after Esc: `]`, `_` or `[`.
  ///   - text: what follows, with the letter that ends it after `[`.
  /// - Returns: nil for what answers no question of ours.
  package init?(_ kind: Unicode.Scalar, _ text: String) {
    switch kind {
    case "]":
      guard let color = Self.ground(text) else { return nil }
      self = .ground(color)
    case "_":
      guard text.hasPrefix("G"), text.hasSuffix(";OK") else { return nil }
      self = .kitty
    case "[" where text.hasPrefix("?") && text.hasSuffix("c"):
      let attributes = text.dropFirst().dropLast().split(separator: ";")
      self = .attributes(hasSixel: attributes.dropFirst().contains("4"))
    case "[" where text.hasPrefix("6;") && text.hasSuffix("t"):
      let numbers = text.dropLast().split(separator: ";").compactMap { Int($0) }
      guard numbers.count == 3, (1...200).contains(numbers[1]), (1...200).contains(numbers[2])
      else { return nil }
      self = .cell(Size(width: numbers[2], height: numbers[1]))
    default: return nil
    }
  }

  /// `11;rgb:RRRR/GGGG/BBBB`, with one to four digits a colour, as xterm answers it.
  private static func ground(_ text: String) -> UInt32? {
    guard let start = text.firstRange(of: "11;rgb")?.upperBound else { return nil }
    let parts = text[start...].drop { $0 != ":" }.dropFirst().split(separator: "/")
    let values = parts.prefix(3).compactMap { part -> UInt32? in
      guard (1...4).contains(part.count), let value = Int(part, radix: 16) else { return nil }
      let most = (1 << (4 * part.count)) - 1
      return UInt32((value * 255 + most / 2) / most)
    }
    return values.count == 3 ? values[0] << 16 | values[1] << 8 | values[2] : nil
  }
}

extension UInt32 {
  /// Whether a colour, 0xRRGGBB, is light: by what the eye makes of the three (Rec. 601).
  package var isLightColor: Bool {
    let (red, green, blue) = (self >> 16 & 0xFF, self >> 8 & 0xFF, self & 0xFF)
    return 299 * red + 587 * green + 114 * blue > 127_500
  }
}
