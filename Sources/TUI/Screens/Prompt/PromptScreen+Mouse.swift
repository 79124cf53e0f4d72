import SeerApp
import SeerWidgets

extension PromptScreen {
  /// A click chooses a token, a layer, a concept or a part, or goes back to writing; one on a word of
  /// the panels explains it. The wheel moves what it is over.
  package static func update(_ state: inout AppState, _ mouse: Mouse) -> [Effect] {
    guard var prompt = state.prompt, prompt.status == .ready else { return [] }
    let layout = PromptLayout(state)
    switch mouse.action {
    case .left:
      let isTaken = click(mouse.place, &prompt, layout, state)
      state.prompt = prompt
      let panels = [layout.concepts, layout.why, layout.lens, layout.chat]
      if !isTaken, panels.contains(where: { $0.contains(mouse.place) }) {
        state.message = Glossary.explanation(at: mouse.place, state, of: Glossary.prompt).map {
          AppState.Message(text: $0, isError: false)
        }
      }
    case .wheelUp, .wheelDown:
      turn(mouse.action == .wheelUp ? 1 : -1, at: mouse.place, &prompt, layout, state)
      state.prompt = prompt
    default: break
    }
    return []
  }

  /// - Returns: whether there was something to choose.
  private static func click(
    _ place: Cursor, _ prompt: inout PromptState, _ layout: PromptLayout, _ state: AppState
  ) -> Bool {
    let theme = state.theme
    if layout.editorFrame.contains(place) {
      prompt.focus = .editor
      return true
    }
    for (side, rect) in zip(prompt.sides, layout.strips) where rect.contains(place) {
      guard let token = TokenStrip(side, rect, prompt, theme)?.token(at: place) else {
        return false
      }
      return choose(token, &prompt)
    }
    if layout.grid.contains(place), !prompt.showsTrajectory {
      let cell = PromptGrid(prompt, layout.inside(layout.grid), theme.glyphs).cell(at: place)
      if let layer = cell.layer { prompt.layer = layer }
      if let token = cell.token { return choose(token, &prompt) }
      return cell.layer != nil
    }
    if layout.chat.contains(place) {
      guard let token = ChatPane(state, prompt, layout).token(at: place) else { return false }
      return choose(token, &prompt)
    }
    if let concept = ConceptPane(prompt, theme, layout).concept(at: place) {
      // The same again shows all.
      prompt.isFiltered = !(prompt.isFiltered && prompt.concept == concept)
      prompt.concept = concept
      return true
    }
    let why = WhyPane(prompt, theme, layout)
    if let part = why.part(at: place) {
      // A second click shows it at every layer, as Enter does.
      prompt.reasons.showsLayers = prompt.focus == .why && prompt.reasons.choice == part
      prompt.reasons.choice = part
      prompt.focus = .why
      return true
    }
    if let layer = why.layer(at: place) ?? LensPane(prompt, theme, layout).layer(at: place) {
      prompt.layer = layer
      return true
    }
    return false
  }

  private static func choose(_ token: Int, _ prompt: inout PromptState) -> Bool {
    guard let last = prompt.reading?.tokens.lastIndex(where: { $0.turn >= 0 }), token <= last else {
      return false
    }
    if prompt.focus == .editor { prompt.focus = .tokens }
    prompt.tokenFromEnd = last - token
    return true
  }

  private static func turn(
    _ step: Int, at place: Cursor, _ prompt: inout PromptState, _ layout: PromptLayout,
    _ state: AppState
  ) {
    if layout.chat.contains(place) {
      let last = ChatPane(state, prompt, layout).lastScroll
      prompt.chatScroll = max(0, min(last, prompt.chatScroll + step))
    } else if layout.why.contains(place), !prompt.reasons.showsLayers {
      moveChoice(&prompt, by: -step)
    } else if layout.strips.contains(where: { $0.contains(place) }) {
      moveToken(&prompt, by: step)
    } else if [layout.grid, layout.lens, layout.why].contains(where: { $0.contains(place) }) {
      prompt.layer = max(0, min(prompt.layers.count - 1, prompt.layer + step))
    }
  }
}
