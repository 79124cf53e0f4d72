import SeerWidgets

/// The only place that changes the state: one event in, effects for the loop out.
package func update(_ state: inout AppState, _ event: Event) -> [Effect] {
  let effects = handle(&state, event)
  return effects + state.front.followUp(&state)
}

private func handle(_ state: inout AppState, _ event: Event) -> [Effect] {
  switch event {
  case .resize(let size):
    state.size = size
    return []
  case .key(let key):
    state.message = nil
    if let command = Command.find(key, in: state.context, of: state.commands) {
      return command.isAvailable(state) ? perform(command, key, &state) : []
    }
    type(key, &state)
    return []
  case .paste(let text):
    paste(text, &state)
    return []
  case .mouse(let mouse):
    if state.overlay != nil {
      switch mouse.action {
      case .wheelDown: return Program.scroll(by: 1, &state)
      case .wheelUp: return Program.scroll(by: -1, &state)
      case .left: return Program.close(&state)
      default: return []
      }
    }
    return state.isTooSmall ? [] : state.front.update(&state, mouse)
  case .tick: return Screens.all.flatMap { $0.tick(&state) }
  case .screen(let event): return event.receive(&state)
  case .explored(_, let event), .from(_, let event): return handle(&state, event)
  case .saved(let path, let problem):
    state.message =
      problem.map { AppState.Message(text: $0.text, isError: true) }
      ?? AppState.Message(text: "Saved \(path)", isError: false)
    return []
  }
}

/// Does what a command says.
package func perform(_ command: Command, _ key: Key, _ state: inout AppState) -> [Effect] {
  for screen in Screens.all { screen.hear(command.id, &state) }
  return state.front.perform(command, key, &state)
}

/// Text for whatever is being typed into.
private func type(_ key: Key, _ state: inout AppState) {
  switch state.overlay {
  case .palette(var query, _):
    query.type(key)
    state.overlay = .palette(query: query, index: 0)
  case .help: break
  case nil: state.front.type(key, &state)
  }
}

private func paste(_ text: String, _ state: inout AppState) {
  guard state.overlay != nil else { return state.front.paste(text, &state) }
  for scalar in text.unicodeScalars where scalar.value >= 0x20 {
    type(.character(scalar), &state)
  }
}

/// What has to be started before the first event.
package func start(_ state: inout AppState) -> [Effect] {
  ExploreScreen.request(&state.explore)
}
