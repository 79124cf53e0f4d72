extension Surface {
  /// The screen with its colours as an SVG picture, on a dark or a light ground.
  package func svg(isLight: Bool = false) -> String {
    let paint = ScreenPaint(size: size, isLight: isLight)
    return paint.head + (0..<size.height).map { paint.line($0, of: self) }.joined() + "</svg>\n"
  }

  fileprivate struct Run {
    var x: Int
    var width: Int
    var style: Style
    var text: String
  }

  fileprivate func runs(_ y: Int) -> [Run] {
    var runs: [Run] = []
    for x in 0..<size.width {
      let cell = self[x, y]
      if cell.isRightHalf {
        runs[runs.count - 1].width += 1
        continue
      }
      var text = String(cell.scalar)
      for mark in [cell.firstMark, cell.secondMark] where mark != 0 {
        if let scalar = Unicode.Scalar(mark) { text.unicodeScalars.append(scalar) }
      }
      // Blanks at the start of a run would be squeezed by some viewers.
      if let last = runs.last, last.style == cell.style, (cell.scalar == " ") == last.isBlank {
        runs[runs.count - 1].text += text
        runs[runs.count - 1].width += 1
      } else {
        runs.append(Run(x: x, width: 1, style: cell.style, text: text))
      }
    }
    return runs
  }
}

extension Surface.Run {
  fileprivate var isBlank: Bool { text.last == " " }
}

/// How screens of a size are drawn as SVG.
///
/// One text element for each run of equal style, placed by column, so that fonts with other widths
/// cannot shift the rest of a line.
struct ScreenPaint {
  private let size: Size
  private let ground: String
  private let ink: String
  /// Whether what only guards against odd fonts and viewers is left out, a third of the bytes.
  private let isCompact: Bool
  private static let cellWidth = 8.4
  private static let cellHeight = 17.0

  init(size: Size, isLight: Bool, isCompact: Bool = false) {
    self.size = size
    self.isCompact = isCompact
    ground = isLight ? "#ffffff" : "#16181d"
    ink = isLight ? "#1f2328" : "#d6d9de"
  }

  /// What stands before the lines.
  var head: String {
    let width = Int((Double(size.width) * Self.cellWidth + 16).rounded(.up))
    let height = Int((Double(size.height) * Self.cellHeight + 16).rounded(.up))
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
      + "viewBox=\"0 0 \(width) \(height)\" " + (isCompact ? "xml:space=\"preserve\" " : "")
      + "font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\">\n"
      + "<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"\(ground)\"/>\n"
  }

  /// A line of a screen; the empty text where there is nothing to see.
  func line(_ y: Int, of surface: Surface) -> String {
    var result = ""
    for run in surface.runs(y) {
      let colors = Self.colors(run.style, ink: ink, ground: ground)
      let x = 8 + Double(run.x) * Self.cellWidth
      let top = 8 + Double(y) * Self.cellHeight
      let width = Self.number(Double(run.width) * Self.cellWidth)
      if let background = colors.background {
        result +=
          "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(top))\" width=\"\(width)\" "
          + "height=\"\(Self.number(Self.cellHeight))\" fill=\"\(background)\"/>\n"
      }
      guard run.text.contains(where: { $0 != " " }) else { continue }
      let space = isCompact ? "" : "xml:space=\"preserve\" "
      let length = isCompact && run.width == 1 ? "" : " textLength=\"\(width)\""
      result +=
        "<text \(space)x=\"\(Self.number(x))\" y=\"\(Self.number(top + 13))\"\(length) "
        + "fill=\"\(colors.foreground)\""
        + (run.style.attributes.contains(.bold) ? " font-weight=\"bold\"" : "")
        + (run.style.attributes.contains(.dim) ? " opacity=\"0.6\"" : "")
        + ">\(Self.escaped(run.text))</text>\n"
    }
    return result
  }

  private static func colors(
    _ style: Style, ink: String, ground: String
  ) -> (foreground: String, background: String?) {
    let foreground = hex(style.foreground) ?? ink
    let background = hex(style.background)
    guard style.attributes.contains(.reverse) else { return (foreground, background) }
    return (background ?? ground, foreground)
  }

  private static func hex(_ color: Color) -> String? {
    let value: UInt32
    if let direct = color.directValue {
      value = direct
    } else if let index = color.paletteIndex {
      let (red, green, blue) = Color.components(index)
      value = UInt32(red << 16 | green << 8 | blue)
    } else {
      return nil
    }
    let digits = String(value, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  private static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
