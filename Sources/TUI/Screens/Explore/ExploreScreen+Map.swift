import SeerApp
import SeerWidgets

extension ExploreScreen: MapScreen {
  package static func points(_ state: AppState) -> [SIMD2<Float>]? { state.explore.shownPoints }
  package static func bounds(_ state: AppState) -> WorldBounds? {
    state.explore.shownPoints.flatMap(state.explore.bounds)
  }
  package static func panel(_ state: AppState) -> Size { ExploreLayout(state).mapInside.size }
  package static func growing(_ state: AppState) -> GrowingLayout? {
    state.explore.chart.method.growing
  }
  package static func running(_ state: AppState) -> GrowingRun? { state.explore.growing.running }
}
