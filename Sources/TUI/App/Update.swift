/// The only place that changes the state: one event in, effects for the loop out.
func update(_ state: inout AppState, _ event: Event) -> [Effect] {
  switch event {
  case .resize(let size):
    state.size = size
    return []
  case .key(let key):
    state.message = nil
    guard let command = Command.find(key, in: state.context), command.isAvailable(state)
    else { return [] }
    return perform(command.id, key, &state)
  case .mouse(let mouse):
    if state.overlay != nil {
      switch mouse.action {
      case .wheelDown: return perform(.helpDown, .down, &state)
      case .wheelUp: return perform(.helpUp, .up, &state)
      case .left: return perform(.closeHelp, .escape, &state)
      default: return []
      }
    }
    if state.isTooSmall { return [] }
    return ExploreScreen.update(&state, mouse)
  case .map(let index, let result):
    return ExploreScreen.receive(&state.explore, index: index, result)
  case .saved(let path, let problem):
    state.message =
      problem.map { AppState.Message(text: $0.text, isError: true) }
      ?? AppState.Message(text: "Saved \(path)", isError: false)
    return []
  }
}

/// Does what a command says; `key` tells keys of the same command apart.
func perform(_ id: Command.ID, _ key: Key, _ state: inout AppState) -> [Effect] {
  switch id {
  case .help: state.overlay = .help(scroll: 0)
  case .closeHelp: state.overlay = nil
  case .helpDown, .helpUp:
    guard case .help(let scroll) = state.overlay else { break }
    let last = HelpOverlay(state).lastScroll
    state.overlay = .help(scroll: max(0, min(last, scroll + (id == .helpDown ? 1 : -1))))
  case .mouse:
    state.isMouseOn.toggle()
    state.message = AppState.Message(
      text: state.isMouseOn
        ? "The mouse works on the map again."
        : "The mouse selects text in your terminal; M takes it back.", isError: false)
    return [.setMouse(state.isMouseOn)]
  case .redraw: return [.redraw]
  case .suspend: return [.suspend]
  case .quit: return [.quit(.quit)]
  case .interrupt: return [.quit(.interrupted)]
  default: return ExploreScreen.perform(id, key, &state)
  }
  return []
}

/// What has to be started before the first event.
func start(_ state: inout AppState) -> [Effect] {
  ExploreScreen.request(&state.explore)
}
