import SeerApp
import SeerWidgets

/// All layers in a line, each with its value as a bar, the current one in brackets.
package struct LayerStrip {
  private let state: ExploreState
  private let theme: Theme
  private let rect: Rect
  private static let label = "layers "

  package init(_ state: AppState, _ layout: ExploreLayout) {
    self.state = state.explore
    theme = state.theme
    rect = layout.strip
  }

  private var start: Int { rect.x + 1 + Self.label.count }
  /// Columns for the caption at the right.
  private var captionWidth: Int { rect.width >= 76 ? 34 : rect.width >= 56 ? 18 : 0 }
  private var room: Int { max(3, rect.maxX - 1 - captionWidth - start) }
  /// Two columns a layer where they fit, for easier clicking.
  private var step: Int { state.run.layers.count * 2 + 2 <= room ? 2 : 1 }
  private var capacity: Int { max(1, (room - 2) / step) }
  private var first: Int {
    max(0, min(state.run.layers.count - capacity, state.layer - capacity / 2))
  }

  /// The columns of a layer; the current one is widened by its brackets.
  private func column(_ layer: Int) -> Int {
    start + (layer - first) * step + (layer > state.layer ? 2 : layer == state.layer ? 1 : 0)
  }

  package func layer(at place: Cursor) -> Int? {
    guard rect.contains(place) else { return nil }
    return (first..<min(state.run.layers.count, first + capacity)).first {
      let x = column($0)
      return place.x >= x && place.x < x + step
        || $0 == state.layer && abs(place.x - x) <= 1
    }
  }

  package func draw(into surface: inout Surface) {
    guard !state.run.layers.isEmpty else { return }
    let glyphs = theme.glyphs
    surface.write(Self.label, rect.x + 1, rect.maxY - 1, theme.style(.faint))
    let values = state.run.layers.indices.map { state.stripValue($0, state.shownMetric) }
    let known = values.compactMap { $0 }
    let best = state.bestLayer
    // The lowest value keeps one step: no bar means no value.
    let lowest = known.min() ?? 0
    let range = max((known.max() ?? 1) - lowest, .leastNormalMagnitude)
    let steps = glyphs.levels.count
    for layer in first..<min(state.run.layers.count, first + capacity) {
      let x = column(layer)
      let isCurrent = layer == state.layer
      var style = theme.style(isCurrent ? .accent : layer == best ? .good : .bar)
      if layer == best { style = style.with(.bold) }
      if let value = values[layer] {
        let share = (value - lowest) / range
        let level = 1 + Int((share * Float(steps * rect.height - 1)).rounded())
        for row in 0..<rect.height {
          let part = min(steps, level - row * steps)
          if part > 0 { surface.put(glyphs.levels[part - 1], x, rect.maxY - 1 - row, style) }
        }
      } else {
        let isFailed = if case .failed = state.chart.maps[layer] { true } else { false }
        surface.put(
          isFailed ? "!" : glyphs.hiddenConcept, x, rect.maxY - 1,
          theme.style(isFailed ? .error : isCurrent ? .accent : .faint))
      }
      if isCurrent {
        surface.put("[", x - 1, rect.maxY - 1, theme.style(.accent))
        surface.put("]", x + 1, rect.maxY - 1, theme.style(.accent))
      }
    }
    drawCaption(values, best, into: &surface)
  }

  /// The figure of the current layer, its name, and where the best one is, as far as they fit.
  private func drawCaption(_ values: [Float?], _ best: Int?, into surface: inout Surface) {
    guard captionWidth > 0, let current = values[state.layer] else { return }
    let metric = state.shownMetric
    let last = min(state.run.layers.count, first + capacity) - 1
    let x = column(last) + step + 1
    let room = rect.maxX - 1 - x
    let value = metric == .angle ? Numbers.degrees(current) : Numbers.share(current)
    let bestText = best.map { "\(theme.glyphs.separator)best \(state.run.layers[$0])" } ?? ""
    let choices = [
      (metric.rawValue + " ", bestText), (metric.short + " ", bestText), ("", bestText), ("", ""),
    ]
    let (name, rest) =
      choices.first { DisplayWidth.of($0.0 + value + $0.1) <= room } ?? ("", "")
    var end = surface.write(name, x, rect.maxY - 1, theme.style(.faint))
    end = surface.write(value, end, rect.maxY - 1, theme.style(.text))
    surface.write(rest, end, rect.maxY - 1, theme.style(.good))
  }
}
