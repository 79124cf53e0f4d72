/// Points that go from place to place, step by step, as a picture that moves by itself: an SVG with
/// the legend and the foot of a still one.
package struct MovingPanel: Equatable, Sendable {
  package struct Step: Equatable, Sendable {
    /// One for each point.
    package var points: [SIMD2<Float>]
    /// Above the panel while the step is shown.
    package var caption: String

    package init(points: [SIMD2<Float>], caption: String) {
      self.points = points
      self.caption = caption
    }
  }

  package var title: String
  package var subtitle: String
  /// The group of each point.
  package var groups: [Int]
  package var groupNames: [String]
  /// Of as many points as there are groups each.
  package var steps: [Step]
  package var footer: [String]

  package init(
    title: String, subtitle: String, groups: [Int], groupNames: [String], steps: [Step],
    footer: [String]
  ) {
    precondition(steps.allSatisfy { $0.points.count == groups.count })
    self.title = title
    self.subtitle = subtitle
    self.groups = groups
    self.groupNames = groupNames
    self.steps = steps
    self.footer = footer
  }

  /// Milliseconds that a step is shown, and as many to the next; the last one stays longer.
  private static let still = 500
  private static let lastStills = 3

  /// The places of a step in the panel's own units, -1...1, y upwards.
  private static func unit(_ points: [SIMD2<Float>]) -> [SIMD2<Float>] {
    var low = SIMD2<Float>(repeating: .infinity)
    var high = -low
    for point in points where point.x.isFinite && point.y.isFinite {
      low = pointwiseMin(low, point)
      high = pointwiseMax(high, point)
    }
    guard low.x <= high.x else { return points.map { _ in .zero } }
    let reach = max(high.x - low.x, high.y - low.y) / 2 * 1.04
    return points.map { ($0 - (low + high) / 2) / (reach > 0 ? reach : 1) }
  }

  /// The picture as an SVG document; with one step it stands still.
  package func svg() -> String {
    var grid = PanelGrid(
      title: title, rowTitles: [""],
      columns: [
        PanelColumn(
          title: subtitle, panels: [ScatterPanel(points: [], groups: [], captions: [" "])],
          groupNames: groupNames)
      ], footer: footer)
    grid.sharesAxes = false
    let picture = grid.picture()
    guard let frame = grid.frames.first?.first else { return picture.svg(title: title) }
    var text = picture.svg(title: title).replacing("</svg>\n", with: "")
    let places = steps.map { step in
      Self.unit(step.points).map {
        (
          x: frame.x + frame.side / 2 * (1 + Double($0.x)),
          y: frame.y + frame.side / 2 * (1 - Double($0.y))
        )
      }
    }
    let radius = groups.count > 2000 ? 1.6 : groups.count > 600 ? 2.2 : 2.8
    for (point, group) in groups.enumerated() where group >= 0 {
      let way = places.map { $0[point] }
      guard way.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { continue }
      text += "<g>\(motion(way))"
      text += Picture.element(.symbol(group: group, x: 0, y: 0, radius: radius, opacity: 0.8))
      text += "</g>\n"
    }
    text += names(places)
    for (index, step) in steps.enumerated() {
      text += "<g visibility=\"\(index == 0 ? "visible" : "hidden")\">\(showing(index))"
      text += Picture.element(
        .text(step.caption, x: frame.x + 2, y: frame.y + frame.side + 14, size: 10.5))
      text += "</g>\n"
    }
    return text + "</svg>\n"
  }

  /// The groups' names at the middle of their points, which they go with.
  private func names(_ places: [[(x: Double, y: Double)]]) -> String {
    var members: [Int: [Int]] = [:]
    for (point, group) in groups.enumerated() where group >= 0 {
      members[group, default: []].append(point)
    }
    guard members.count > 1, members.count <= 24 else { return "" }
    return members.sorted { $0.key < $1.key }.map { group, points in
      let way = places.map { step in
        let xs = points.map { step[$0].x }.sorted()
        let ys = points.map { step[$0].y }.sorted()
        return (x: xs[xs.count / 2], y: ys[ys.count / 2] + 4)
      }
      // Readable over marks of its own colour.
      let label = Picture.element(
        .text(
          groupNames[group], x: 0, y: 0, size: 11, anchor: .middle,
          color: GroupColors.color(group), isBold: true)
      ).replacing(
        "<text ", with: "<text stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\" ")
      return "<g>\(motion(way))\(label)</g>\n"
    }.joined()
  }

  private var moments: Int { 2 * steps.count - 1 + Self.lastStills - 1 }
  private var duration: Int { moments * Self.still }

  /// Still, on the way, still again, as often as there are steps.
  private func motion(_ way: [(x: Double, y: Double)]) -> String {
    var values: [String] = []
    for place in way {
      let text = Picture.number(place.x) + "," + Picture.number(place.y)
      values += [text, text]
    }
    if let last = values.last { values += Array(repeating: last, count: Self.lastStills - 1) }
    return "<animateTransform attributeName=\"transform\" type=\"translate\" dur=\"\(duration)ms\" "
      + "repeatCount=\"indefinite\" values=\"\(values.joined(separator: ";"))\"/>"
  }

  /// When a step's words are there: from the middle of the way to it to the middle of the way on.
  private func showing(_ index: Int) -> String {
    guard steps.count > 1 else { return "" }
    func share(_ moment: Double) -> String { Picture.number(moment / Double(moments), digits: 4) }
    let from = index == 0 ? nil : share(2 * Double(index) - 0.5)
    let to = index == steps.count - 1 ? nil : share(2 * Double(index) + 1.5)
    var (values, times) = (["visible"], ["0"])
    if let from { (values, times) = (["hidden", "visible"], ["0", from]) }
    if let to {
      values.append("hidden")
      times.append(to)
    }
    return "<animate attributeName=\"visibility\" calcMode=\"discrete\" dur=\"\(duration)ms\" "
      + "repeatCount=\"indefinite\" values=\"\(values.joined(separator: ";"))\" "
      + "keyTimes=\"\(times.joined(separator: ";"))\"/>"
  }
}
