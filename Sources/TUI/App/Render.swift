import SeerWidgets

/// Draws the state: nothing but the state decides what is on the surface.
package func render(_ state: AppState) -> Surface {
  var surface = Surface(state.size, asciiOnly: state.theme.glyphs.isASCII)
  if state.isTooSmall {
    Notice.tooSmall(state.size, wanted: AppState.smallest, state.theme, into: &surface)
    return surface
  }
  ScreenTabs(state).draw(into: &surface)
  state.front.draw(state, into: &surface)
  TourPane(state)?.draw(into: &surface)
  if state.overlay != nil { surface.cursor = nil }
  switch state.overlay {
  case .help(let scroll): HelpOverlay(state).draw(scroll: scroll, into: &surface)
  case .palette(let query, let index):
    PaletteOverlay(query: query, index: index).draw(state, into: &surface)
  case nil: break
  }
  let footer = Rect(x: 0, y: state.size.height - 1, width: state.size.width, height: 1)
  Footer.draw(footer, state, into: &surface)
  // Where text is written, the caret is the last thing drawn like one.
  if surface.cursor == nil, state.context.isWriting {
    surface.cursor = surface.lastPlace(of: state.theme.style(.cursor))
  }
  return surface
}
