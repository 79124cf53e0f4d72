/// A colour as the terminal will be asked for it; themes choose it, widgets never do.
struct Color: Hashable, Sendable {
  /// -1: the terminal's own; 0...255: its palette; from `direct` on: 0xRRGGBB.
  let code: Int32
  private static let direct: Int32 = 1 << 24

  private init(code: Int32) { self.code = code }

  /// The terminal's own foreground or background.
  static let standard = Color(code: -1)

  /// 0...15: the ANSI colours; 16...231: the 6 x 6 x 6 cube; 232...255: greys.
  static func palette(_ index: UInt8) -> Color { Color(code: Int32(index)) }

  static func rgb(_ value: UInt32) -> Color { Color(code: direct | Int32(value & 0xFF_FFFF)) }

  /// 0xRRGGBB of a direct colour, else nil.
  var directValue: UInt32? { code >= Self.direct ? UInt32(code & 0xFF_FFFF) : nil }

  var paletteIndex: UInt8? { code >= 0 && code < 256 ? UInt8(code) : nil }
}

/// How a cell looks.
struct Style: Hashable, Sendable {
  struct Attributes: OptionSet, Hashable, Sendable {
    let rawValue: UInt8
    static let bold = Attributes(rawValue: 1)
    static let dim = Attributes(rawValue: 2)
    static let reverse = Attributes(rawValue: 4)
  }

  var foreground = Color.standard
  var background = Color.standard
  var attributes: Attributes = []

  static let plain = Style()

  func with(_ more: Attributes) -> Style {
    var style = self
    style.attributes.formUnion(more)
    return style
  }

  /// The same letters on another style's background.
  func on(_ other: Style) -> Style {
    var style = self
    style.background = other.background
    return style
  }
}
