import SeerAnalysis
import SeerProjection
import SeerWidgets

/// What a user has made of a run: kept when it is left, there again when it is opened.
///
/// Names, not indices, stand for concepts and layers; what no longer fits the run is left out.
package struct SavedView: Codable, Equatable, Sendable {
  package static let currentFormat = 1

  package var format: Int = currentFormat
  /// The run's rows and the text of its concept file: a folder may hold another run by now.
  package var rows: Int
  package var concepts: String
  package var layer: Int
  package var cursor: Int?
  package var zoom: Float
  package var panX: Float
  package var panY: Float
  package var hidden: [String]
  package var marks: String
  package var color: String
  package var method: String
  package var pair: Int
  package var conceptAxes: [String]
  package var metric: String
  package var strip: String
  package var showsNeighbours: Bool
  package var bookmarks: [Int]
  package var groups: [RowGroup]
}

extension ExploreState {
  /// What a colour mode whose name goes by the layer is kept as.
  private static let expertName = "top expert"

  package var savedView: SavedView {
    SavedView(
      rows: run.rows.count, concepts: run.conceptsName, layer: layerNumber, cursor: cursor,
      zoom: look.view.zoom, panX: look.view.pan.x, panY: look.view.pan.y,
      hidden: filter.hidden.sorted().map { run.concepts[$0].name }, marks: look.marks.rawValue,
      color: look.colorMode == .expert ? Self.expertName : look.colorMode.name(self),
      method: chart.method.savedName, pair: chart.pair,
      conceptAxes: run.concepts.count > 1
        ? [run.concepts[chart.conceptAxes.x].name, run.concepts[chart.conceptAxes.y].name] : [],
      metric: neighbours.metric.rawValue, strip: figures.stripMetric.rawValue,
      showsNeighbours: neighbours.isShown,
      bookmarks: lists.bookmarks, groups: selection.groups)
  }

  /// Takes over a view of the same run, before anything is computed.
  ///
  /// - Returns: false, with nothing changed, where it is of another run.
  @discardableResult
  package mutating func restore(_ saved: SavedView) -> Bool {
    guard saved.format == SavedView.currentFormat, saved.rows == run.rows.count,
      saved.concepts == run.conceptsName, !run.rows.isEmpty
    else { return false }
    if let index = run.layers.firstIndex(of: saved.layer) {
      layer = index
      chart.shownLayer = index
    }
    if let row = saved.cursor, run.rows.indices.contains(row) { cursor = row }
    let pan = SIMD2(saved.panX, saved.panY)
    if saved.zoom.isFinite, pan.x.isFinite, pan.y.isFinite, abs(pan.x) < 1000, abs(pan.y) < 1000 {
      look.view.zoom = min(View.zoomRange.upperBound, max(View.zoomRange.lowerBound, saved.zoom))
      look.view.pan = pan
    }
    filter.hidden = Set(
      run.concepts.indices.filter { saved.hidden.contains(run.concepts[$0].name) })
    look.marks = MarkMode(rawValue: saved.marks) ?? look.marks
    neighbours.metric = NeighbourMetric(rawValue: saved.metric) ?? neighbours.metric
    figures.stripMetric = StripMetric(rawValue: saved.strip) ?? figures.stripMetric
    look.colorMode =
      ColorMode.all(self).first {
        ($0 == .expert ? Self.expertName : $0.name(self)) == saved.color
      } ?? look.colorMode
    if MapAxes.pairs.indices.contains(saved.pair) { chart.pair = saved.pair }
    let axes = saved.conceptAxes.compactMap { name in run.concepts.firstIndex { $0.name == name } }
    if axes.count == 2, axes[0] != axes[1] { chart.conceptAxes = SIMD2(axes[0], axes[1]) }
    if saved.method == MapMethod.concepts.savedName, run.concepts.count > 1 {
      chart.method = .concepts
    }
    neighbours.isShown = saved.showsNeighbours
    lists.bookmarks = saved.bookmarks.filter(run.rows.indices.contains)
    selection.groups = saved.groups.compactMap { group in
      let inside = group.rows.filter(run.rows.indices.contains)
      return inside.isEmpty ? nil : RowGroup(name: group.name, rows: inside)
    }
    return true
  }
}
