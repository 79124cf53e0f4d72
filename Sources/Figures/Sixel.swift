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

  /// Six lines: every colour's bits over the whole width, each colour from the left again.
  private static func band(_ top: Int, _ picture: IndexedRaster, into bytes: inout [UInt8]) {
    let (width, indices) = (picture.width, picture.indices)
    let lines = min(6, picture.height - top)
    var isUsed = [Bool](repeating: false, count: picture.colors.count)
    for place in top * width..<(top + lines) * width { isUsed[Int(indices[place])] = true }
    var isFirst = true
    for color in picture.colors.indices where isUsed[color] {
      if !isFirst { bytes.append(UInt8(ascii: "$")) }
      isFirst = false
      bytes += Array("#\(color)".utf8)
      var (last, count): (UInt8, Int) = (0, 0)
      for x in 0..<width {
        var bits: UInt8 = 0
        for line in 0..<lines where indices[(top + line) * width + x] == UInt8(color) {
          bits |= 1 << UInt8(line)
        }
        if bits != last {
          put(last, count, into: &bytes)
          (last, count) = (bits, 0)
        }
        count += 1
      }
      // What is empty up to the end needs no word.
      if last != 0 { put(last, count, into: &bytes) }
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
