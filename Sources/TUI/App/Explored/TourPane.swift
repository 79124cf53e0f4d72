import SeerProjection
import SeerWidgets

/// The step of a ``Tour``, over the bottom of the map, or of whatever screen it led to.
struct TourPane {
  private let tour: Tour
  private let step: Tour.Step
  private let theme: Theme
  private let panel: Rect
  private let isOnMap: Bool

  init?(_ state: AppState) {
    guard let tour = state.explore.tour, let step = tour.current else { return nil }
    self.tour = tour
    self.step = step
    theme = state.theme
    isOnMap = state.screen == .explore
    if isOnMap {
      panel = ExploreLayout(state).map
    } else {
      // On Compare over the maps, of which the lines below speak; elsewhere what is spoken of is
      // above.
      let lines = Text.wrap(step.text, width: state.size.width - 6).count
      let height = min(lines + 3, state.size.height - 2)
      let y = state.screen == .compare ? 1 : state.size.height - 1 - height
      panel = Rect(x: 0, y: y, width: state.size.width, height: height)
    }
  }

  func draw(into surface: inout Surface) {
    let width = panel.width - 4
    let lines = Text.wrap(step.text, width: width - 2)
    let height = min(panel.height, lines.count + 2)
    let rect = Rect(
      x: panel.x + 1, y: panel.maxY - height - (panel.height > height + 1 ? 1 : 0),
      width: panel.width - 2, height: height)
    surface.fill(rect, .plain)
    Frame(
      title: "tour \(tour.step + 1) of \(Tour.steps.count)",
      note: isOnMap ? "Enter goes on, T ends it" : "F2 goes back to the map",
      isFocused: true
    ).draw(rect, theme, into: &surface)
    for (offset, line) in lines.prefix(rect.inside.height).enumerated() {
      surface.write(
        line, rect.inside.x + 1, rect.inside.y + offset, theme.style(.text),
        width: rect.inside.width - 1)
    }
  }
}
