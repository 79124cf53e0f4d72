/// The only place that changes the state: one event in, effects for the loop out.
package func update(_ state: inout AppState, _ event: Event) -> [Effect] {
  let effects = handle(&state, event)
  // A picture of the screen in front alone.
  if state.screen == .explore { state.explore.paint() }
  return effects + followUp(&state)
}

/// What the screen in front needs computed after any event.
private func followUp(_ state: inout AppState) -> [Effect] {
  switch state.screen {
  case .explore: ExploreScreen.followUp(&state)
  case .compare: CompareScreen.followUp(&state)
  case .prompt: PromptScreen.followUp(&state)
  case .train: TrainScreen.followUp(&state)
  case .start: StartScreen.followUp(&state)
  }
}

private func handle(_ state: inout AppState, _ event: Event) -> [Effect] {
  switch event {
  case .resize(let size):
    state.size = size
    return []
  case .key(let key):
    state.message = nil
    if let command = Command.find(key, state) {
      return command.isAvailable(state) ? perform(command.id, key, &state) : []
    }
    type(key, &state)
    return []
  case .mouse(let mouse):
    if state.overlay != nil {
      switch mouse.action {
      case .wheelDown: return perform(wheel(isDown: true, state.context), .down, &state)
      case .wheelUp: return perform(wheel(isDown: false, state.context), .up, &state)
      case .left: return perform(.closeHelp, .escape, &state)
      default: return []
      }
    }
    if state.isTooSmall { return [] }
    switch state.screen {
    case .explore: return ExploreScreen.update(&state, mouse)
    case .compare: return CompareScreen.update(&state, mouse)
    case .prompt, .train, .start: return []
    }
  case .explored(_, let event): return handle(&state, event)
  case .tick:
    CompareScreen.tick(&state)
    if state.screen == .train { return TrainScreen.tick(&state) }
    return state.screen == .explore ? ExploreScreen.tick(&state.explore) : []
  case .groupsCompared(let pair, let comparison):
    state.explore.isComparing = false
    state.explore.comparison = (pair, comparison)
    return []
  case .export(let event):
    ExploreScreen.receive(&state, event)
    return []
  case .compare(let event):
    CompareScreen.receive(&state, event)
    return []
  case .prompt(let event):
    PromptScreen.receive(&state, event)
    return []
  case .train(let event):
    return TrainScreen.receive(&state, event)
  case .start(let event):
    StartScreen.receive(&state, event)
    return []
  case .from(_, let event): return handle(&state, event)
  case .paste(let text):
    if state.context == .prompt {
      PromptScreen.insert(text, &state)
    } else if state.context == .form {
      TrainScreen.insert(text, &state)
    } else {
      for scalar in text.unicodeScalars where scalar.value >= 0x20 {
        type(.character(scalar), &state)
      }
    }
    return []
  case .map(let index, let result):
    return ExploreScreen.receive(&state.explore, index: index, result)
  case .separation(let index, let result):
    if state.explore.separations.indices.contains(index) {
      state.explore.separations[index] = (try? result.get()).map { .ready($0) } ?? .failed
    }
    return []
  case .embedding(let run, let result):
    ExploreScreen.receive(&state, run: run, result)
    return []
  case .judged(let key, let trust):
    state.explore.isJudging = false
    state.explore.qualities[key] = trust ?? MapTrust()
    return []
  case .nearest(let result):
    ExploreScreen.receive(&state, result)
    return []
  case .saved(let path, let problem):
    state.message =
      problem.map { AppState.Message(text: $0.text, isError: true) }
      ?? AppState.Message(text: "Saved \(path)", isError: false)
    return []
  }
}

/// What the wheel does over an overlay.
private func wheel(isDown: Bool, _ context: Command.Context) -> Command.ID {
  switch context {
  case .help: isDown ? .helpDown : .helpUp
  case .figures: isDown ? .figuresDown : .figuresUp
  default: isDown ? .paletteDown : .paletteUp
  }
}

/// Does what a command says; `key` tells keys of the same command apart.
func perform(_ id: Command.ID, _ key: Key, _ state: inout AppState) -> [Effect] {
  state.explore.tour?.note(id)
  switch id {
  case .help: state.overlay = .help(scroll: 0)
  case .closeHelp, .closePalette, .closeFigures: state.overlay = nil
  case .figuresDown, .figuresUp, .figuresTextDown, .figuresTextUp:
    FiguresOverlay.move(id, &state)
  case .palette: state.overlay = .palette(query: "", index: 0)
  case .paletteUp, .paletteDown:
    guard case .palette(let query, let index) = state.overlay else { break }
    let last = max(0, Command.matching(query, state).count - 1)
    let next = id == .paletteDown ? index + 1 : index - 1
    state.overlay = .palette(query: query, index: max(0, min(last, next)))
  case .runPalette:
    guard case .palette(let query, let index) = state.overlay else { break }
    state.overlay = nil
    let found = Command.matching(query, state)
    guard found.indices.contains(index), case let key = found[index].keys.first ?? .enter else {
      break
    }
    return perform(found[index].id, key, &state)
  case .saveScreen:
    return [.saveScreen("seer-\(state.screen.rawValue)-layer-\(state.explore.layerNumber).svg")]
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
  case .showExplore: state.screen = .explore
  case .nextRun: return [.openRun((state.run + 1) % max(1, state.runs), .explore)]
  case .showCompare: return show(.compare, &state)
  case .showPrompt: return show(.prompt, &state)
  case .showTrain: state.screen = .train
  case .showStart: state.screen = .start
  case .nextScreen:
    let screens = state.screens
    let index = screens.firstIndex(of: state.screen) ?? 0
    return show(screens[(index + 1) % screens.count], &state)
  default:
    switch state.screen {
    case .explore: return ExploreScreen.perform(id, key, &state)
    case .compare: return CompareScreen.perform(id, key, &state)
    case .prompt: return PromptScreen.perform(id, key, &state)
    case .train: return TrainScreen.perform(id, &state)
    case .start: return StartScreen.perform(id, &state)
    }
  }
  return []
}

/// Shows a screen that is about the first run.
private func show(_ screen: Screen, _ state: inout AppState) -> [Effect] {
  if state.run != 0 { return [.openRun(0, screen)] }
  state.screen = screen
  return []
}

/// Text for whatever is being typed into.
private func type(_ key: Key, _ state: inout AppState) {
  switch state.context {
  case .search:
    guard var query = state.explore.search?.query else { return }
    edit(&query, key)
    state.explore.search?.query = query
    ExploreScreen.find(&state.explore)
  case .naming:
    guard var name = state.explore.naming else { return }
    edit(&name, key)
    state.explore.naming = name
  case .exporting:
    guard var path = state.explore.exporting?.path else { return }
    edit(&path, key)
    state.explore.exporting = Exporting(path: path)
  case .palette:
    guard case .palette(var query, _) = state.overlay else { return }
    edit(&query, key)
    state.overlay = .palette(query: query, index: 0)
  case .prompt:
    if case .character(let scalar) = key { PromptScreen.insert(String(scalar), &state) }
  case .form:
    if case .character(let scalar) = key { TrainScreen.insert(String(scalar), &state) }
  default: break
  }
}

private func edit(_ text: inout String, _ key: Key) {
  switch key {
  case .character(let scalar): text.unicodeScalars.append(scalar)
  case .backspace: if !text.isEmpty { text.unicodeScalars.removeLast() }
  case .control("u"): text = ""
  default: break
  }
}

/// What has to be started before the first event.
package func start(_ state: inout AppState) -> [Effect] {
  ExploreScreen.request(&state.explore)
}
