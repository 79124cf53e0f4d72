import Foundation

/// A plain font of strokes for PNG files, drawn for this program: Latin letters, digits, signs.
/// Letters with marks lose their marks; anything else is an empty box.
///
/// A glyph is a few strokes, each a list of points in half units: x 0 to c, y 0 (top of capitals),
/// 4 (top of small letters), c (baseline), g (lowest), written in base 36. A stroke that begins
/// with ~ is smooth; one that ends where it began is closed.
package enum StrokeFont {
  /// How wide a text is at a size, in the size's unit.
  package static func width(_ text: String, size: Double) -> Double {
    scalars(text).reduce(0) { $0 + advance($1, size: size) }
  }

  /// The scalars that are drawn: letters without their marks.
  package static func scalars(_ text: String) -> [Unicode.Scalar] {
    text.decomposedStringWithCanonicalMapping.unicodeScalars.filter {
      !(0x300...0x36F).contains($0.value) && $0.value >= 0x20
    }
  }

  package static func advance(_ scalar: Unicode.Scalar, size: Double) -> Double {
    if scalar == " " { return 0.3 * size }
    let right = strokes(scalar).flatMap(\.points).map(\.x).max() ?? 0
    return (right * xUnit + 0.14) * size
  }

  /// The lines of a glyph whose left end is at x and whose baseline is at y.
  package static func lines(
    _ scalar: Unicode.Scalar, x: Double, y: Double, size: Double
  ) -> [[(x: Double, y: Double)]] {
    strokes(scalar).map { stroke in
      let points = stroke.isSmooth ? smoothed(stroke.points) : stroke.points
      return points.map {
        (x + (0.07 + $0.x * xUnit) * size, y + ($0.y - baseline) * yUnit * size)
      }
    }
  }

  private static let xUnit = 0.056
  private static let yUnit = 0.06
  private static let baseline = 12.0

  package struct Stroke: Equatable {
    var isSmooth: Bool
    package var points: [SIMD2<Double>]
  }

  private static let table: [Unicode.Scalar: [Stroke]] = {
    var table: [Unicode.Scalar: [Stroke]] = [:]
    for (scalar, text) in glyphs { table[scalar] = text.split(separator: " ").map(parse) }
    return table
  }()

  private static let box = [parse("00707c0c00")]

  package static func strokes(_ scalar: Unicode.Scalar) -> [Stroke] {
    scalar == " " ? [] : table[scalar] ?? box
  }

  private static func parse(_ text: Substring) -> Stroke {
    let digits = text.drop { $0 == "~" }.map {
      Double($0.isASCII ? Int(String($0), radix: 36) ?? 0 : 0)
    }
    let points = stride(from: 0, to: digits.count - 1, by: 2).map {
      SIMD2(digits[$0], digits[$0 + 1])
    }
    return Stroke(isSmooth: text.hasPrefix("~"), points: points)
  }

  /// Corners cut three times (Chaikin 1974): a quadratic spline in the end.
  private static func smoothed(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
    guard points.count > 2, let first = points.first, let last = points.last else { return points }
    let isClosed = first == last
    var points = points
    for _ in 0..<3 {
      var cut: [SIMD2<Double>] = isClosed ? [] : [first]
      for index in 1..<points.count {
        let (a, b) = (points[index - 1], points[index])
        cut.append(0.75 * a + 0.25 * b)
        cut.append(0.25 * a + 0.75 * b)
      }
      if isClosed { cut.append(cut[0]) } else { cut.append(last) }
      points = cut
    }
    return points
  }

  private static let glyphs: [(Unicode.Scalar, String)] = [
    ("a", "~04848c0c04 848c"), ("b", "000c ~04848c0c04"), ("c", "~8664040c6c8a"),
    ("d", "808c ~04848c0c04"), ("e", "0888 ~8884040c6c8a"), ("f", "~602025 252c 0454"),
    ("g", "~04848c0c04 ~848g1g0e"), ("h", "000c ~07048489 898c"), ("i", "040c 0001"),
    ("j", "~242g0g 2021"), ("k", "000c 7409 377c"), ("l", "000c"),
    ("m", "040c ~07046469 696c ~6764c4c9 c9cc"), ("n", "040c ~07048489 898c"),
    ("o", "~04848c0c04"), ("p", "040g ~04848c0c04"), ("q", "848g ~04848c0c04"),
    ("r", "040c ~070464"), ("s", "~75640408787c1c0b"), ("t", "2129 ~292c6c 0464"),
    ("u", "0409 ~090c8c89 848c"), ("v", "044c84"), ("w", "043c659cc4"), ("x", "047c 740c"),
    ("y", "044c 842g"), ("z", "04740c7c"),
    ("A", "0c408c 1878"), ("B", "000c 0040 ~40707646 0646 ~46868c4c 0c4c"),
    ("C", "~8370000c7c89"), ("D", "000c 0030 ~30808c3c 0c3c"), ("E", "70000c7c 0666"),
    ("F", "70000c 0666"), ("G", "~8370000c8c87 8747"), ("H", "000c 808c 0686"), ("I", "000c"),
    ("J", "6069 ~696c0c09"), ("K", "000c 8007 358c"), ("L", "000c7c"), ("M", "0c0058a0ac"),
    ("N", "0c008c80"), ("O", "~00909c0c00"), ("P", "0c00 0040 ~40808747 0747"),
    ("Q", "~00909c0c00 599d"), ("R", "0c00 0040 ~40808646 0646 468c"),
    ("S", "~82700006868c1c0a"), ("T", "0080 404c"), ("U", "0008 ~080c8c88 8088"),
    ("V", "004c80"), ("W", "003c619cc0"), ("X", "008c 800c"), ("Y", "004680 464c"),
    ("Z", "00800c8c"),
    ("0", "~00707c0c00"), ("1", "12303c"), ("2", "~03007074 740c7c"),
    ("3", "~0200707636 ~36767c0c0a"), ("4", "600888 606c"), ("5", "700005 ~05747c0c0a"),
    ("6", "~600208 ~05757c0c05"), ("7", "00703c"), ("8", "~0070760600 ~06767c0c06"),
    ("9", "~0070770700 ~747a1c"),
    (".", "0b0c"), (",", "1b0e"), (":", "0506 0b0c"), (";", "1516 1b0e"), ("!", "0008 0b0c"),
    ("?", "~020070753738 3b3c"), ("-", "0747"), ("_", "0d8d"), ("+", "0787 434b"),
    ("=", "0585 0989"), ("/", "0e60"), ("\\", "006e"), ("(", "~30030b3e"), (")", "~00333b0e"),
    ("[", "20000e2e"), ("]", "00202e0e"), ("{", "~30101707 ~07171e3e"),
    ("}", "~00202737 ~37272e0e"), ("<", "73077b"), (">", "03770b"),
    ("%", "0c70 ~0030340400 ~48787c4c48"), ("#", "201c 605c 0484 0888"),
    ("*", "3036 0165 6105"), ("&", "~8c106063070c5c87"), ("@", "~8c0c0080895969 ~3555583835"),
    ("'", "0003"), ("\"", "0003 3033"), ("`", "0023"), ("^", "043064"), ("~", "~08264886"),
    ("|", "000e"), ("$", "~82700006868c1c0a 404c"), ("\u{2192}", "0787 54875a"),
    ("\u{B7}", "0607"), ("\u{2013}", "0767"), ("\u{2014}", "0797"),
    ("\u{2026}", "0b0c 4b4c 8b8c"), ("\u{D7}", "147a 741a"), ("\u{B0}", "~0030330300"),
    ("\u{2019}", "0003"), ("\u{B1}", "0585 414a 0c8c"),
  ]
}
