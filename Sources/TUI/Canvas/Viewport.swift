/// The smallest box around points, in the map's own units.
package struct WorldBounds: Equatable, Sendable {
  package var low: SIMD2<Float>
  package var high: SIMD2<Float>

  /// Nil without points. Points that are not finite are left out.
  package init?(_ points: [SIMD2<Float>]) {
    var low = SIMD2<Float>(repeating: .infinity)
    var high = SIMD2<Float>(repeating: -.infinity)
    for point in points where point.x.isFinite && point.y.isFinite {
      low = pointwiseMin(low, point)
      high = pointwiseMax(high, point)
    }
    guard low.x <= high.x else { return nil }
    self.low = low
    self.high = high
  }

  /// The bounds a map is fitted by: those of its points, but along each axis no further than a quarter
  /// of the way from the 2nd to the 98th of a hundred points beyond these two, so that a few stray
  /// points do not shrink all others to a spot. O(points), with a sort of at most 1,024 of them.
  package static func ofMap(_ points: [SIMD2<Float>]) -> WorldBounds? {
    guard var bounds = WorldBounds(points) else { return nil }
    for axis in 0..<2 {
      guard let bulk = bulk(points, axis) else { continue }
      let reach = (bulk.upperBound - bulk.lowerBound) / 4
      // Points in one place tell nothing of how far is far.
      guard reach > 0 else { continue }
      bounds.low[axis] = max(bounds.low[axis], bulk.lowerBound - reach)
      bounds.high[axis] = min(bounds.high[axis], bulk.upperBound + reach)
    }
    return bounds
  }

  /// The range of the middle 96 % along an axis, of as many points as tell; nil of too few.
  private static func bulk(_ points: [SIMD2<Float>], _ axis: Int) -> ClosedRange<Float>? {
    guard points.count >= 20 else { return nil }
    let values = stride(from: 0, to: points.count, by: max(1, points.count / 1024)).map {
      points[$0][axis]
    }.filter(\.isFinite).sorted()
    let cut = max(1, values.count * 2 / 100)
    guard values.count > 2 * cut else { return nil }
    return values[cut]...values[values.count - 1 - cut]
  }

  /// The smallest box around both.
  package func joined(_ other: WorldBounds) -> WorldBounds {
    var both = self
    both.low = pointwiseMin(low, other.low)
    both.high = pointwiseMax(high, other.high)
    return both
  }

  package var center: SIMD2<Float> { (low + high) / 2 }
  package var extent: SIMD2<Float> { high - low }
}

/// Which part of the map is looked at: the whole of it, or moved and magnified from there.
package struct View: Equatable, Sendable {
  /// 1 fits all points; 2 shows half the width.
  package var zoom: Float = 1
  /// The world point in the middle, from the middle of all points, in units of the fitted
  /// half-width (so that it means the same at every layer).
  package var pan = SIMD2<Float>(0, 0)

  package static let whole = View()
  package static let zoomRange: ClosedRange<Float> = 0.05...512
}

/// Where a world point lies on a panel of cells.
///
/// World y points up, cell y down. A cell is twice as high as wide, so one world unit spans
/// `scale` columns and `scale / 2` rows: circles stay circles. The world point `center` is in the
/// middle of the panel, between cells where the panel has an even number of them.
package struct Viewport: Equatable, Sendable {
  package let center: SIMD2<Float>
  /// Columns per world unit.
  package let scale: Float
  package let size: Size

  /// - Parameter size: in cells; points at the edge keep half a cell from the border.
  package init(bounds: WorldBounds, view: View, size: Size) {
    self.size = size
    let width = max(0.5, Float(size.width - 1))
    let height = max(0.5, Float(size.height - 1)) * 2
    let extent = bounds.extent
    let fitted = min(
      extent.x > 0 ? width / extent.x : .infinity, extent.y > 0 ? height / extent.y : .infinity)
    let base = fitted.isFinite ? fitted : 1
    scale = base * view.zoom
    center = bounds.center + view.pan * (width / 2 / base)
  }

  /// In columns and rows, fractions included; the cell is the floor of each.
  package func place(_ point: SIMD2<Float>) -> SIMD2<Float> {
    let offset = (point - center) * scale
    return SIMD2(
      Float(size.width) / 2 + offset.x, Float(size.height) / 2 - offset.y / 2)
  }

  /// The world point of a place in columns and rows.
  package func world(_ place: SIMD2<Float>) -> SIMD2<Float> {
    let x = (place.x - Float(size.width) / 2) / scale
    let y = (Float(size.height) / 2 - place.y) * 2 / scale
    return center + SIMD2(x, y)
  }

  /// The cell of a point, or nil outside the panel.
  package func cell(_ point: SIMD2<Float>) -> Cursor? {
    let place = place(point)
    guard place.x >= 0, place.y >= 0, place.x < Float(size.width), place.y < Float(size.height)
    else { return nil }
    return Cursor(x: Int(place.x), y: Int(place.y))
  }
}
