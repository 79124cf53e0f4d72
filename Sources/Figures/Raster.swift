/// Pixels that shapes are blended into, with soft edges.
package struct Raster {
  package let width: Int
  package let height: Int
  /// Red, green, blue of every pixel, row by row.
  package private(set) var bytes: [UInt8]
  /// The steps in which an edge goes over into what is beneath; nil: as many as there are.
  private let steps: Double?

  package init(width: Int, height: Int, ground: UInt32, steps: Int? = nil) {
    self.width = width
    self.height = height
    self.steps = steps.map(Double.init)
    bytes = [UInt8](repeating: 0, count: width * height * 3)
    for pixel in 0..<width * height {
      bytes[pixel * 3] = UInt8(ground >> 16 & 0xFF)
      bytes[pixel * 3 + 1] = UInt8(ground >> 8 & 0xFF)
      bytes[pixel * 3 + 2] = UInt8(ground & 0xFF)
    }
  }

  /// Blends a colour over the pixels whose centres are in a box, as much as `coverage` (0...1)
  /// says of each centre.
  private mutating func blend(
    _ color: UInt32, opacity: Double, x: ClosedRange<Double>, y: ClosedRange<Double>,
    _ coverage: (_ x: Double, _ y: Double) -> Double
  ) {
    guard x.upperBound >= 0, y.upperBound >= 0, x.lowerBound < Double(width),
      y.lowerBound < Double(height)
    else { return }
    let columns = Int(max(0, x.lowerBound))...Int(min(Double(width - 1), x.upperBound))
    let lines = Int(max(0, y.lowerBound))...Int(min(Double(height - 1), y.upperBound))
    let parts = [Double(color >> 16 & 0xFF), Double(color >> 8 & 0xFF), Double(color & 0xFF)]
    for line in lines {
      for column in columns {
        var share = coverage(Double(column) + 0.5, Double(line) + 0.5)
        if let steps { share = (share * steps).rounded() / steps }
        share *= opacity
        guard share > 0 else { continue }
        let start = (line * width + column) * 3
        for part in 0..<3 {
          let old = Double(bytes[start + part])
          bytes[start + part] = UInt8(max(0, min(255, old + (parts[part] - old) * share + 0.5)))
        }
      }
    }
  }

  package mutating func disc(
    x: Double, y: Double, radius: Double, color: UInt32, opacity: Double
  ) {
    let reach = radius + 1
    blend(color, opacity: opacity, x: x - reach...x + reach, y: y - reach...y + reach) {
      max(0, min(1, radius + 0.5 - distance($0 - x, $1 - y)))
    }
  }

  package mutating func ring(
    x: Double, y: Double, radius: Double, width: Double, color: UInt32, opacity: Double
  ) {
    let reach = radius + width
    blend(color, opacity: opacity, x: x - reach...x + reach, y: y - reach...y + reach) {
      max(0, min(1, width / 2 + 0.5 - abs(distance($0 - x, $1 - y) - radius)))
    }
  }

  /// A polygon, filled where a ray crosses its edges an odd number of times; 16 samples a pixel.
  package mutating func polygon(_ corners: [(x: Double, y: Double)], color: UInt32, opacity: Double)
  {
    guard let box = box(corners, margin: 1) else { return }
    blend(color, opacity: opacity, x: box.x, y: box.y) { x, y in
      var inside = 0
      for sample in 0..<16 {
        let px = x + (Double(sample % 4) - 1.5) / 4
        let py = y + (Double(sample / 4) - 1.5) / 4
        var isInside = false
        var previous = corners[corners.count - 1]
        for corner in corners {
          if (corner.y > py) != (previous.y > py),
            px < (previous.x - corner.x) * (py - corner.y) / (previous.y - corner.y) + corner.x
          {
            isInside.toggle()
          }
          previous = corner
        }
        if isInside { inside += 1 }
      }
      return Double(inside) / 16
    }
  }

  /// Lines with round ends, blended once however often they cross.
  package mutating func strokes(
    _ lines: [[(x: Double, y: Double)]], width: Double, color: UInt32, opacity: Double
  ) {
    guard let box = box(lines.flatMap { $0 }, margin: width + 1) else { return }
    // A line thinner than a pixel is as faint as it is thin.
    let radius = max(width, 1) / 2
    let strength = opacity * min(1, width)
    blend(color, opacity: strength, x: box.x, y: box.y) { x, y in
      var nearest = Double.infinity
      for line in lines {
        for index in 1..<max(1, line.count) {
          nearest = min(nearest, segmentDistance(x, y, line[index - 1], line[index]))
        }
      }
      return max(0, min(1, radius + 0.5 - nearest))
    }
  }

  private func box(
    _ points: [(x: Double, y: Double)], margin: Double
  ) -> (x: ClosedRange<Double>, y: ClosedRange<Double>)? {
    guard let first = points.first else { return nil }
    var (left, right, top, bottom) = (first.x, first.x, first.y, first.y)
    for point in points {
      (left, right) = (min(left, point.x), max(right, point.x))
      (top, bottom) = (min(top, point.y), max(bottom, point.y))
    }
    guard left.isFinite, right.isFinite, top.isFinite, bottom.isFinite else { return nil }
    return (left - margin...right + margin, top - margin...bottom + margin)
  }
}

private func distance(_ x: Double, _ y: Double) -> Double { (x * x + y * y).squareRoot() }

private func segmentDistance(
  _ x: Double, _ y: Double, _ a: (x: Double, y: Double), _ b: (x: Double, y: Double)
) -> Double {
  let (dx, dy) = (b.x - a.x, b.y - a.y)
  let square = dx * dx + dy * dy
  let share = square > 0 ? max(0, min(1, ((x - a.x) * dx + (y - a.y) * dy) / square)) : 0
  return distance(x - a.x - share * dx, y - a.y - share * dy)
}
