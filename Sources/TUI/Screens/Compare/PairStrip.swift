import SeerApp
import SeerWidgets

/// All layers in two lines, the base's figure above the tuned one's, on one scale.
struct PairStrip {
  private let state: AppState
  private let rect: Rect
  private let labels: [String]

  init(_ state: AppState, _ layout: CompareLayout) {
    self.state = state
    rect = layout.strip
    labels = ["layers  base ", "       tuned "]
  }

  private var explore: ExploreState { state.explore }
  private var start: Int { rect.x + 1 + (labels.map(\.count).max() ?? 0) }
  private var captionWidth: Int { rect.width >= 76 ? 22 : rect.width >= 56 ? 12 : 6 }
  private var room: Int { max(3, rect.maxX - 1 - captionWidth - start) }
  private var step: Int { explore.run.layers.count * 2 + 2 <= room ? 2 : 1 }
  private var capacity: Int { max(1, (room - 2) / step) }
  private var first: Int {
    max(0, min(explore.run.layers.count - capacity, explore.layer - capacity / 2))
  }
  private var shown: Range<Int> { first..<min(explore.run.layers.count, first + capacity) }

  private func column(_ layer: Int) -> Int {
    start + (layer - first) * step + (layer > explore.layer ? 2 : layer == explore.layer ? 1 : 0)
  }

  func layer(at place: Cursor) -> Int? {
    guard rect.contains(place) else { return nil }
    return shown.first {
      let x = column($0)
      return place.x >= x && place.x < x + step || $0 == explore.layer && abs(place.x - x) <= 1
    }
  }

  func draw(into surface: inout Surface) {
    guard !explore.run.layers.isEmpty, rect.height == 2, let compare = state.compare else { return }
    let theme = state.theme
    let metric = compare.metric(explore)
    let values = [
      explore.run.layers.indices.map { explore.figures.separations[$0].separation?[metric] },
      explore.run.layers.indices.map { compare.separations[$0]?.separation?[metric] },
    ]
    let known = values.joined().compactMap { $0 }
    let lowest = known.min() ?? 0
    let range = max((known.max() ?? 1) - lowest, .leastNormalMagnitude)
    let levels = theme.glyphs.levels
    for (line, values) in values.enumerated() {
      let y = rect.y + line
      surface.write(labels[line], rect.x + 1, y, theme.style(.faint))
      for layer in shown {
        let x = column(layer)
        let isCurrent = layer == explore.layer
        let style = theme.style(isCurrent ? .accent : line == 0 ? .bar : .good)
        if let value = values[layer] {
          let level = Int((((value - lowest) / range) * Float(levels.count - 1)).rounded())
          surface.put(levels[max(0, min(levels.count - 1, level))], x, y, style)
        } else {
          surface.put(
            theme.glyphs.hiddenConcept, x, y, theme.style(isCurrent ? .accent : .faint))
        }
        if isCurrent {
          surface.put("[", x - 1, y, theme.style(.accent))
          surface.put("]", x + 1, y, theme.style(.accent))
        }
      }
      guard let value = values[explore.layer] else { continue }
      let x = column(shown.upperBound - 1) + step + 1
      let text = metric == .angle ? Numbers.degrees(value) : Numbers.share(value)
      let end = surface.write(text, x, y, theme.style(.text)) + 1
      if line == 0, rect.maxX - 1 - end >= DisplayWidth.of(metric.short) {
        surface.write(metric.short, end, y, theme.style(.faint))
      }
    }
  }
}

extension LayerSeparation {
  /// The figure a strip draws; the variance is the map's, not the separation's.
  package subscript(metric: StripMetric) -> Float? {
    switch metric {
    case .nearestPrototype: nearestPrototype
    case .silhouette: silhouette
    case .angle: angleBetween
    case .variance: nil
    }
  }
}

extension CompareState {
  /// The strip's figure: what Explore has chosen, where both runs have it.
  package func metric(_ explore: ExploreState) -> StripMetric {
    explore.figures.stripMetric == .variance ? .nearestPrototype : explore.figures.stripMetric
  }
}
