import SeerFigures
import SeerWidgets

/// The pictures beneath a screen's cells as what a terminal is sent for them: nothing while they stay
/// the same, and of sixels only what has changed.
package struct PixelPainter {
  /// A layer and its pixels.
  private struct Shown {
    var layer: PixelLayer
    var picture: IndexedRaster
  }

  private var shown: [Shown] = []
  private var way: Pixels.Way?
  /// The size of a cell in pixels.
  private var cell = Size(width: 0, height: 0)
  /// The cells that were sent last: where they have changed since, text has wiped sixels out.
  private var last: Surface?

  package init() {}

  /// Forgets what is shown: the screen is painted afresh.
  package mutating func forget() {
    shown = []
    last = nil
  }

  /// What has to follow the surface's own cells.
  package mutating func text(for surface: Surface, _ pixels: Pixels) -> String {
    let gone = shown.count
    if last?.size != surface.size || way != pixels.way || cell != pixels.cell { forget() }
    let before = shown
    (way, cell) = (pixels.way, pixels.cell)
    defer { last = surface }
    shown = []
    guard let way else { return "" }
    for (index, layer) in surface.layers.enumerated() {
      let isSame = before.indices.contains(index) && before[index].layer == layer
      shown.append(
        Shown(layer: layer, picture: isSame ? before[index].picture : layer.picture(pixels)))
    }
    var text = ""
    switch way {
    case .kitty:
      for (index, new) in shown.enumerated() {
        if before.indices.contains(index), before[index].layer.panel == new.layer.panel,
          before[index].picture == new.picture
        {
          continue
        }
        guard let png = try? PNG.bytes(new.picture) else { continue }
        text += Self.move(to: new.layer.panel.x, new.layer.panel.y)
        text += KittyGraphics.show(png, number: index + 1, on: new.layer.panel.size)
      }
      for index in shown.count..<max(shown.count, gone) {
        text += KittyGraphics.remove(number: index + 1)
      }
    case .sixel:
      for (index, old) in before.enumerated() {
        let isKept = shown.indices.contains(index) && shown[index].layer.panel == old.layer.panel
        if !isKept { text += Self.wiped(old.layer.panel, surface) }
      }
      for (index, new) in shown.enumerated() {
        let old = before.indices.contains(index) ? before[index] : nil
        text += sixels(new, over: old?.layer.panel == new.layer.panel ? old : nil, surface)
      }
    }
    // Cursor and colours are afterwards as they were (DECSC, DECRC): nobody else knows of this.
    return text.isEmpty ? "" : "\u{1B}7\(text)\u{1B}8"
  }

  private static func move(to x: Int, _ y: Int) -> String { "\u{1B}[\(y + 1);\(x + 1)H" }

  // MARK: sixels

  /// The cells of a picture that are not as they should be: all of them in one piece where they are many,
  /// else those that lie side by side.
  private func sixels(_ new: Shown, over old: Shown?, _ surface: Surface) -> String {
    let panel = new.layer.panel
    let isSame = old?.layer == new.layer
    var runs: [Rect] = []
    for y in panel.y..<panel.maxY {
      for x in panel.x..<panel.maxX {
        guard surface[x, y].isClear else { continue }
        let isWiped = last.map { surface.differs(x, y, from: $0) } ?? true
        let isOther = !isSame && old.map { changed(x, y, $0, new) } ?? !isSame
        guard isWiped || isOther else { continue }
        if let run = runs.last, run.y == y, run.maxX == x {
          runs[runs.count - 1].width += 1
        } else {
          runs.append(Rect(x: x, y: y, width: 1, height: 1))
        }
      }
    }
    let count = runs.reduce(0) { $0 + $1.width }
    guard count * 8 > panel.width * panel.height else {
      return runs.map { sixel($0, of: new) }.joined()
    }
    return whole(Self.box(runs), of: new, surface)
  }

  /// Whether a cell's pixels are others than before.
  private func changed(_ x: Int, _ y: Int, _ old: Shown, _ new: Shown) -> Bool {
    let (left, top) = place(x, y, new)
    for line in top..<top + cell.height {
      for column in left..<left + cell.width
      where old.picture.color(column, line) != new.picture.color(column, line) {
        return true
      }
    }
    return false
  }

  /// The first pixel of a cell in its picture.
  private func place(_ x: Int, _ y: Int, _ shown: Shown) -> (x: Int, y: Int) {
    ((x - shown.layer.panel.x) * cell.width, (y - shown.layer.panel.y) * cell.height)
  }

  private static func box(_ rects: [Rect]) -> Rect {
    guard let first = rects.first else { return Rect() }
    let left = rects.reduce(first.x) { min($0, $1.x) }
    let right = rects.reduce(first.maxX) { max($0, $1.maxX) }
    let bottom = rects.reduce(first.maxY) { max($0, $1.maxY) }
    return Rect(x: left, y: first.y, width: right - left, height: bottom - first.y)
  }

  private func sixel(_ cells: Rect, of shown: Shown) -> String {
    let (left, top) = place(cells.x, cells.y, shown)
    let part = shown.picture.cropped(
      x: left, y: top, width: cells.width * cell.width, height: cells.height * cell.height)
    return Self.move(to: cells.x, cells.y) + Sixel.text(part)
  }

  /// A part of a picture, and over it the cells that are not empty.
  private func whole(_ cells: Rect, of shown: Shown, _ surface: Surface) -> String {
    var text = sixel(cells, of: shown)
    for y in cells.y..<cells.maxY {
      for x in cells.x..<cells.maxX where !surface[x, y].isClear {
        let cell = surface[x, y]
        guard !cell.isRightHalf else { continue }
        text += Self.move(to: x, y) + cell.style.sequence + cell.text
      }
    }
    return text
  }

  /// Blanks over what a picture has left of itself.
  private static func wiped(_ panel: Rect, _ surface: Surface) -> String {
    var text = Style.plain.sequence
    for y in panel.y..<panel.maxY {
      for x in panel.x..<panel.maxX where surface[x, y].isClear {
        text += (x > panel.x && surface[x - 1, y].isClear ? "" : move(to: x, y)) + " "
      }
    }
    return text
  }
}

