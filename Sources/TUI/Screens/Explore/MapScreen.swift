import SeerWidgets

/// A screen with a map of the run's rows, on which the cursor walks and which can be magnified.
protocol MapScreen: Screen {
  /// The points on screen, one for each row.
  static func points(_ state: AppState) -> [SIMD2<Float>]?
  /// What the map is fitted by.
  static func bounds(_ state: AppState) -> WorldBounds?
  /// The cells of the map, or of one of two maps.
  static func panel(_ state: AppState) -> Size
  static func isTSNE(_ state: AppState) -> Bool
  /// The t-SNE map being made.
  static func running(_ state: AppState) -> TSNERun?
}

extension AppState {
  private var mapScreen: any MapScreen.Type {
    front as? any MapScreen.Type ?? ExploreScreen.self
  }

  package var shownPoints: [SIMD2<Float>]? { mapScreen.points(self) }
  package var mapBounds: WorldBounds? { mapScreen.bounds(self) }
  var mapPanel: Size { mapScreen.panel(self) }
  var isTSNE: Bool { mapScreen.isTSNE(self) }
  package var running: TSNERun? { mapScreen.running(self) }
}

extension ExploreScreen: MapScreen {
  package static func points(_ state: AppState) -> [SIMD2<Float>]? { state.explore.shownPoints }
  package static func bounds(_ state: AppState) -> WorldBounds? {
    state.explore.shownPoints.flatMap(WorldBounds.ofMap)
  }
  package static func panel(_ state: AppState) -> Size { ExploreLayout(state).mapInside.size }
  static func isTSNE(_ state: AppState) -> Bool { state.explore.chart.method == .tsne }
  package static func running(_ state: AppState) -> TSNERun? { state.explore.tsneMaps.running }
}
