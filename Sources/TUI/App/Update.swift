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
    guard let found = find(key, state) else {
      state.isLeaving = false
      type(key, &state)
      return []
    }
    let command = found.command
    if command.id != Program.quit { state.isLeaving = false }
    if command.isAvailable(state) { return perform(command, found.key, &state) }
    if let refusal = command.refusal?(state) {
      state.message = AppState.Message(text: refusal, isError: true)
    }
    return []
  case .paste(let text):
    paste(text, &state)
    return []
  case .mouse(let mouse):
    if [.left, .right].contains(mouse.action) { state.message = nil }
    if state.overlay != nil {
      switch mouse.action {
      case .wheelDown: return Program.scroll(by: 1, &state)
      case .wheelUp: return Program.scroll(by: -1, &state)
      case .left: return Program.close(&state)
      default: return []
      }
    }
    if state.isTooSmall { return [] }
    if mouse.action == .left, let id = ScreenTabs(state).screen(at: mouse.place),
      let command = state.commands.first(where: { $0.id == state.registry[id].entry.command })
    {
      return handle(&state, command)
    }
    return state.front.update(&state, mouse)
  case .answer(let answer):
    state.hear(answer)
    return []
  case .tick: return state.registry.all.flatMap { $0.tick(&state) }
  case .screen(let event): return event.receive(&state)
  case .explored(_, let event), .from(_, let event): return handle(&state, event)
  case .saved(let path, let problem):
    state.message =
      problem.map { AppState.Message(text: $0.text, isError: true) }
      ?? AppState.Message(text: "Saved \(path)", isError: false)
    return []
  }
}

/// The command of a key: of itself, else of the one in its place on a Latin keyboard.
private func find(_ key: Key, _ state: AppState) -> (command: Command, key: Key)? {
  let context = state.context
  for key in [key, key.latin].compactMap({ $0 }) {
    if let command = Command.find(key, in: context, of: state.commands) { return (command, key) }
  }
  return nil
}

/// A command that was chosen by something else than its key.
private func handle(_ state: inout AppState, _ command: Command) -> [Effect] {
  handle(&state, .key(command.keys.first ?? .enter))
}

/// Does what a command says.
package func perform(_ command: Command, _ key: Key, _ state: inout AppState) -> [Effect] {
  for screen in state.registry.all { screen.hear(command.id, &state) }
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
  for scalar in text.asOneLine.unicodeScalars { type(.character(scalar), &state) }
}

/// What has to be started before the first event.
package func start(_ state: inout AppState) -> [Effect] {
  state.explore.request()
}
