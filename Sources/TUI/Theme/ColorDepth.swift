import LinearAlgebra

/// How many colours the terminal has; each step down keeps the meaning with fewer means.
package enum ColorDepth: String, CaseIterable, Sendable {
  case direct
  case palette256 = "256"
  case ansi16 = "16"
  case mono

  /// - Parameter colors: what terminfo says; below 8 there are none.
  package static func detected(colors: Int, isDirect: Bool, environment: [String: String])
    -> ColorDepth
  {
    // https://no-color.org: present and not empty.
    if environment["NO_COLOR"].map({ !$0.isEmpty }) ?? false { return .mono }
    if isDirect { return .direct }
    if colors >= 256 { return .palette256 }
    return colors >= 8 ? .ansi16 : .mono
  }
}

extension Color {
  /// The entry of the 256-colour cube and its greys nearest to 0xRRGGBB (the 16 named colours
  /// are left out: users redefine them).
  static func nearest256(_ value: UInt32) -> Color {
    // Asked for with the few colours of a theme, for every cell of a frame.
    known256.withLock { known in
      if let color = known[value] { return color }
      let color = findNearest256(value)
      known[value] = color
      return color
    }
  }

  private static let known256 = Locked<[UInt32: Color]>([:])

  private static func findNearest256(_ value: UInt32) -> Color {
    let red = Int(value >> 16 & 0xFF)
    let green = Int(value >> 8 & 0xFF)
    let blue = Int(value & 0xFF)
    var best = (distance: Int.max, index: 16)
    for index in 16...255 {
      let (r, g, b) = components(UInt8(index))
      let distance =
        2 * (r - red) * (r - red) + 4 * (g - green) * (g - green) + 3 * (b - blue) * (b - blue)
      if distance < best.distance { best = (distance, index) }
    }
    return .palette(UInt8(best.index))
  }

  /// The usual red, green and blue (0...255) of a palette entry.
  package static func components(_ index: UInt8) -> (Int, Int, Int) {
    let index = Int(index)
    if index < 16 {
      let named: [UInt32] = [
        0x000000, 0xCD3131, 0x0DBC79, 0xE5E510, 0x2472C8, 0xBC3FBC, 0x11A8CD, 0xE5E5E5,
        0x666666, 0xF14C4C, 0x23D18B, 0xF5F543, 0x3B8EEA, 0xD670D6, 0x29B8DB, 0xFFFFFF,
      ]
      let value = named[index]
      return (Int(value >> 16), Int(value >> 8 & 0xFF), Int(value & 0xFF))
    }
    if index >= 232 {
      let grey = 8 + (index - 232) * 10
      return (grey, grey, grey)
    }
    let levels = [0, 95, 135, 175, 215, 255]
    let cube = index - 16
    return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
  }
}
