/// Draws the state: nothing but the state decides what is on the surface.
package func render(_ state: AppState) -> Surface {
  var surface = Surface(state.size, asciiOnly: state.theme.glyphs.isASCII)
  if state.isTooSmall {
    Notice.tooSmall(state.size, wanted: AppState.smallest, state.theme, into: &surface)
    return surface
  }
  switch state.screen {
  case .explore: ExploreScreen.draw(state, into: &surface)
  case .compare: CompareScreen.draw(state, into: &surface)
  case .prompt: PromptScreen.draw(state, into: &surface)
  case .train: TrainScreen.draw(state, into: &surface)
  case .start: StartScreen.draw(state, into: &surface)
  }
  switch state.overlay {
  case .help(let scroll): HelpOverlay(state).draw(scroll: scroll, into: &surface)
  case .palette(let query, let index):
    PaletteOverlay(query: query, index: index).draw(state, into: &surface)
  case .figures(let index, let scroll):
    FiguresOverlay(state, index: index)?.draw(scroll: scroll, into: &surface)
  case nil: break
  }
  let footer = Rect(x: 0, y: state.size.height - 1, width: state.size.width, height: 1)
  Footer.draw(footer, state, into: &surface)
  return surface
}

extension ExploreScreen {
  package static func draw(_ state: AppState, into surface: inout Surface) {
    let layout = ExploreLayout(state)
    Header.draw(layout.header, state, into: &surface)
    MapPane(state, layout).draw(into: &surface)
    LegendPane(state, layout).draw(into: &surface)
    DetailPane(state, layout).draw(into: &surface)
    LayerStrip(state, layout).draw(into: &surface)
    TourPane(state, layout)?.draw(into: &surface)
    RowListPane(state, layout)?.draw(into: &surface)
  }
}
