import SeerAnalysis
import SeerProjection
import SeerWidgets

/// How points are drawn.
package enum MarkMode: String, CaseIterable, Sendable {
  /// Glyphs as long as they have room, else dots.
  case automatic
  case glyphs
  case dots
  /// Shades that tell how many points a cell has.
  case density
}

/// How the map looks.
package struct MapLook: Sendable {
  package var view = View.whole
  package var marks = MarkMode.automatic
  package var colorMode = ColorMode.concept
  /// The last one kept; ``ExploreState/painted`` is up to date.
  package var painting: Painting?
  /// Whether the view is fitted to every row, not to the bulk of them.
  package var fitsAll = false
  /// Whether concepts' names stand on the map.
  package var showsNames = false
  /// Whether the tokens of the cursor's text stand out, where every token is a row.
  package var showsTokens = false
  /// Where the left button went down on the map, while it is held.
  package var dragFrom: Cursor?
}

/// The panels beside the map.
package struct SidePanels: Sendable {
  package enum Focus: Sendable { case map, concepts }

  package var focus = Focus.map
  package var legendIndex = 0
  package var detailScroll = 0
}

/// Everything the Explore screen knows: the run, where the user is in it, and one value for each
/// of its concerns.
package struct ExploreState: Sendable {
  package let run: RunFacts
  /// Index among the run's layers.
  package var layer: Int
  package var cursor: Int?
  /// Rows that were left for another one of a list; the last is gone back to first.
  package var trail: [Int] = []

  package var filter: RowFilter
  package var look = MapLook()
  package var panels = SidePanels()
  package var chart: Chart
  package var walk = LayerWalk()
  package var growing = GrowingMaps()
  package var figures: LayerFigures
  /// The experts of the layers that have a router, by the layer's index, as far as they are read.
  package var experts: [Int: RowExperts] = [:]
  package var neighbours = Neighbours()
  package var selection = Selection()
  package var lists = RowLists()
  package var export = ExportStatus()
  package var tour: Tour?
  /// Small maps of many layers in place of one map.
  package var multiples: Multiples?

  package init(_ source: RunSource) {
    run = RunFacts(source)
    let layers = source.layers.count
    // Concepts part best past the middle of the network.
    layer = max(0, min(layers - 1, layers * 3 / 4))
    cursor = source.rows.isEmpty ? nil : 0
    filter = RowFilter(concepts: run.concepts.count)
    chart = Chart(layers: layers, shownLayer: layer)
    figures = LayerFigures(layers: layers)
  }

  /// The concept of the cursor's row.
  package var cursorConcept: Int? { cursor.map { Int(run.conceptOfRow[$0]) } }

  package var layerNumber: Int { run.layers.indices.contains(layer) ? run.layers[layer] : 0 }

  /// What of the maps that grow is on screen.
  package var growingKind: GrowingKind? { chart.method.growing.map { GrowingKind($0) } }

  /// The points on screen: the layer's map as far as it has grown, where that is wanted, else its
  /// principal components.
  package var shownPoints: [SIMD2<Float>]? {
    if let morph = walk.morph { return morph.points }
    if let kind = growingKind, let embedding = growing[kind, chart.shownLayer] {
      return embedding.points
    }
    guard chart.maps.indices.contains(chart.shownLayer) else { return nil }
    return chart.maps[chart.shownLayer].map?.points ?? chart.lastPoints
  }

  /// What a map is fitted by.
  package func bounds(_ points: [SIMD2<Float>]) -> WorldBounds? {
    look.fitsAll ? WorldBounds(points) : .ofMap(points)
  }

  /// The current layer's map of a layout that grows, as far as it is.
  package var embedding: Embedding? { growingKind.flatMap { growing[$0, layer] } }

  /// Which map is on screen, as far as trust in it goes.
  var qualityKey: QualityKey {
    growingKind == nil
      ? QualityKey(layer: layer, method: chart.method, axes: chart.axes)
      : QualityKey(layer: layer, method: chart.method, run: embedding?.run ?? 0)
  }

  package var trust: MapTrust? { chart.qualities[qualityKey] }

  /// Which of two of the layer's maps to trust for what: the one on screen, and the components' map
  /// or, beside that, the last finished one of a layout that grows. Nil until both are judged.
  package var trustAdvice: TrustAdvice? {
    func title(_ method: MapMethod) -> String? {
      switch method {
      case .principal: Layouts.standard.title
      case .growing(let layout): layout.layout.title
      case .concepts: nil
      }
    }
    let own = qualityKey
    let others = chart.qualities.filter { key, _ in
      guard key.layer == layer, key.method != own.method else { return false }
      if let layout = key.method.growing {
        // What another seed or option has replaced is no map any more.
        return own.method == .principal && growing[GrowingKind(layout), layer]?.run == key.run
      }
      return key.method == .principal && key.axes == .components(0, 1)
    }
    guard let trust, let ownTitle = title(own.method),
      own.method != .principal || own.axes == .components(0, 1),
      let other = others.max(by: { $0.key.run < $1.key.run }),
      let otherTitle = title(other.key.method)
    else { return nil }
    return TrustAdvice((ownTitle, trust.figures), (otherTitle, other.value.figures))
  }

  /// The two groups that the list compares.
  package var comparedGroups: GroupPair? {
    let groups = selection.allGroups
    guard let list = lists.open, list.kind == .groups, let marked = list.marked,
      marked != list.index, groups.indices.contains(marked), groups.indices.contains(list.index)
    else { return nil }
    return GroupPair(first: groups[list.index].rows, second: groups[marked].rows, layer: layer)
  }

  package var currentComparison: GroupComparison? {
    selection.comparison.flatMap { $0.pair == comparedGroups ? $0.result : nil }
  }

  /// Whether a row is on the map, if only dimmed.
  package func isVisible(_ row: Int) -> Bool {
    filter.shows(row, of: run.conceptOfRow[row])
  }

  package func isMatch(_ row: Int) -> Bool { filter.isMatch(row) }

  /// Whether something is still being computed, for `wait idle`.
  ///
  /// What is found out ahead of the next key does not count.
  package var isBusy: Bool {
    chart.maps.contains(.computing) || figures.separations.contains(.computing)
      || (neighbours.isFinding && currentNearest == nil) || (chart.isJudging && trust == nil)
      || selection.isComparing || export.isRunning
      || growing.isBusy
  }

  /// The current layer's separation, where it is there.
  package var separation: LayerSeparation? {
    figures.separations.indices.contains(layer) ? figures.separations[layer].separation : nil
  }

  /// The cursor's neighbours, once they are known at this layer.
  package var currentNearest: NearestRows? {
    neighbours.of(cursor, layer: layer)
  }

  /// Whose nearest rows are not known yet, at which layer: the cursor's here, then those that the next key
  /// goes to, so that its answer comes whole.
  package func nearestToFind(of cursor: Int) -> (row: Int, layer: Int)? {
    guard run.rows.count > 1, !neighbours.failed else { return nil }
    func isMissing(_ row: Int, _ layer: Int) -> Bool {
      chart.maps.indices.contains(layer) && chart.maps[layer].map != nil
        && neighbours.of(row, layer: layer) == nil
    }
    if let layer = [layer, layer + 1, layer - 1].first(where: { isMissing(cursor, $0) }) {
      return (cursor, layer)
    }
    for direction in [1, -1] {
      if let row = row(direction), isMissing(row, layer) { return (row, layer) }
    }
    return nil
  }

  /// The next row that is shown and found, in a direction (1, -1), the last before the first.
  func row(_ direction: Int, sameConcept: Bool = false) -> Int? {
    guard let cursor else { return nil }
    let count = run.rows.count
    return (1...max(1, count)).lazy.map {
      ((cursor + direction * $0) % count + count) % count
    }.first { row in
      isVisible(row) && isMatch(row)
        && (!sameConcept || run.conceptOfRow[row] == run.conceptOfRow[cursor])
    }
  }

  /// The map whose trust is not known yet: the one on screen, then, when all layers are measured,
  /// those beside it, so that the next key's answer comes whole.
  package var qualityToJudge: QualityKey? {
    guard run.rows.count > 1, chart.maps.indices.contains(layer), chart.maps[layer].map != nil
    else { return nil }
    let key = qualityKey
    let isFinal = growingKind == nil || (embedding?.isDone ?? false)
    if chart.qualities[key] == nil { return isFinal ? key : nil }
    guard growingKind == nil,
      run.concepts.count < 2 || !figures.separations.contains(where: \.isPending)
    else {
      return nil
    }
    let beside = [layer + 1, layer - 1].filter {
      chart.maps.indices.contains($0) && chart.maps[$0].map != nil
    }
    return beside.map { QualityKey(layer: $0, method: chart.method, axes: chart.axes) }.first {
      chart.qualities[$0] == nil
    }
  }

  /// The figure of a layer that the strip draws.
  package func stripValue(_ layer: Int, _ metric: StripMetric) -> Float? {
    switch metric {
    case .nearestPrototype: figures.separations[layer].separation?.nearestPrototype
    case .silhouette: figures.separations[layer].separation?.silhouette
    case .angle: figures.separations[layer].separation?.angleBetween
    case .variance: chart.maps[layer].map.map { $0.explained.reduce(0, +) }
    }
  }

  /// The metric chosen, or, where nothing can be held out, the variance.
  package var shownMetric: StripMetric { run.concepts.count > 1 ? figures.stripMetric : .variance }

  /// The layer with the highest figure of the strip; the first of equals. That a map shows more of the
  /// variance makes no layer better.
  package var bestLayer: Int? {
    guard shownMetric != .variance else { return nil }
    var best: (layer: Int, value: Float)?
    for layer in run.layers.indices {
      guard let value = stripValue(layer, shownMetric) else { continue }
      if best.map({ value > $0.value }) ?? true { best = (layer, value) }
    }
    return best?.layer
  }
}
