/// Draws the state: nothing but the state decides what is on the surface.
func render(_ state: AppState) -> Surface {
  var surface = Surface(state.size, asciiOnly: state.theme.glyphs.isASCII)
  if state.isTooSmall {
    Notice.tooSmall(state.size, wanted: AppState.smallest, state.theme, into: &surface)
    return surface
  }
  let layout = ExploreLayout(state)
  Header.draw(layout.header, state, into: &surface)
  MapPane(state, layout).draw(into: &surface)
  LegendPane(state, layout).draw(into: &surface)
  DetailPane(state, layout).draw(into: &surface)
  LayerStrip(state, layout).draw(into: &surface)
  RowListPane(state, layout)?.draw(into: &surface)
  switch state.overlay {
  case .help(let scroll): HelpOverlay(state).draw(scroll: scroll, into: &surface)
  case .palette(let query, let index):
    PaletteOverlay(query: query, index: index).draw(state, into: &surface)
  case nil: break
  }
  Footer.draw(layout.footer, state, into: &surface)
  return surface
}
