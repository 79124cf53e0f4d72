/// Points of groups, in any units.
package struct ScatterPanel: Equatable, Sendable {
  package var points: [SIMD2<Float>]
  /// The group of each point; points of a negative group are not drawn.
  package var groups: [Int]
  /// Lines under the panel, such as its figures.
  package var captions: [String]
  /// Names of groups, on the panel itself.
  package var labels: [PanelLabel] = []

  package init(points: [SIMD2<Float>], groups: [Int], captions: [String] = []) {
    precondition(points.count == groups.count)
    self.points = points
    self.groups = groups
    self.captions = captions
  }
}

/// Panels that share their axes, one above the other, with the names of their groups.
package struct PanelColumn: Equatable, Sendable {
  package var title: String
  /// One a row of the grid.
  package var panels: [ScatterPanel]
  /// The legend leaves groups without a name out.
  package var groupNames: [String]
  /// The colour, 0xRRGGBB, of groups that are discs; the others have their own marks and colours.
  package var discs: [Int: UInt32]

  package init(
    title: String, panels: [ScatterPanel], groupNames: [String], discs: [Int: UInt32] = [:]
  ) {
    self.title = title
    self.panels = panels
    self.groupNames = groupNames
    self.discs = discs
  }

  fileprivate func symbol(
    _ group: Int, x: Double, y: Double, radius: Double, opacity: Double = 1
  ) -> Shape {
    guard let color = discs[group] else {
      return .symbol(group: group, x: x, y: y, radius: radius, opacity: opacity)
    }
    return .mark(.disc, x: x, y: y, radius: radius, color: color, opacity: opacity)
  }
}

