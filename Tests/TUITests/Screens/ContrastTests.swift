import Foundation
import SeerProjection
import SeerWidgets
import Testing

/// Text and marks can be read on black and on white (WCAG 2: 4.5 to 1 and 3 to 1).
@Suite struct ContrastTests {
  private func luminance(_ value: UInt32) -> Double {
    func linear(_ part: UInt32) -> Double {
      let share = Double(part & 0xFF) / 255
      return share <= 0.03928 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(value >> 16) + 0.7152 * linear(value >> 8) + 0.0722 * linear(value)
  }

  private func contrast(_ a: UInt32, _ b: UInt32) -> Double {
    let (a, b) = (luminance(a), luminance(b))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  /// 0xRRGGBB of a style's letters; nil where they are the terminal's own.
  private func ink(_ style: Style) -> UInt32? { value(style.foreground) }

  private func value(_ color: Color) -> UInt32? {
    if color == .standard { return nil }
    if color.code >= 1 << 24 { return UInt32(color.code & 0xFF_FFFF) }
    let (red, green, blue) = Color.components(UInt8(color.code))
    return UInt32(red << 16 | green << 8 | blue)
  }

  /// Words that gave something to a score stand on a ground of their own.
  @Test(arguments: [true, false], [ColorDepth.direct, .palette256])
  func tintedWords(isLight: Bool, depth: ColorDepth) throws {
    let theme = Theme(depth: depth, isLight: isLight)
    #expect(theme.tint(0.05) == theme.style(.text))
    var grounds: Set<UInt32> = []
    for share: Float in [-1, -0.2, 0.2, 1] {
      let style = theme.tint(share)
      let letters = try #require(ink(style))
      let paper = try #require(value(style.background))
      #expect(contrast(letters, paper) >= 4.5, "\(share): \(contrast(letters, paper))")
      grounds.insert(paper)
    }
    #expect(grounds.count == 4)
  }

  @Test(arguments: [true, false], [ColorDepth.direct, .palette256])
  func textAndMarks(isLight: Bool, depth: ColorDepth) {
    let theme = Theme(depth: depth, isLight: isLight)
    let ground: UInt32 = isLight ? 0xFFFFFF : 0
    // Lines of frames and what lies under letters are no text.
    let roles = Theme.Role.allCases.filter {
      ![.border, .focusedBorder, .cursor, .selection].contains($0)
    }
    for role in roles {
      guard let ink = ink(theme.style(role)) else { continue }
      #expect(contrast(ink, ground) >= 4.5, "\(role): \(contrast(ink, ground))")
    }
    for concept in 0..<12 {
      guard let ink = ink(theme.concept(concept)) else { continue }
      #expect(contrast(ink, ground) >= 3, "concept \(concept): \(contrast(ink, ground))")
    }
    for concept in 0..<12 {
      for share: Float in [0, 0.3, 0.6, 0.9] {
        guard let ink = ink(theme.concept(concept, share: share)) else { continue }
        #expect(contrast(ink, ground) >= 3, "\(concept) at \(share): \(contrast(ink, ground))")
      }
    }
    for step in 0..<8 {
      guard let ink = ink(theme.step(step, of: 8)) else { continue }
      #expect(contrast(ink, ground) >= 3, "step \(step): \(contrast(ink, ground))")
    }
  }

  /// Six concepts in sixteen colours: no two of one hue.
  @Test func sixConceptsInSixteenColours() {
    let theme = Theme(depth: .ansi16)
    let hues = (0..<6).compactMap { theme.concept($0).foreground.code }.map { code -> Double in
      let (red, green, blue) = Color.components(UInt8(code))
      let (r, g, b) = (Double(red), Double(green), Double(blue))
      return atan2(3.0.squareRoot() * (g - b), 2 * r - g - b) * 180 / .pi
    }
    for first in 0..<6 {
      for second in 0..<first {
        let apart = abs(hues[first] - hues[second])
        #expect(min(apart, 360 - apart) >= 15, "\(first) and \(second)")
      }
    }
  }
}
