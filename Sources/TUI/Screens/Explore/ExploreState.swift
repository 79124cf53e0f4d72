import SeerAnalysis
import SeerRuns
import SeerSupport

/// A concept of the run and how many rows it has.
package struct ConceptGroup: Equatable, Sendable {
  package var name: String
  package var count: Int

  /// The concepts in the order of their first row, and each row's index among them.
  package static func groups(of rows: [RunRow]) -> ([ConceptGroup], [Int32]) {
    let known = ConceptNames(inOrderOf: rows.map(\.concept))
    var groups = known.names.map { ConceptGroup(name: $0, count: 0) }
    let ofRow = rows.map { row in
      let place = known.place(of: row.concept) ?? 0
      groups[place].count += 1
      return Int32(place)
    }
    return (groups, ofRow)
  }
}

/// The map of one layer, or why there is none yet.
package enum MapStatus: Equatable, Sendable {
  case missing
  case computing
  case ready(LayerMap)
  case failed(Problem)

  package var map: LayerMap? {
    if case .ready(let map) = self { return map }
    return nil
  }
}

package enum SeparationStatus: Equatable, Sendable {
  case missing
  case computing
  case ready(LayerSeparation)
  case failed

  package var separation: LayerSeparation? {
    if case .ready(let separation) = self { return separation }
    return nil
  }

  var isPending: Bool { self == .missing || self == .computing }
}

/// How points are drawn.
package enum MarkMode: String, CaseIterable, Sendable {
  /// Glyphs as long as they have room, else dots.
  case automatic
  case glyphs
  case dots
  /// Shades that tell how many points a cell has.
  case density
}