extension PixelLayer {
  /// The steps in which an edge goes over into what is beneath: as smooth as eyes ask of a mark of some
  /// pixels, and a fraction of the bytes of all the shades there are.
  private static let steps = 2

  /// The layer as pixels in as few colours as it has, a cell as large as the terminal's.
  /// O(points + pixels).
  package func picture(_ pixels: Pixels) -> IndexedRaster {
    raster(pixels).indexed(in: palette)
  }

  /// The ground, every colour that is drawn, and what edges make of them.
  private var palette: [UInt32] {
    var colors = [ground]
    for (color, most) in [(faint, 1), (faint, Self.restOpacity)] + inks.map({ ($0.color, 1) }) {
      for step in 1...Self.steps {
        let color = Self.mixed(ground, color, most * Double(step) / Double(Self.steps))
        if colors.count < 256, !colors.contains(color) { colors.append(color) }
      }
    }
    return colors
  }

  /// As shapes are blended.
  private static func mixed(_ ground: UInt32, _ color: UInt32, _ share: Double) -> UInt32 {
    [16, 8, 0].reduce(0 as UInt32) { mixed, shift in
      let (old, new) = (Double(ground >> shift & 0xFF), Double(color >> shift & 0xFF))
      return mixed | UInt32(max(0, min(255, old + (new - old) * share + 0.5))) << shift
    }
  }

  private static let restOpacity = 0.6

  /// The layer as pixels in all colours.
  package func raster(_ pixels: Pixels) -> Raster {
    let cell = pixels.cell
    // Kitty's pictures are scaled to their cells: more pixels than marks need are not sent, and beyond so
    // many a picture takes too long.
    var scale = pixels.way == .kitty ? min(1, 20 / Double(cell.height)) : 1
    let (width, height) = (panel.width * cell.width, panel.height * cell.height)
    if pixels.way == .kitty, Double(width * height) * scale * scale > 2_000_000 { scale /= 2 }
    var picture = Picture(
      width: Double(max(1, width)), height: Double(max(1, height)), ground: ground)
    let visible = groups.count { $0 >= 0 }
    let share = visible > 20_000 ? 0.12 : visible > 2000 ? 0.2 : visible > 200 ? 0.3 : 0.4
    let radius = max(1, Double(min(2 * cell.width, cell.height)) * share)
    // In the middle of a pixel: all marks of a kind are the same pixels, which compress well.
    func middle(_ value: Float, _ length: Int) -> Double {
      ((Double(value) * Double(length) * scale).rounded(.down) + 0.5) / scale
    }
    for (groups, isRest) in [(rest, true), (groups, false)] {
      for (point, group) in zip(points, groups) where group >= 0 {
        let place = viewport.place(point)
        guard place.x.isFinite, place.y.isFinite else { continue }
        let ink =
          inks.indices.contains(Int(group)) ? inks[Int(group)] : Ink(mark: nil, color: faint)
        let color = isRest || isFaint ? faint : ink.color
        // Letters and small marks are no clearer than discs.
        let mark = ink.mark.flatMap { visible <= 2000 && $0 < Mark.allCases.count ? $0 : nil }
        picture.add(
          .mark(
            mark.map(Mark.init(group:)) ?? .disc, x: middle(place.x, cell.width),
            y: middle(place.y, cell.height), radius: isRest ? radius * 0.6 : radius, color: color,
            opacity: isRest ? Self.restOpacity : 1))
      }
    }
    return picture.raster(scale: scale, steps: Self.steps)
  }
}
