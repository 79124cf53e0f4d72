/// The name of a group on a panel, at a point in the panel's own units.
package struct PanelLabel: Equatable, Sendable {
  package var text: String
  package var point: SIMD2<Float>
  package var group: Int

  package init(_ text: String, at point: SIMD2<Float>, group: Int) {
    self.text = text
    self.point = point
    self.group = group
  }
}

extension ScatterPanel {
  /// The middle of every group that has points: the median of each coordinate, which a few far
  /// points do not move. Ascending groups; O(points log points).
  package func medians() -> [(group: Int, point: SIMD2<Float>)] {
    var members: [Int: [Int]] = [:]
    for (index, group) in groups.enumerated()
    where group >= 0 && points[index].x.isFinite && points[index].y.isFinite {
      members[group, default: []].append(index)
    }
    return members.sorted { $0.key < $1.key }.map { group, rows in
      func median(_ axis: Int) -> Float {
        let values = rows.map { points[$0][axis] }.sorted()
        return values[values.count / 2]
      }
      return (group, SIMD2(median(0), median(1)))
    }
  }
}

/// Labels on a square panel, on white strips of their own; one that finds no free place near its
/// point is left out, for the legend has it.
package struct PanelLabels {
  package let x: Double
  package let y: Double
  package let side: Double
  private var taken: [(x: Double, y: Double, width: Double)] = []

  private static let size = 11.0
  private static let height = 14.0

  package init(x: Double, y: Double, side: Double) {
    self.x = x
    self.y = y
    self.side = side
  }

  /// - Parameter place: where on the panel, -1...1 along each axis, y upwards.
  package mutating func draw(_ label: PanelLabel, at place: SIMD2<Float>, on picture: inout Picture)
  {
    guard abs(place.x) <= 1, abs(place.y) <= 1 else { return }
    let text = StrokeFont.fitted(label.text, width: side / 2, size: Self.size)
    let width = StrokeFont.width(text, size: Self.size) + 6
    let centre = x + side / 2 * (1 + Double(place.x))
    let middle = y + side / 2 * (1 - Double(place.y))
    let left = min(max(centre - width / 2, x + 1), x + side - 1 - width)
    for shift in [0, 1, -1, 2, -2, 3, -3, 4, -4] {
      let top = middle + Double(shift) * Self.height - Self.height / 2
      guard top > y, top + Self.height < y + side,
        !taken.contains(where: {
          abs($0.y - top) < Self.height - 0.5 && left < $0.x + $0.width && $0.x < left + width
        })
      else { continue }
      taken.append((left, top, width))
      let line = top + Self.height / 2
      picture.add(
        .line(
          x1: left, y1: line, x2: left + width, y2: line, color: picture.ground,
          width: Self.height - 1))
      picture.add(
        .text(
          text, x: left + width / 2, y: line + 4, size: Self.size, anchor: .middle,
          color: GroupColors.color(label.group), isBold: true))
      return
    }
  }
}
