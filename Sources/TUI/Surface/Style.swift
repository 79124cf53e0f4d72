/// A colour as the terminal will be asked for it; themes choose it, widgets never do.
package struct Color: Hashable, Sendable {
  /// -1: the terminal's own; 0...255: its palette; from `direct` on: 0xRRGGBB.
  package let code: Int32
  private static let direct: Int32 = 1 << 24

  private init(code: Int32) { self.code = code }

  /// The terminal's own foreground or background.
  package static let standard = Color(code: -1)

  /// 0...15: the ANSI colours; 16...231: the 6 x 6 x 6 cube; 232...255: greys.
  package static func palette(_ index: UInt8) -> Color { Color(code: Int32(index)) }

  package static func rgb(_ value: UInt32) -> Color {
    Color(code: direct | Int32(value & 0xFF_FFFF))
  }

  /// 0xRRGGBB of a direct colour, else nil.
  var directValue: UInt32? { code >= Self.direct ? UInt32(code & 0xFF_FFFF) : nil }

  var paletteIndex: UInt8? { code >= 0 && code < 256 ? UInt8(code) : nil }
}

/// How a cell looks.
package struct Style: Hashable, Sendable {
  package struct Attributes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let bold = Attributes(rawValue: 1)
    package static let dim = Attributes(rawValue: 2)
    package static let reverse = Attributes(rawValue: 4)
  }

  package var foreground = Color.standard
  package var background = Color.standard
  package var attributes: Attributes = []

  package init(
    foreground: Color = Color.standard, background: Color = Color.standard,
    attributes: Attributes = []
  ) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  package static let plain = Style()

  package func with(_ more: Attributes) -> Style {
    var style = self
    style.attributes.formUnion(more)
    return style
  }

  /// The same letters on another style's background.
  package func on(_ other: Style) -> Style {
    var style = self
    style.background = other.background
    return style
  }
}
