import Foundation

/// Pictures in Kitty's graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol).
package enum KittyGraphics {
  /// The longest piece of a picture in one sequence.
  private static let longest = 4096

  /// Shows a PNG file on cells from the cursor on, beneath the text; one of the same number goes.
  ///
  /// - Parameter number: from 1.
  package static func show(_ png: [UInt8], number: Int, on cells: Size) -> String {
    let text = Array(Data(png).base64EncodedString().utf8)
    var sequences = ""
    for start in stride(from: 0, to: max(1, text.count), by: longest) {
      let piece = text[start..<min(text.count, start + longest)]
      let more = start + longest < text.count ? 1 : 0
      // Quiet, the cursor left where it is.
      let keys =
        start == 0
        ? "a=T,f=100,i=\(number),p=1,c=\(cells.width),r=\(cells.height),z=-1,C=1,q=2,m=\(more)"
        : "m=\(more)"
      sequences += "\u{1B}_G\(keys);\(String(decoding: piece, as: UTF8.self))\u{1B}\\"
    }
    return sequences
  }

  /// Takes a picture off the screen.
  package static func remove(number: Int) -> String {
    "\u{1B}_Ga=d,d=I,i=\(number),q=2\u{1B}\\"
  }
}
