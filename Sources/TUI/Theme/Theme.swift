/// From what something means to how it looks. Widgets name a role; only this file names colours.
package struct Theme: Equatable, Sendable {
  package enum Role: CaseIterable, Sendable {
    case text, strong, faint, border, focusedBorder, title, accent, cursor, key, error, warning
    case good, bar, selection
  }

  package let depth: ColorDepth
  /// Whether the terminal's background is light.
  package var isLight: Bool
  package let glyphs: Glyphs

  package init(depth: ColorDepth, isLight: Bool = false, glyphs: GlyphLevel = .braille) {
    self.depth = depth
    self.isLight = isLight
    self.glyphs = Glyphs(level: glyphs)
  }

  /// The convention of rxvt, Konsole and others: COLORFGBG is `foreground;background`.
  package static func isLight(environment: [String: String]) -> Bool {
    guard let last = environment["COLORFGBG"]?.split(separator: ";").last, let index = Int(last)
    else { return false }
    return index == 7 || index == 15
  }

  package func style(_ role: Role) -> Style {
    switch role {
    case .text: .plain
    case .strong: Style(attributes: .bold)
    case .faint: ink(isLight ? 0x767676 : 0x8A8A8A, ansi: nil, mono: .dim, ansiAttributes: .dim)
    case .border: ink(isLight ? 0xB2B2B2 : 0x4E4E4E, ansi: 8, mono: .dim)
    case .focusedBorder: ink(isLight ? 0x5F5F5F : 0xB2B2B2, ansi: 7, mono: .bold)
    case .title: ink(isLight ? 0x303030 : 0xD0D0D0, ansi: nil, mono: .bold).with(.bold)
    case .accent: ink(isLight ? 0x005F87 : 0x5FD7FF, ansi: 14, mono: .bold).with(.bold)
    case .cursor: cursor
    case .key: ink(isLight ? 0x005F87 : 0x87D7FF, ansi: 14, mono: .bold)
    case .error: ink(isLight ? 0xAF0000 : 0xFF8787, ansi: 9, mono: .bold).with(.bold)
    case .warning: ink(isLight ? 0x875F00 : 0xFFD787, ansi: 11, mono: .bold)
    case .good: ink(isLight ? 0x005F5F : 0x87D7AF, ansi: 10, mono: [])
    case .bar: ink(isLight ? 0x5F5F87 : 0x8787AF, ansi: 4, mono: [])
    case .selection: selection
    }
  }

  /// A style made to stand out among its own kind.
  package func highlighted(_ style: Style) -> Style {
    depth == .mono || depth == .ansi16
      ? style.with(.reverse) : style.on(self.style(.selection)).with(.bold)
  }

  /// The colour of a concept, chosen apart under the common colour-blindnesses; its glyph
  /// (``Glyphs/mark(_:)``) tells it where colour does not.
  package func concept(_ index: Int) -> Style {
    let colors = isLight ? Self.onLight : Self.onDark
    let color = colors[index % colors.count]
    // A second round through the colours is told from the first by weight, too.
    let again: Style.Attributes = index / colors.count % 2 == 1 ? .bold : []
    return ink(color, ansi: Self.ansi[index % Self.ansi.count], mono: again).with(
      depth == .ansi16 && index / Self.ansi.count % 2 == 0 ? [] : again)
  }

  /// The colour of a concept, brighter the more there is of it (0...1): the dimmest can still be told
  /// from the ground. Where there are few colours weight says it.
  package func concept(_ index: Int, share: Float) -> Style {
    let step = Numbers.step(share, of: ConceptShades.steps)
    switch depth {
    case .direct, .palette256:
      let shades = isLight ? Self.shadesOnLight : Self.shadesOnDark
      return ink(shades[index % shades.count][step], ansi: nil, mono: []).with(
        concept(index).attributes)
    case .ansi16, .mono:
      if step == 0 { return concept(index).with(.dim) }
      return step == ConceptShades.steps - 1 ? concept(index).with(.bold) : concept(index)
    }
  }

  private static let shadesOnDark = onDark.map { ConceptShades.of($0, ground: 0) }
  private static let shadesOnLight = onLight.map { ConceptShades.of($0, ground: 0xFFFFFF) }

  /// What lies under a word that gave something to a score, or took from it: -1...1.
  package func tint(_ value: Float) -> Style {
    let size = abs(value)
    guard size >= 0.1 else { return style(.text) }
    let isStrong = size >= 0.4
    switch depth {
    case .mono, .ansi16: return Style(attributes: isStrong ? [.bold, .reverse] : .bold)
    case .direct, .palette256:
      let papers: [UInt32] =
        isLight
        ? [0xD7E7EF, 0x87AFD7, 0xFFD7D7, 0xFFAFAF] : [0x303A44, 0x005F87, 0x5F0000, 0x870000]
      let value = papers[(value > 0 ? 0 : 2) + (isStrong ? 1 : 0)]
      let letters = ink(isLight ? 0x080808 : 0xFFFFFF, ansi: nil, mono: [])
      return paper(isStrong ? letters.with(.bold) : letters, value, ansi: 0)
    }
  }

  /// The colour of a step on a scale of numbers, ever lighter on dark ground and darker on light;
  /// faint from `count` on, for what has no number.
  package func step(_ step: Int, of count: Int) -> Style {
    guard step >= 0, step < count else { return style(.faint) }
    let colors = isLight ? Self.rampOnLight : Self.rampOnDark
    let index = step * colors.count / count
    return ink(colors[index], ansi: Self.ansiRamp[index], mono: 2 * step >= count ? .bold : [])
  }

  /// The same on light ground as 0xRRGGBB, for pictures.
  package static func stepOnLight(_ step: Int, of count: Int) -> UInt32 {
    rampOnLight[max(0, min(rampOnLight.count - 1, step * rampOnLight.count / max(1, count)))]
  }

  /// What has nothing to say, on light ground.
  package static let paleOnLight: UInt32 = 0x9A9A9A

  private func ink(
    _ value: UInt32, ansi: UInt8?, mono: Style.Attributes, ansiAttributes: Style.Attributes = []
  ) -> Style {
    switch depth {
    case .direct: Style(foreground: .rgb(value))
    case .palette256: Style(foreground: .nearest256(value))
    case .ansi16:
      Style(foreground: ansi.map(Color.palette) ?? .standard, attributes: ansiAttributes)
    case .mono: Style(attributes: mono)
    }
  }

  private func paper(_ style: Style, _ value: UInt32, ansi: UInt8) -> Style {
    var style = style
    switch depth {
    case .direct: style.background = .rgb(value)
    case .palette256: style.background = .nearest256(value)
    case .ansi16: style.background = .palette(ansi)
    case .mono: style.attributes.formUnion(.reverse)
    }
    return style
  }

  private var cursor: Style {
    switch depth {
    case .mono: Style(attributes: [.bold, .reverse])
    default: paper(ink(0x080808, ansi: 0, mono: []).with(.bold), 0x5FD7FF, ansi: 6)
    }
  }

  private var selection: Style {
    switch depth {
    case .mono: Style(attributes: .reverse)
    case .ansi16: Style(attributes: .reverse)
    default: paper(.plain, isLight ? 0xD7E7EF : 0x303A44, ansi: 4)
    }
  }

  /// Okabe and Ito's eight, lightened for a dark background, then Tol's light scheme.
  private static let onDark: [UInt32] = [
    0xE69F00, 0x56B4E9, 0x00B98A, 0xF0E442, 0xCC79A7, 0xBBBBBB, 0xE8662B, 0x5C8DE8, 0xAAAA00,
    0xFFAABB, 0x99DDFF, 0xBBCC33,
  ]
  private static let onLight: [UInt32] = [
    0xB87400, 0x1F78B4, 0x007F5F, 0x8C7A00, 0xA8487E, 0x555555, 0xC44E12, 0x2A4FB0, 0x6B6B00,
    0xB8405E, 0x2B7A9E, 0x6E7F00,
  ]
  /// After matplotlib's viridis, without its darkest end.
  private static let rampOnDark: [UInt32] = [
    0x5F5FAF, 0x5F87AF, 0x00AFAF, 0x00AF87, 0x5FD75F, 0xAFD700, 0xFFD700, 0xFFFFAF,
  ]
  private static let rampOnLight: [UInt32] = [
    0xAF8700, 0x878700, 0x5F8700, 0x00875F, 0x005F87, 0x005F87, 0x3A3A87, 0x5F005F,
  ]
  private static let ansiRamp: [UInt8] = [4, 12, 6, 14, 2, 10, 11, 15]
  /// The first six are six hues: palettes of 16 differ most in those.
  private static let ansi: [UInt8] = [3, 12, 2, 6, 5, 9, 11, 4, 10, 13, 14, 1]
}
