import Foundation

/// The shape of a group's points: told apart without colour. The screens' marks are these, in this
/// order.
package enum Mark: String, CaseIterable, Sendable {
  case disc, triangle, square, diamond, star
  case ring, openTriangle, openSquare, openDiamond, openStar
  case downTriangle, openDownTriangle
  case leftHalfDisc, rightHalfDisc, leftTriangle, rightTriangle

  /// The mark of a group; they repeat after sixteen (``Shape/symbol(group:x:y:radius:opacity:)`` goes
  /// on with letters).
  package init(group: Int) {
    let all = Self.allCases
    self = all[((group % all.count) + all.count) % all.count]
  }

  package var isOpen: Bool {
    switch self {
    case .ring, .openTriangle, .openSquare, .openDiamond, .openStar, .openDownTriangle: true
    default: false
    }
  }

  /// The corners around (0, 0), such that all marks cover about the area of a disc of radius 1;
  /// empty for round ones.
  package var corners: [(x: Double, y: Double)] {
    switch self {
    case .disc, .ring: []
    case .triangle, .openTriangle: Self.star(points: 3, outer: 1.45, inner: nil, turn: -90)
    case .downTriangle, .openDownTriangle: Self.star(points: 3, outer: 1.45, inner: nil, turn: 90)
    case .leftTriangle: Self.star(points: 3, outer: 1.45, inner: nil, turn: 180)
    case .rightTriangle: Self.star(points: 3, outer: 1.45, inner: nil, turn: 0)
    case .leftHalfDisc: Self.halfDisc(from: 90)
    case .rightHalfDisc: Self.halfDisc(from: -90)
    case .square, .openSquare: Self.star(points: 4, outer: 1.27, inner: nil, turn: 45)
    case .diamond, .openDiamond: Self.star(points: 4, outer: 1.3, inner: nil, turn: 0)
    case .star, .openStar: Self.star(points: 5, outer: 1.6, inner: 0.72, turn: -90)
    }
  }

  private static func halfDisc(from start: Double) -> [(x: Double, y: Double)] {
    (0...12).map { step in
      let angle = (start + 15 * Double(step)) * .pi / 180
      // Its middle, not that of the whole disc, is at (0, 0).
      return (1.4 * cos(angle) + (start > 0 ? 0.6 : -0.6), 1.4 * sin(angle))
    }
  }

  private static func star(
    points: Int, outer: Double, inner: Double?, turn: Double
  ) -> [(x: Double, y: Double)] {
    let count = inner == nil ? points : 2 * points
    return (0..<count).map { index in
      let angle = (turn + 360 * Double(index) / Double(count)) * .pi / 180
      let radius = index % 2 == 1 ? inner ?? outer : outer
      return (radius * cos(angle), radius * sin(angle))
    }
  }
}

extension Shape {
  private static let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".map { $0 }

  /// What stands for a group in every picture, in its colour: the marks first, then letters, as on
  /// the screens. They repeat after 68.
  package static func symbol(
    group: Int, x: Double, y: Double, radius: Double, opacity: Double = 1
  ) -> Shape {
    let color = GroupColors.color(group)
    let marks = Mark.allCases.count
    let all = marks + letters.count
    let place = ((group % all) + all) % all
    guard place >= marks else {
      return .mark(
        Mark(group: place), x: x, y: y, radius: radius, color: color, opacity: opacity)
    }
    let size = 3.2 * radius
    return .text(
      String(letters[place - marks]), x: x, y: y + 0.36 * size, size: size, anchor: .middle,
      color: color, isBold: true)
  }
}

/// Colours of groups that stay apart under the common colour-blindnesses.
package enum GroupColors {
  /// On a white ground: Okabe and Ito's, darkened, then Tol's.
  static let onWhite: [UInt32] = [
    0xB87400, 0x1F78B4, 0x007F5F, 0x8C7A00, 0xA8487E, 0x555555, 0xC44E12, 0x2A4FB0, 0x6B6B00,
    0xB8405E, 0x2B7A9E, 0x6E7F00,
  ]

  /// The colour of a group: the screens' on light ground. They repeat after twelve, with other marks.
  package static func color(_ group: Int) -> UInt32 {
    onWhite[((group % onWhite.count) + onWhite.count) % onWhite.count]
  }
}
