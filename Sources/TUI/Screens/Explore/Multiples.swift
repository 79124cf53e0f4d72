import SeerApp
import SeerWidgets

/// Where the small maps are, and of which layers.
package struct MultiplesLayout: Equatable, Sendable {
  /// The indices of the layers, evenly spread, the last always among them.
  package let layers: [Int]
  package let columns: Int
  private let rect: Rect
  private let cell: Size

  /// - Parameter rect: what is between the first line and the strip.
  package init(_ rect: Rect, layers count: Int) {
    self.rect = rect
    columns = max(1, min(count, rect.width / 19))
    let rows = max(1, rect.height / 7)
    let shown = max(1, min(count, columns * rows))
    layers =
      shown > 1
      ? (0..<shown).map { ($0 * (count - 1) + (shown - 1) / 2) / (shown - 1) }
      : Array(repeating: max(0, count - 1), count: min(1, count))
    let used = max(1, (layers.count + columns - 1) / columns)
    cell = Size(width: rect.width / columns, height: rect.height / used)
  }

  package init(_ state: AppState) {
    let layout = ExploreLayout(state)
    self.init(
      Rect(
        x: 0, y: layout.header.maxY, width: state.size.width,
        height: layout.strip.y - layout.header.maxY), layers: state.explore.run.layers.count)
  }

  /// A layer's place with its title, by the layer's place among ``layers``.
  package func frame(_ place: Int) -> Rect {
    Rect(
      x: rect.x + place % columns * cell.width, y: rect.y + place / columns * cell.height,
      width: cell.width, height: cell.height)
  }

  /// The layer at a place.
  package func layer(at place: Cursor) -> Int? {
    layers.indices.first { frame($0).contains(place) }.map { layers[$0] }
  }

  /// The layer among those shown that is nearest to one, by its place.
  package func place(of layer: Int) -> Int {
    layers.indices.min { abs(layers[$0] - layer) < abs(layers[$1] - layer) } ?? 0
  }
}

extension ExploreScreen {
  static let multiplesCommands: [Command] = [
    Command(
      "multiples", ["Z"], .layers, in: [.map, .concepts], "Small maps of layers, side by side",
      hint: "all layers", when: { hasLayers($0) && hasRows($0) },
      do: change { $0.multiples = Multiples(layer: $0.layer) }),
    Command(
      "multiplesLeft", ["h", "Left"], .layers, in: [.multiples], "Left", hint: "move",
      do: { state, _ in moveInMultiples(by: -1, &state) }),
    Command(
      "multiplesDown", ["j", "Down"], .layers, in: [.multiples], "Down", hint: "move",
      do: { state, _ in moveInMultiples(by: MultiplesLayout(state).columns, &state) }),
    Command(
      "multiplesUp", ["k", "Up"], .layers, in: [.multiples], "Up", hint: "move",
      do: { state, _ in moveInMultiples(by: -MultiplesLayout(state).columns, &state) }),
    Command(
      "multiplesRight", ["l", "Right"], .layers, in: [.multiples], "Right", hint: "move",
      do: { state, _ in moveInMultiples(by: 1, &state) }),
    Command(
      "openMultiple", ["Enter"], .layers, in: [.multiples], "Show the layer", hint: "show",
      do: ask(openMultiple)),
    Command(
      "closeMultiples", ["Esc", "Z", "q"], .layers, in: [.multiples], "Back to the map",
      hint: "back", do: change { $0.multiples = nil }),
  ]

  private static func moveInMultiples(by step: Int, _ state: inout AppState) -> [Effect] {
    guard let multiples = state.explore.multiples else { return [] }
    let layout = MultiplesLayout(state)
    let place = layout.place(of: multiples.layer) + step
    if layout.layers.indices.contains(place) {
      state.explore.multiples = Multiples(layer: layout.layers[place])
    }
    return []
  }

  private static func openMultiple(_ state: inout ExploreState) -> [Effect] {
    guard let multiples = state.multiples else { return [] }
    state.multiples = nil
    return state.show(layer: multiples.layer)
  }

  /// A click shows the layer.
  static func chooseMultiple(_ state: inout AppState, _ mouse: Mouse) -> [Effect] {
    guard mouse.action == .left, let layer = MultiplesLayout(state).layer(at: mouse.place) else {
      return []
    }
    state.explore.multiples = nil
    return state.explore.show(layer: layer)
  }

  static func drawMultiples(_ state: AppState, into surface: inout Surface) {
    guard let multiples = state.explore.multiples else { return }
    let layout = MultiplesLayout(state)
    let theme = state.theme
    let chosen = layout.place(of: multiples.layer)
    for (place, layer) in layout.layers.enumerated() {
      var rest = layout.frame(place)
      let title = rest.takeTop(1)
      var text = "layer \(state.explore.run.layers[layer])"
      if let share = state.explore.stripValue(layer, state.explore.shownMetric) {
        let value =
          state.explore.shownMetric == .angle ? Numbers.degrees(share) : Numbers.share(share)
        text += theme.glyphs.separator + value
      }
      surface.write(
        place == chosen ? "[\(text)]" : " \(text)", title.x, title.y,
        theme.style(place == chosen ? .accent : .faint), width: title.width)
      drawSmall(
        layer, Rect(x: rest.x, y: rest.y, width: rest.width - 1, height: rest.height), state,
        &surface)
    }
  }

  private static func drawSmall(
    _ layer: Int, _ panel: Rect, _ state: AppState, _ surface: inout Surface
  ) {
    // What colours say belongs to the layer.
    var explore = state.explore
    explore.layer = layer
    let grown = explore.growingKind.flatMap { explore.growing[$0, layer]?.points }
    guard let points = grown ?? explore.chart.maps[layer].map?.points,
      let bounds = explore.bounds(points)
    else {
      surface.write(
        state.theme.glyphs.ellipsis, panel.x + panel.width / 2, panel.y + panel.height / 2,
        state.theme.style(.faint))
      return
    }
    PointField(
      points: points, viewport: Viewport(bounds: bounds, view: .whole, size: panel.size),
      paint: PointPaint(explore, state.theme), panel: panel, mayBePixels: false
    ).draw(state, into: &surface)
  }
}
