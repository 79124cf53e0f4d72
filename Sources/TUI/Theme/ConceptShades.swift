import Foundation

/// Shades of one colour that can all be told from the ground, the one nearest to it first.
enum ConceptShades {
  static let steps = 4
  /// WCAG 2 asks marks for 3.
  private static let leastContrast = 3.3

  static func of(_ color: UInt32, ground: UInt32) -> [UInt32] {
    /// Also where a palette has only something near it.
    func canBeTold(_ shade: UInt32) -> Bool {
      contrast(shade, ground) >= leastContrast && contrast(inPalette(shade), ground) >= 3
    }
    let dim =
      stride(from: 0.7, through: 0.05, by: -0.05).lazy.map { mixed(color, ground, $0) }
      .first(where: canBeTold) ?? color
    let middle = mixed(dim, color, 0.6)
    let far: UInt32 = ground == 0 ? 0xFFFFFF : 0
    return [dim, canBeTold(middle) ? middle : color, color, mixed(color, far, 0.35)]
  }

  private static func inPalette(_ color: UInt32) -> UInt32 {
    guard let index = Color.nearest256(color).paletteIndex else { return color }
    let (red, green, blue) = Color.components(index)
    return UInt32(red << 16 | green << 8 | blue)
  }

  private static func parts(_ color: UInt32) -> [Double] {
    [16, 8, 0].map { Double(color >> $0 & 0xFF) }
  }

  private static func mixed(_ a: UInt32, _ b: UInt32, _ share: Double) -> UInt32 {
    zip(parts(a), parts(b)).reduce(0) { sum, pair in
      sum << 8 | UInt32((pair.0 + (pair.1 - pair.0) * share).rounded())
    }
  }

  private static func contrast(_ a: UInt32, _ b: UInt32) -> Double {
    func luminance(_ color: UInt32) -> Double {
      zip(parts(color), [0.2126, 0.7152, 0.0722]).reduce(0) { sum, pair in
        let share = pair.0 / 255
        return sum + pair.1 * (share <= 0.03928 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4))
      }
    }
    let (a, b) = (luminance(a), luminance(b))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }
}