/// A grid of scatter plots: a column for each set of groups with a legend of its own, a row for
/// each state of the same points.
package struct PanelGrid: Equatable, Sendable {
  package var title: String
  package var rowTitles: [String]
  package var columns: [PanelColumn]
  /// Small lines at the foot: how the picture was made.
  package var footer: [String]
  /// Whether all columns are drawn on the same axes, not each on its own.
  package var sharesAxes: Bool

  package init(
    title: String, rowTitles: [String], columns: [PanelColumn], footer: [String] = [],
    sharesAxes: Bool = false
  ) {
    self.sharesAxes = sharesAxes
    self.title = title
    self.rowTitles = rowTitles
    self.columns = columns
    self.footer = footer
  }

  private static let side = 300.0
  private static let gap = 18.0
  private static let margin = 20.0
  private static let line = 14.0
  private static let grey: UInt32 = 0x57606A

  /// The drawing. Its size follows from the number of panels and of groups.
  package func picture() -> Picture {
    let captions = columns.flatMap(\.panels).map(\.captions.count).max() ?? 0
    let panelHeight = Self.side + Double(captions) * Self.line + 12
    let rows = columns.map(\.panels.count).max() ?? 0
    let legend = Double((columns.map { Self.legendLines($0.groupNames) }.max() ?? 0)) * 16 + 12
    let left = Self.margin + (rowTitles.contains { !$0.isEmpty } ? 70 : 0)
    let top = Self.margin + (title.isEmpty ? 0 : 26) + 20
    let width = left + Double(columns.count) * (Self.side + Self.gap) - Self.gap + Self.margin
    let footerLines = footer.flatMap { Self.wrapped($0, width: width - 2 * Self.margin, size: 9) }
    let height =
      top + Double(rows) * panelHeight + legend + Double(footerLines.count) * 12 + Self.margin
    var picture = Picture(width: max(width, 2 * Self.margin + 1), height: height)
    if !title.isEmpty {
      picture.add(.text(title, x: Self.margin, y: Self.margin + 12, size: 15, isBold: true))
    }
    for (index, text) in rowTitles.prefix(rows).enumerated() where !text.isEmpty {
      let y = top + Double(index) * panelHeight + Self.side / 2
      picture.add(.text(text, x: Self.margin, y: y, size: 13, isBold: true))
    }
    for (index, column) in columns.enumerated() {
      let x = left + Double(index) * (Self.side + Self.gap)
      picture.add(
        .text(column.title, x: x + Self.side / 2, y: top - 7, size: 12, anchor: .middle))
      let frame = Self.bounds(sharesAxes ? columns.flatMap(\.panels) : column.panels)
      for (row, panel) in column.panels.enumerated() {
        Self.draw(
          panel, of: column, frame, x: x, y: top + Double(row) * panelHeight, on: &picture)
      }
      Self.drawLegend(
        column, x: x, y: top + Double(rows) * panelHeight + 8, on: &picture)
    }
    for (index, text) in footerLines.enumerated() {
      picture.add(
        .text(
          text, x: Self.margin,
          y: height - Self.margin - Double(footerLines.count - 1 - index) * 12 + 4, size: 9,
          color: Self.grey))
    }
    return picture
  }

  /// Where the panels themselves are on ``picture()``, a list for each column.
  var frames: [[(x: Double, y: Double, side: Double)]] {
    let captions = columns.flatMap(\.panels).map(\.captions.count).max() ?? 0
    let panelHeight = Self.side + Double(captions) * Self.line + 12
    let left = Self.margin + (rowTitles.contains { !$0.isEmpty } ? 70 : 0)
    let top = Self.margin + (title.isEmpty ? 0 : 26) + 20
    return columns.enumerated().map { index, column in
      column.panels.indices.map { row in
        (
          x: left + Double(index) * (Self.side + Self.gap),
          y: top + Double(row) * panelHeight, side: Self.side
        )
      }
    }
  }

  /// The centre of all drawn points of some panels and half the side of the square around them.
  private static func bounds(_ panels: [ScatterPanel]) -> (centre: SIMD2<Float>, reach: Float) {
    var low = SIMD2<Float>(repeating: .infinity)
    var high = -low
    for panel in panels {
      for (point, group) in zip(panel.points, panel.groups)
      where group >= 0 && point.x.isFinite && point.y.isFinite {
        low = pointwiseMin(low, point)
        high = pointwiseMax(high, point)
      }
    }
    guard low.x <= high.x else { return (.zero, 1) }
    let reach = max(high.x - low.x, high.y - low.y) / 2 * 1.04
    return ((low + high) / 2, reach > 0 ? reach : 1)
  }

  private static func draw(
    _ panel: ScatterPanel, of column: PanelColumn, _ frame: (centre: SIMD2<Float>, reach: Float),
    x: Double, y: Double,
    on picture: inout Picture
  ) {
    picture.add(.frame(x: x, y: y, width: side, height: side, color: 0xD0D7DE))
    let count = panel.groups.count { $0 >= 0 }
    let radius = count > 2000 ? 1.6 : count > 600 ? 2.2 : 2.8
    for (point, group) in zip(panel.points, panel.groups)
    where group >= 0 && point.x.isFinite && point.y.isFinite {
      let place = (point - frame.centre) / frame.reach
      picture.add(
        column.symbol(
          group, x: x + side / 2 * (1 + Double(place.x)),
          y: y + side / 2 * (1 - Double(place.y)), radius: radius, opacity: 0.8))
    }
    var labels = PanelLabels(x: x, y: y, side: side)
    for label in panel.labels {
      labels.draw(label, at: (label.point - frame.centre) / frame.reach, on: &picture)
    }
    for (index, caption) in panel.captions.enumerated() {
      picture.add(
        .text(
          caption, x: x + 2, y: y + side + line * Double(index + 1), size: 10.5, color: grey))
    }
  }

  // MARK: Legend

  private static func legendPlaces(
    _ names: [String]
  ) -> [(group: Int, name: String, x: Double, line: Int)] {
    var places: [(Int, String, Double, Int)] = []
    var (x, line) = (0.0, 0)
    for (group, name) in names.enumerated() where !name.isEmpty {
      let name = StrokeFont.fitted(name, width: side - 16, size: 11)
      let width = StrokeFont.width(name, size: 11) + 28
      if x > 0, x + width > side + 10 { (x, line) = (0, line + 1) }
      places.append((group, name, x, line))
      x += width
    }
    return places
  }

  private static func legendLines(_ names: [String]) -> Int {
    (legendPlaces(names).last?.line ?? -1) + 1
  }

  private static func drawLegend(
    _ column: PanelColumn, x: Double, y: Double, on picture: inout Picture
  ) {
    for place in legendPlaces(column.groupNames) {
      let middle = y + Double(place.line) * 16
      picture.add(
        column.symbol(place.group, x: x + place.x + 6, y: middle, radius: 4))
      picture.add(.text(place.name, x: x + place.x + 15, y: middle + 4, size: 11))
    }
  }

  /// Text in lines of at most a width, broken at spaces.
  private static func wrapped(_ text: String, width: Double, size: Double) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let longer = line.isEmpty ? String(word) : line + " " + word
      if !line.isEmpty, StrokeFont.width(longer, size: size) > width {
        lines.append(line)
        line = String(word)
      } else {
        line = longer
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }
}

extension StrokeFont {
  /// A text cut to a width, with an ellipsis where something is missing.
  package static func fitted(_ text: String, width limit: Double, size: Double) -> String {
    guard width(text, size: size) > limit else { return text }
    var cut = text
    while !cut.isEmpty, width(cut + "\u{2026}", size: size) > limit { cut.removeLast() }
    return cut + "\u{2026}"
  }
}
