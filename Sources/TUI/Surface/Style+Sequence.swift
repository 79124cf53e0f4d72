extension Color {
  /// 0xRRGGBB, the usual one of a palette's entry; nil: the terminal's own.
  package var components: UInt32? {
    if let direct = directValue { return direct }
    guard let paletteIndex else { return nil }
    let (red, green, blue) = Color.components(paletteIndex)
    return UInt32(red << 16 | green << 8 | blue)
  }

  fileprivate func parameters(_ first: Int) -> String {
    if let direct = directValue {
      return ";\(first);2;\(direct >> 16 & 0xFF);\(direct >> 8 & 0xFF);\(direct & 0xFF)"
    }
    return paletteIndex.map { ";\(first);5;\($0)" } ?? ""
  }
}

extension Style {
  /// The sequence (SGR) that makes text look like this, whatever was before.
  package var sequence: String {
    let marks = [(Attributes.bold, ";1"), (.dim, ";2"), (.reverse, ";7")]
    return "\u{1B}[0" + marks.filter { attributes.contains($0.0) }.map(\.1).joined()
      + foreground.parameters(38) + background.parameters(48) + "m"
  }
}
