import SeerProjection
import SeerWidgets

/// What is looked at, at the left, and how, at the right; the left gives way.
enum ExploreHeader {
  /// How the map is made, and how far it is.
  private static func method(_ explore: ExploreState, _ theme: Theme, width: Int) -> String {
    if let kind = explore.growingKind {
      return explore.growing.heading(
        kind, layer: explore.layer, withOption: width >= 76, theme.glyphs)
    }
    switch explore.chart.axes {
    case .components(0, 1): return "PCA"
    case .components(let x, let y): return "PCA \(x + 1) and \(y + 1)"
    case .concepts: return "concept axes"
    case .chosen(.pair): return "probe axes"
    case .chosen(.plane): return "plane of concepts"
    }
  }

  static func draw(_ rect: Rect, _ state: AppState, into surface: inout Surface) {
    let theme = state.theme
    let explore = state.explore
    let separator = theme.glyphs.separator
    var right = method(explore, theme, width: rect.width)
    if !explore.run.layers.isEmpty {
      let title = LayerTitle.text(explore.layerNumber, of: explore.run.layers)
      right = title + separator + right
    }
    if state.runs > 1 && rect.width >= 60 {
      right = "run \(state.run + 1)/\(state.runs)" + separator + right
    }
    let rightX = rect.maxX - 1 - DisplayWidth.of(right)
    surface.write(right, rightX, rect.y, theme.style(.accent))
    var x = surface.write("seer", rect.x + 1, rect.y, theme.style(.title)) + 2
    let rows = Numbers.grouped(explore.run.rows.count)
    let parts = [
      explore.run.model, explore.run.conceptsName, rows + (rows == "1" ? " row" : " rows"),
    ]
    // Drop what is least needed until the rest fits.
    let room = rightX - 2 - x
    let choices = [parts, [parts[0], parts[2]], [parts[0]]].map {
      Text.visible(
        $0.filter { !$0.isEmpty }.joined(separator: separator), ascii: theme.glyphs.isASCII)
    }
    let line = choices.first { DisplayWidth.of($0) <= room } ?? choices[2]
    x = surface.write(
      Text.cut(line, to: max(0, room), ellipsis: theme.glyphs.ellipsis), x, rect.y,
      theme.style(.text))
  }
}
