extension Picture {
  /// The picture as a PNG file of `scale` pixels a point.
  ///
  /// Precondition: the picture has a size of at least one pixel and of at most 2^15 a side.
  package func png(scale: Double = 2) throws(PNGError) -> [UInt8] {
    try PNG.bytes(raster(scale: scale))
  }

  /// The same as pixels.
  ///
  /// - Parameter steps: in which edges go over into what is beneath; nil: as many as there are.
  package func raster(scale: Double, steps: Int? = nil) -> Raster {
    let columns = Int((width * scale).rounded(.up))
    let lines = Int((height * scale).rounded(.up))
    precondition((1...32_768).contains(columns) && (1...32_768).contains(lines))
    var raster = Raster(width: columns, height: lines, ground: ground, steps: steps)
    for shape in shapes { Self.draw(shape, on: &raster, scale: scale) }
    return raster
  }

  private static func draw(_ shape: Shape, on raster: inout Raster, scale: Double) {
    switch shape {
    case .mark(let mark, let x, let y, let radius, let color, let opacity):
      let (x, y, radius) = (x * scale, y * scale, radius * scale)
      guard x.isFinite, y.isFinite, radius > 0, radius.isFinite else { return }
      var corners = mark.corners.map { (x: x + $0.x * radius, y: y + $0.y * radius) }
      switch (corners.first, mark.isOpen) {
      case (nil, false):
        raster.disc(x: x, y: y, radius: radius, color: color, opacity: opacity)
      case (nil, true):
        raster.ring(
          x: x, y: y, radius: radius, width: radius * 0.4, color: color, opacity: opacity)
      case (_?, false):
        raster.polygon(corners, color: color, opacity: opacity)
      case (let first?, true):
        corners.append(first)
        raster.strokes([corners], width: radius * 0.4, color: color, opacity: opacity)
      }
    case .line(let x1, let y1, let x2, let y2, let color, let width):
      raster.strokes(
        [[(x1 * scale, y1 * scale), (x2 * scale, y2 * scale)]], width: width * scale,
        color: color, opacity: 1)
    case .curve(let points, let color, let width):
      // Line by line: a box around all of them would look at every pixel between.
      for (from, to) in zip(points, points.dropFirst()) {
        raster.strokes(
          [[(from.x * scale, from.y * scale), (to.x * scale, to.y * scale)]],
          width: width * scale, color: color, opacity: 1)
      }
    case .frame(let x, let y, let width, let height, let color, let lineWidth):
      let (left, top) = (x * scale, y * scale)
      let (right, bottom) = ((x + width) * scale, (y + height) * scale)
      let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
      // Edge by edge: a box around all of it would look at every pixel inside.
      for index in 1..<corners.count {
        raster.strokes(
          [[corners[index - 1], corners[index]]], width: lineWidth * scale, color: color,
          opacity: 1)
      }
    case .text(let text, let x, let y, let size, let anchor, let color, let isBold):
      let width = StrokeFont.width(text, size: size)
      let start = anchor == .start ? x : anchor == .middle ? x - width / 2 : x - width
      var pen = start
      for scalar in StrokeFont.scalars(text) {
        let lines = StrokeFont.lines(scalar, x: pen, y: y, size: size).map { line in
          line.map { (x: $0.x * scale, y: $0.y * scale) }
        }
        raster.strokes(
          lines, width: size * scale * (isBold ? 0.125 : 0.085), color: color, opacity: 1)
        pen += StrokeFont.advance(scalar, size: size)
      }
    }
  }
}
