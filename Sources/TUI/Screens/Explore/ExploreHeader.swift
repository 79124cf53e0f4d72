import SeerApp
import SeerProjection
import SeerWidgets

extension ExploreScreen {
  package static func heading(_ state: AppState) -> ScreenHeading {
    let explore = state.explore
    let separator = state.theme.glyphs.separator
    var right = method(explore, state.theme, width: state.size.width)
    if !explore.run.layers.isEmpty {
      right = LayerTitle.text(explore.layerNumber, of: explore.run.layers) + separator + right
    }
    if state.runs > 1 && state.size.width >= 100 {
      right = "run \(state.run + 1)/\(state.runs)" + separator + right
    }
    return ScreenHeading(
      parts: [
        explore.run.model,
        "\(Numbers.grouped(explore.run.rows.count)) "
          + (explore.run.rows.count == 1 ? "row" : "rows"), explore.run.conceptsName,
      ], right: right)
  }

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
}
