import Foundation

extension Picture {
  /// The picture as an SVG document, with a title for those who cannot see it.
  package func svg(title: String = "") -> String {
    let (width, height) = (Self.number(width), Self.number(height))
    var text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
      + "viewBox=\"0 0 \(width) \(height)\" font-family=\"Helvetica, Arial, sans-serif\">\n"
    if !title.isEmpty { text += "<title>\(Self.escaped(title))</title>\n" }
    text += "<rect width=\"100%\" height=\"100%\" fill=\"\(Self.hex(ground))\"/>\n"
    for shape in shapes { text += Self.element(shape) }
    return text + "</svg>\n"
  }

  static func element(_ shape: Shape) -> String {
    switch shape {
    case .mark(let mark, let x, let y, let radius, let color, let opacity):
      let faint = opacity < 1 ? " opacity=\"\(number(opacity))\"" : ""
      let paint =
        mark.isOpen
        ? "fill=\"none\" stroke=\"\(hex(color))\" stroke-width=\"\(number(radius * 0.4))\""
        : "fill=\"\(hex(color))\""
      if mark.corners.isEmpty {
        return "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\" \(paint)"
          + "\(faint)/>\n"
      }
      let points = mark.corners.map { "\(number(x + $0.x * radius)),\(number(y + $0.y * radius))" }
      return "<polygon points=\"\(points.joined(separator: " "))\" \(paint)\(faint)/>\n"
    case .line(let x1, let y1, let x2, let y2, let color, let width):
      return "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" "
        + "y2=\"\(number(y2))\" stroke=\"\(hex(color))\" stroke-width=\"\(number(width))\"/>\n"
    case .curve(let points, let color, let width):
      let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
      return "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(hex(color))\" "
        + "stroke-width=\"\(number(width))\" stroke-linejoin=\"round\"/>\n"
    case .frame(let x, let y, let width, let height, let color, let lineWidth):
      return "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" "
        + "height=\"\(number(height))\" fill=\"none\" stroke=\"\(hex(color))\" "
        + "stroke-width=\"\(number(lineWidth))\"/>\n"
    case .text(let text, let x, let y, let size, let anchor, let color, let isBold):
      let place = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
      let weight = isBold ? " font-weight=\"bold\"" : ""
      return "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(number(size))\" "
        + "fill=\"\(hex(color))\"\(place)\(weight)>\(escaped(text))</text>\n"
    }
  }

  package static func hex(_ color: UInt32) -> String {
    let digits = String(color & 0xFFFFFF, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  /// Two decimals, and none that are not needed.
  /// - Parameter digits: after the point, at most.
  static func number(_ value: Double, digits: Int) -> String {
    var text = String(format: "%.\(digits)f", max(-1e9, min(1e9, value)))
    while text.hasSuffix("0") { text.removeLast() }
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  package static func number(_ value: Double) -> String {
    let hundredths = Int((max(-1e9, min(1e9, value)) * 100).rounded())
    let sign = hundredths < 0 ? "-" : ""
    let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
    if rest == 0 { return "\(sign)\(whole)" }
    return rest % 10 == 0
      ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// Text that XML allows: markup escaped, control characters as spaces.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default:
        let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        let isForbidden = scalar.value == 0xFFFE || scalar.value == 0xFFFF
        result.unicodeScalars.append(isControl || isForbidden ? " " : scalar)
      }
    }
    return result
  }
}
