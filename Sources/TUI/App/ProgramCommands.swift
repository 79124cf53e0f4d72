import SeerWidgets

extension KeyContext {
  package static let help = KeyContext("help")
  package static let palette = KeyContext("palette", isWriting: true)
}

extension CommandGroup {
  package static let screens: CommandGroup = "Screens"
  package static let program: CommandGroup = "Program"
}

/// What every screen has.
package enum Program {
  package static let contexts: [KeyContext] = [.help, .palette]
  package static let palette: CommandID = "palette"
  /// Without a key for these nobody finds the way.
  package static let quit: CommandID = "quit"
  package static let needed: [CommandID] = ["quit", "help"]

  static func commands(for screens: [any Screen.Type]) -> [CommandSection] {
    [
      CommandSection(order: 100, showing(screens) + overlays),
      CommandSection(order: 120, [mouse]), CommandSection(order: 140, program),
    ]
  }

  private static func showing(_ screens: [any Screen.Type]) -> [Command] {
    screens.map { screen in
      let entry = screen.entry
      return Command(
        entry.command, [entry.key], .screens, in: .screens, entry.help, hint: entry.hint,
        when: { $0.screen != screen.id && screen.isThere($0) },
        otherwise: { $0.screen == screen.id ? nil : screen.absence($0) },
        do: { state, _ in
          if entry.isOfFirstRun { return show(screen.id, &state) }
          state.screen = screen.id
          return []
        })
    } + [
      Command(
        "nextScreen", ["Shift-Tab"], .screens, in: .screens, "Next screen",
        when: { $0.screens.count > 1 },
        do: { state, _ in
          let screens = state.screens
          let index = screens.firstIndex(of: state.screen) ?? 0
          return show(screens[(index + 1) % screens.count], &state)
        })
    ]
  }

  private static let overlays: [Command] = [
    Command(
      "helpDown", ["j", "Down", "PageDown", "Space"], .program, in: [.help], "Scroll down",
      hint: "scroll", do: { state, _ in scroll(by: 1, &state) }),
    Command(
      "helpUp", ["k", "Up", "PageUp"], .program, in: [.help], "Scroll up", hint: "scroll",
      do: { state, _ in scroll(by: -1, &state) }),
    Command(
      "closeHelp", ["Esc", "?", "q", "Enter"], .program, in: [.help], "Close the help",
      hint: "close", do: { state, _ in close(&state) }),
    Command(
      "paletteDown", ["Down", "Ctrl-n"], .program, in: [.palette], "Down", hint: "choose",
      do: { state, _ in scroll(by: 1, &state) }),
    Command(
      "paletteUp", ["Up", "Ctrl-p"], .program, in: [.palette], "Up", hint: "choose",
      do: { state, _ in scroll(by: -1, &state) }),
    Command(
      "runPalette", ["Enter"], .program, in: [.palette], "Do it", hint: "do it",
      do: { state, _ in runPalette(&state) }),
    Command(
      "closePalette", ["Esc", "Ctrl-g"], .program, in: [.palette], "Close", hint: "close",
      do: { state, _ in close(&state) }),
    Command(
      palette, [":"], .program, in: .screens, "Find a command by its words", hint: "commands",
      do: { state, _ in
        state.overlay = .palette(query: "", index: 0)
        return []
      }),
    Command(
      "saveScreen", ["x"], .program, in: .screens,
      "Save this screen as SVG in the current folder", hint: "picture",
      do: { state, _ in
        [.saveScreen("seer-\(state.screen.name)-layer-\(state.explore.layerNumber).svg")]
      }),
  ]

  private static let mouse = Command(
    "mouse", ["M"], .program, in: .screens, "Mouse: for the map, or for selecting text",
    do: { state, _ in
      state.isMouseOn.toggle()
      state.message = AppState.Message(
        text: state.isMouseOn
          ? "The mouse works on the map again."
          : "The mouse selects text in your terminal; M takes it back.", isError: false)
      return [.setMouse(state.isMouseOn)]
    })

  private static let program: [Command] = [
    Command(
      "redraw", ["Ctrl-l"], .program, in: .everywhere, "Draw the screen afresh",
      do: { _, _ in [.redraw] }),
    Command(
      "suspend", ["Ctrl-z"], .program, in: .everywhere, "Stop, back to the shell; fg returns",
      do: { _, _ in [.suspend] }),
    Command(
      quit, ["q"], .program, in: .screens, "Quit; what is under way is asked about",
      hint: "quit", do: { state, _ in leave(&state) }),
    Command(
      "interrupt", ["Ctrl-c"], .program, in: .everywhere, "Quit at once",
      do: { _, _ in [.quit(.interrupted)] }),
    Command(
      "help", ["?", "F1"], .program, in: .screens, "Show this help", hint: "help",
      do: { state, _ in
        state.overlay = .help(scroll: 0)
        return []
      }),
  ]

  /// Leaves at once where nothing is under way, else at the second time.
  private static func leave(_ state: inout AppState) -> [Effect] {
    let question = state.registry.all.compactMap { $0.farewell(state) }.first
    guard let question, !state.isLeaving else { return [.quit(.quit)] }
    state.isLeaving = true
    state.message = AppState.Message(text: "q again quits. \(question)", isError: true)
    return []
  }

  /// Shows a screen that is about the first run.
  private static func show(_ screen: ScreenID, _ state: inout AppState) -> [Effect] {
    if state.run != 0 { return [.openRun(0, screen)] }
    state.screen = screen
    return []
  }

  package static func close(_ state: inout AppState) -> [Effect] {
    state.overlay = nil
    return []
  }

  /// Scrolls the help, or goes through the commands found.
  package static func scroll(by step: Int, _ state: inout AppState) -> [Effect] {
    switch state.overlay {
    case .help(let scroll):
      let last = HelpOverlay(state).lastScroll
      state.overlay = .help(scroll: max(0, min(last, scroll + step)))
    case .palette(let query, let index):
      let last = max(0, Command.matching(query, state).count - 1)
      state.overlay = .palette(query: query, index: max(0, min(last, index + step)))
    case nil: break
    }
    return []
  }

  private static func runPalette(_ state: inout AppState) -> [Effect] {
    guard case .palette(let query, let index) = state.overlay else { return [] }
    state.overlay = nil
    let found = Command.matching(query, state)
    guard found.indices.contains(index), case let key = found[index].keys.first ?? .enter else {
      return []
    }
    return perform(found[index], key, &state)
  }
}
