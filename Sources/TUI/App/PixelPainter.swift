import SeerFigures
import SeerWidgets

/// The pictures beneath a screen's cells as what a terminal is sent for them: nothing while they stay
/// the same.
package struct PixelPainter {
  private var shown: [PixelLayer] = []
  private var pixels: Pixels?
  /// The cells that were sent last, and the pictures by pixels, for sixels, which text wipes out.
  private var last: Surface?
  private var rasters: [Raster] = []

  package init() {}

  /// Forgets what is shown: the screen is painted afresh.
  package mutating func forget() {
    shown = []
    last = nil
  }

  /// What has to follow the surface's own cells.
  package mutating func text(for surface: Surface, _ pixels: Pixels) -> String {
    defer { last = surface }
    let isAfresh = last?.size != surface.size || self.pixels != pixels
    let gone = shown.count
    if !isAfresh, surface.layers == shown {
      return pixels.way == .sixel && !shown.isEmpty ? repaired(surface, pixels.cell) : ""
    }
    let known = isAfresh ? [] : shown
    shown = surface.layers
    self.pixels = pixels
    switch pixels.way {
    case nil: return ""
    case .kitty:
      var text = ""
      for (index, layer) in shown.enumerated()
      where !known.indices.contains(index) || known[index] != layer {
        guard let png = try? PNG.bytes(layer.raster(pixels).indexed()) else { continue }
        text += Self.move(to: layer.panel.x, layer.panel.y)
        text += KittyGraphics.show(png, number: index + 1, on: layer.panel.size)
      }
      for index in shown.count..<max(shown.count, gone) {
        text += KittyGraphics.remove(number: index + 1)
      }
      return Self.kept(text)
    case .sixel:
      let wiped = known.dropFirst(shown.count).map { Self.wiped($0.panel, surface) }.joined()
      rasters = shown.map { $0.raster(pixels) }
      return Self.kept(wiped + zip(shown, rasters).map { whole($0, $1, surface) }.joined())
    }
  }

  // MARK: sixels

  /// A picture, and over it the cells that are not empty.
  private func whole(_ layer: PixelLayer, _ raster: Raster, _ surface: Surface) -> String {
    let panel = layer.panel
    var text = Self.move(to: panel.x, panel.y) + Sixel.text(raster.indexed())
    for y in panel.y..<panel.maxY {
      for x in panel.x..<panel.maxX where !Self.isEmpty(surface, x, y) {
        let cell = surface[x, y]
        guard !cell.isRightHalf else { continue }
        text += Self.move(to: x, y) + cell.style.sequence + String(cell.scalar)
      }
    }
    return text
  }

  /// Blanks over what a picture has left of itself.
  private static func wiped(_ panel: Rect, _ surface: Surface) -> String {
    var text = Style.plain.sequence
    for y in panel.y..<panel.maxY {
      for x in panel.x..<panel.maxX where isEmpty(surface, x, y) {
        text += (x > panel.x && isEmpty(surface, x - 1, y) ? "" : move(to: x, y)) + " "
      }
    }
    return text
  }

  /// What cells that changed have wiped out: in each line from the first to the last of them, since
  /// blanks between are sent, too.
  private func repaired(_ surface: Surface, _ cell: Size) -> String {
    guard let last else { return "" }
    var text = ""
    for (layer, raster) in zip(shown, rasters) {
      let panel = layer.panel
      for y in panel.y..<panel.maxY {
        let changed = (panel.x..<panel.maxX).filter { last[$0, y] != surface[$0, y] }
        guard let first = changed.first, let end = changed.last else { continue }
        var x = first
        while x <= end {
          var next = x
          while next <= end, Self.isEmpty(surface, next, y) { next += 1 }
          if next > x {
            let part = raster.cropped(
              x: (x - panel.x) * cell.width, y: (y - panel.y) * cell.height,
              width: (next - x) * cell.width, height: cell.height)
            text += Self.move(to: x, y) + Sixel.text(part.indexed())
          }
          x = max(next, x) + 1
        }
      }
    }
    return Self.kept(text)
  }

  private static func isEmpty(_ surface: Surface, _ x: Int, _ y: Int) -> Bool {
    surface[x, y] == .blank
  }

  private static func move(to x: Int, _ y: Int) -> String { "\u{1B}[\(y + 1);\(x + 1)H" }

  /// Cursor and colours are afterwards as they were (DECSC, DECRC): curses knows of nothing.
  private static func kept(_ text: String) -> String {
    text.isEmpty ? "" : "\u{1B}7\(text)\u{1B}8"
  }
}

extension PixelLayer {
  /// The layer as pixels, a cell as large as the terminal's. O(points + pixels).
  package func raster(_ pixels: Pixels) -> Raster {
    let cell = pixels.cell
    // Beyond so many pixels a picture takes too long to send; Kitty's are scaled to their cells.
    let isLarge = panel.width * cell.width * panel.height * cell.height > 2_000_000
    let scale = isLarge && pixels.way == .kitty ? 0.5 : 1
    var picture = Picture(
      width: Double(max(1, panel.width * cell.width)),
      height: Double(max(1, panel.height * cell.height)), ground: ground)
    let visible = groups.count { $0 >= 0 }
    let share = visible > 20_000 ? 0.12 : visible > 2000 ? 0.2 : visible > 600 ? 0.3 : 0.4
    let radius = max(1, Double(min(2 * cell.width, cell.height)) * share)
    for (groups, isRest) in [(rest, true), (groups, false)] {
      for (point, group) in zip(points, groups) where group >= 0 {
        let place = viewport.place(point)
        guard place.x.isFinite, place.y.isFinite else { continue }
        let (x, y) = (Double(place.x) * Double(cell.width), Double(place.y) * Double(cell.height))
        let ink =
          inks.indices.contains(Int(group)) ? inks[Int(group)] : Ink(mark: nil, color: faint)
        let color = isRest || isFaint ? faint : ink.color
        // Letters and small marks are no clearer than discs.
        let mark = ink.mark.flatMap { visible <= 2000 && $0 < Mark.allCases.count ? $0 : nil }
        picture.add(
          .mark(
            mark.map(Mark.init(group:)) ?? .disc, x: x, y: y,
            radius: isRest ? radius * 0.6 : radius, color: color, opacity: isRest ? 0.6 : 1))
      }
    }
    return picture.raster(scale: scale)
  }
}
