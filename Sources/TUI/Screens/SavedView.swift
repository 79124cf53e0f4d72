/// What a user has made of a run: kept when it is left, there again when it is opened.
///
/// Names, not indices, stand for concepts and layers; what no longer fits the run is left out.
struct SavedView: Codable, Equatable, Sendable {
  static let currentFormat = 1

  var format = currentFormat
  /// The run's rows and the text of its concept file: a folder may hold another run by now.
  var rows: Int
  var concepts: String
  var layer: Int
  var cursor: Int?
  var zoom: Float
  var panX: Float
  var panY: Float
  var hidden: [String]
  var marks: String
  var color: String
  var method: String
  var pair: Int
  var conceptAxes: [String]
  var metric: String
  var strip: String
  var showsNeighbours: Bool
  var bookmarks: [Int]
  var groups: [RowGroup]
}

extension ExploreState {
  var savedView: SavedView {
    SavedView(
      rows: rows.count, concepts: conceptsName, layer: layerNumber, cursor: cursor,
      zoom: view.zoom, panX: view.pan.x, panY: view.pan.y,
      hidden: hidden.sorted().map { concepts[$0].name }, marks: marks.rawValue,
      color: colorMode.name(self),
      // A t-SNE map takes a while: it is made again when it is asked for.
      method: (method == .tsne ? .principal : method).rawValue, pair: pair,
      conceptAxes: concepts.count > 1
        ? [concepts[conceptAxes.x].name, concepts[conceptAxes.y].name] : [],
      metric: metric.rawValue, strip: stripMetric.rawValue, showsNeighbours: showsNeighbours,
      bookmarks: bookmarks, groups: groups)
  }

  /// Takes over a view of the same run, before anything is computed.
  ///
  /// - Returns: false, with nothing changed, where it is of another run.
  @discardableResult
  mutating func restore(_ saved: SavedView) -> Bool {
    guard saved.format == SavedView.currentFormat, saved.rows == rows.count,
      saved.concepts == conceptsName, !rows.isEmpty
    else { return false }
    if let index = layers.firstIndex(of: saved.layer) {
      layer = index
      shownLayer = index
    }
    if let row = saved.cursor, rows.indices.contains(row) { cursor = row }
    let pan = SIMD2(saved.panX, saved.panY)
    if saved.zoom.isFinite, pan.x.isFinite, pan.y.isFinite, abs(pan.x) < 1000, abs(pan.y) < 1000 {
      view.zoom = min(View.zoomRange.upperBound, max(View.zoomRange.lowerBound, saved.zoom))
      view.pan = pan
    }
    hidden = Set(concepts.indices.filter { saved.hidden.contains(concepts[$0].name) })
    marks = MarkMode(rawValue: saved.marks) ?? marks
    metric = NearestRows.Metric(rawValue: saved.metric) ?? metric
    stripMetric = StripMetric(rawValue: saved.strip) ?? stripMetric
    colorMode = ColorMode.all(self).first { $0.name(self) == saved.color } ?? colorMode
    if MapAxes.pairs.indices.contains(saved.pair) { pair = saved.pair }
    let axes = saved.conceptAxes.compactMap { name in concepts.firstIndex { $0.name == name } }
    if axes.count == 2, axes[0] != axes[1] { conceptAxes = SIMD2(axes[0], axes[1]) }
    if saved.method == MapMethod.concepts.rawValue, concepts.count > 1 { method = .concepts }
    showsNeighbours = saved.showsNeighbours
    bookmarks = saved.bookmarks.filter(rows.indices.contains)
    groups = saved.groups.compactMap { group in
      let inside = group.rows.filter(rows.indices.contains)
      return inside.isEmpty ? nil : RowGroup(name: group.name, rows: inside)
    }
    return true
  }
}