/// Everything the Explore screen knows.
package struct ExploreState: Sendable {
  package enum Focus: Sendable { case map, concepts }

  package let model: String
  let conceptsName: String
  package let layers: [Int]
  package let rows: [RunRow]
  /// In the order of their first row.
  package let concepts: [ConceptGroup]
  /// Index into ``concepts`` for each row.
  package let conceptOfRow: [Int32]
  /// Numbers that the rows bring: one for each.
  package let columns: [ColumnValues]
  let tokenCounts: [Float]
  /// Which token of its text a row is; empty where rows are texts.
  package let positions: [Float]

  package var layer: Int
  package var maps: [MapStatus]
  /// The layer whose map is on screen: the current one once it is there.
  package var shownLayer: Int
  package var cursor: Int?
  package var hidden: Set<Int> = [] {
    didSet { isConceptHidden = concepts.indices.map(hidden.contains) }
  }
  package private(set) var isConceptHidden: [Bool]
  package var focus = Focus.map
  var legendIndex = 0
  package var view = View.whole
  package var marks = MarkMode.automatic
  package var detailScroll = 0
  package var separations: [SeparationStatus]
  var stripMetric = StripMetric.nearestPrototype
  package var colorMode = ColorMode.concept
  /// The last answers, the newest last: for the cursor here, and for what the next key shows.
  package private(set) var nearest: [NearestRows] = []
  /// Whether the last question failed, so that it is not asked for ever.
  var nearestFailed = false
  package var metric = NearestRows.Metric.cosine
  var isFindingNearest = false
  var showsNeighbours = false
  package var method = MapMethod.principal
  /// The pair of components, by its index among ``MapAxes/pairs``.
  package var pair = 0
  /// The concepts that the axes of a map along concepts stand for.
  package var conceptAxes = SIMD2(0, 1)
  /// Maps along other axes that were there already.
  var keptMaps: [MapAxes: [MapStatus]] = [:]
  /// What was on screen before the axes changed, until there is a new map.
  var lastPoints: [SIMD2<Float>]?
  package var play: Play?
  package var morph: Morph?
  package var embeddings: [Int: Embedding] = [:]
  package var tsne = TSNESettings()
  /// The layer whose t-SNE map is being made, and the number of that work.
  package var running: TSNERun?
  var lastRun = 0
  package var qualities: [QualityKey: MapTrust] = [:]
  var isJudging = false
  package var search: Search?
  /// What searches look through; made for the first one.
  package var searchTexts = PackedTexts()
  /// The last one kept; ``painted`` is up to date.
  package var painting: Painting?
  package var tour: Tour?
  package var list: RowList?
  package var bookmarks: [Int] = []
  /// A selection being made, the rows of the last one, and those with a name.
  package var selecting: Selecting?
  package var group: RowGroup?
  package var groups: [RowGroup] = []
  /// The name being typed for a group.
  package var naming: String?
  /// The name being typed for an export, and whether one is being written.
  package var exporting: Exporting?
  var isExporting = false
  package var comparison: (pair: GroupPair, result: GroupComparison?)?
  package var isComparing = false
  /// Where the left button went down on the map, while it is held.
  var dragFrom: Cursor?

  package init(_ source: RunSource) {
    model = source.model
    conceptsName = source.concepts
    layers = source.layers
    rows = source.rows
    (concepts, conceptOfRow) = ConceptGroup.groups(of: source.rows)
    isConceptHidden = concepts.map { _ in false }
    columns = source.columns
    tokenCounts = source.rows.map { Float($0.tokens) }
    positions = Self.positions(source.rows)
    // Concepts part best past the middle of the network.
    layer = max(0, min(source.layers.count - 1, source.layers.count * 3 / 4))
    shownLayer = layer
    maps = Array(repeating: .missing, count: source.layers.count)
    separations = Array(repeating: .missing, count: source.layers.count)
    cursor = source.rows.isEmpty ? nil : 0
  }

  private static func positions(_ rows: [RunRow]) -> [Float] {
    guard rows.contains(where: { $0.token != nil }) else { return [] }
    var positions: [Float] = []
    positions.reserveCapacity(rows.count)
    for (index, row) in rows.enumerated() {
      let isNext = index > 0 && rows[index - 1].row == row.row
      positions.append(isNext ? (positions.last ?? 0) + 1 : 0)
    }
    return positions
  }

  /// The concept of the cursor's row.
  var cursorConcept: Int? { cursor.map { Int(conceptOfRow[$0]) } }

  var layerNumber: Int { layers.indices.contains(layer) ? layers[layer] : 0 }

  /// The points on screen: the layer's t-SNE map as far as it is, where that is wanted, else its
  /// principal components.
  package var shownPoints: [SIMD2<Float>]? {
    if let morph { return morph.points }
    if method == .tsne, let embedding = embeddings[shownLayer] { return embedding.points }
    return maps.indices.contains(shownLayer) ? maps[shownLayer].map?.points ?? lastPoints : nil
  }

  /// The current layer's t-SNE map, as far as it is.
  package var embedding: Embedding? { method == .tsne ? embeddings[layer] : nil }

  /// What the map is drawn along; t-SNE begins with components.
  package var axes: MapAxes {
    method == .concepts ? .concepts(conceptAxes.x, conceptAxes.y) : MapAxes.pairs[pair]
  }

  /// Which map is on screen, as far as trust in it goes.
  var qualityKey: QualityKey {
    QualityKey(layer: layer, method: method, axes: method == .tsne ? .firstTwo : axes)
  }

  package var trust: MapTrust? { qualities[qualityKey] }

  /// The named groups, then the selection.
  var allGroups: [RowGroup] {
    groups + (group.map { [RowGroup(name: "selection", rows: $0.rows)] } ?? [])
  }

  /// The two groups that the list compares.
  var comparedGroups: GroupPair? {
    guard let list, list.kind == .groups, let marked = list.marked, marked != list.index,
      allGroups.indices.contains(marked), allGroups.indices.contains(list.index)
    else { return nil }
    return GroupPair(
      first: allGroups[list.index].rows, second: allGroups[marked].rows, layer: layer)
  }

  package var currentComparison: GroupComparison? {
    comparison.flatMap { $0.pair == comparedGroups ? $0.result : nil }
  }

  /// Whether a row is on the map, if only dimmed.
  package func isVisible(_ row: Int) -> Bool {
    !isConceptHidden[Int(conceptOfRow[row])]
      && !((search?.hidesRest ?? false) && !isMatch(row))
  }

  package func isMatch(_ row: Int) -> Bool { search?.matches[row] ?? true }

  /// Whether something is still being computed, for `wait idle`.
  ///
  /// What is found out ahead of the next key does not count.
  package var isBusy: Bool {
    maps.contains(.computing) || separations.contains(.computing)
      || (isFindingNearest && currentNearest == nil) || (isJudging && trust == nil)
      || isComparing || isExporting || (running != nil && running?.isPaused == false)
  }

  /// The current layer's separation, where it is there.
  package var separation: LayerSeparation? {
    separations.indices.contains(layer) ? separations[layer].separation : nil
  }

  /// The cursor's neighbours, once they are known at this layer.
  package var currentNearest: NearestRows? {
    nearest(layer: layer)
  }

  private func nearest(layer: Int) -> NearestRows? {
    nearest.first { $0.row == cursor && $0.layer == layer && $0.metric == metric }
  }

  /// Keeps an answer, and no more of them than the keys nearby can ask for.
  package mutating func keep(_ answer: NearestRows) {
    nearest.removeAll {
      $0.row == answer.row && $0.layer == answer.layer && $0.metric == answer.metric
    }
    nearest.append(answer)
    if nearest.count > 8 { nearest.removeFirst() }
  }

  /// The layer at which the cursor's nearest rows are not known yet: this one, then those that the
  /// next key goes to, so that its answer comes whole.
  var layerWithoutNearest: Int? {
    guard rows.count > 1, cursor != nil, !nearestFailed else { return nil }
    return [layer, layer + 1, layer - 1].first {
      maps.indices.contains($0) && maps[$0].map != nil && nearest(layer: $0) == nil
    }
  }

  /// The map whose trust is not known yet: the one on screen, then, when all layers are measured,
  /// those beside it, so that the next key's answer comes whole.
  var qualityToJudge: QualityKey? {
    guard rows.count > 1, maps.indices.contains(layer), maps[layer].map != nil else { return nil }
    let key = qualityKey
    let isFinal = method != .tsne || (embedding?.isDone ?? false)
    if qualities[key] == nil { return isFinal ? key : nil }
    guard method != .tsne, concepts.count < 2 || !separations.contains(where: \.isPending) else {
      return nil
    }
    let beside = [layer + 1, layer - 1].filter { maps.indices.contains($0) && maps[$0].map != nil }
    return beside.map { QualityKey(layer: $0, method: method, axes: axes) }.first {
      qualities[$0] == nil
    }
  }

  /// The figure of a layer that the strip draws.
  func stripValue(_ layer: Int, _ metric: StripMetric) -> Float? {
    switch metric {
    case .nearestPrototype: separations[layer].separation?.nearestPrototype
    case .silhouette: separations[layer].separation?.silhouette
    case .angle: separations[layer].separation?.angleBetween
    case .variance: maps[layer].map.map { $0.explained.reduce(0, +) }
    }
  }

  /// The metric chosen, or, where nothing can be held out, the variance.
  var shownMetric: StripMetric { concepts.count > 1 ? stripMetric : .variance }

  /// The layer with the highest figure of the strip; the first of equals.
  package var bestLayer: Int? {
    var best: (layer: Int, value: Float)?
    for layer in layers.indices {
      guard let value = stripValue(layer, shownMetric) else { continue }
      if best.map({ value > $0.value }) ?? true { best = (layer, value) }
    }
    return best?.layer
  }
}
