/// DEC's sixel graphics (VT330/VT340 programmer reference, chapter 14): columns of six pixels as
/// characters, one colour after another.
package enum Sixel {
  /// The picture from the cursor on.
  package static func text(_ picture: IndexedRaster) -> String {
    var bytes = Array("\u{1B}P0;1;0q\"1;1;\(picture.width);\(picture.height)".utf8)
    for (index, color) in picture.colors.enumerated() {
      let parts = [color >> 16 & 0xFF, color >> 8 & 0xFF, color & 0xFF].map {
        "\(($0 * 100 + 127) / 255)"
      }
      bytes += Array("#\(index);2;\(parts.joined(separator: ";"))".utf8)
    }
    for top in stride(from: 0, to: picture.height, by: 6) {
      band(top, picture, into: &bytes)
      bytes.append(UInt8(ascii: "-"))
    }
    return String(decoding: bytes, as: UTF8.self) + "\u{1B}\\"
  }

  /// Six lines: every colour's bits over the whole width, each colour from the left again, over those
  /// before it. Where a later colour is drawn anyway an earlier one may be, too, so that its bits stay the
  /// same for longer: the ground is one run, and marks are drawn over it.
  private static func band(_ top: Int, _ picture: IndexedRaster, into bytes: inout [UInt8]) {
    let width = picture.width
    let lines = min(6, picture.height - top)
    var masks: [[UInt8]] = Array(repeating: [], count: picture.colors.count)
    for line in 0..<lines {
      for x in 0..<width {
        let color = Int(picture.indices[(top + line) * width + x])
        if masks[color].isEmpty { masks[color] = Array(repeating: 0, count: width) }
        masks[color][x] |= 1 << UInt8(line)
      }
    }
    var isDrawn = [UInt8](repeating: 0, count: width)
    var isFirst = true
    for (color, mask) in masks.enumerated() where !mask.isEmpty {
      if !isFirst { bytes.append(UInt8(ascii: "$")) }
      isFirst = false
      bytes += Array("#\(color)".utf8)
      // The bits that a run must have, and those that it must not.
      var (wanted, barred, count): (UInt8, UInt8, Int) = (0, 0, 0)
      for x in 0..<width {
        if (wanted | mask[x]) & (barred | isDrawn[x]) != 0 {
          put(wanted, count, into: &bytes)
          (wanted, barred, count) = (0, 0, 0)
        }
        wanted |= mask[x]
        barred |= isDrawn[x]
        count += 1
        isDrawn[x] |= mask[x]
      }
      // What is empty up to the end needs no word.
      if wanted != 0 { put(wanted, count, into: &bytes) }
    }
  }

  private static func put(_ bits: UInt8, _ count: Int, into bytes: inout [UInt8]) {
    let character = 0x3F + bits
    if count > 3 {
      bytes += Array("!\(count)".utf8) + [character]
    } else {
      for _ in 0..<count { bytes.append(character) }
    }
  }
}
