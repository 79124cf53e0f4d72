extension Command {
  /// Screens, and what every one of them has.
  package static let program: [Command] = [
    Command(
      .nextRun, ["R"], .screens, in: [.map, .concepts], "Explore the next run", hint: "next run",
      when: { $0.runs > 1 }),
    Command(
      .showExplore, ["F2"], .screens, in: screens, "Explore: one run, layer by layer",
      hint: "explore", when: { $0.screen != .explore && $0.hasRun }),
    Command(
      .showCompare, ["F3"], .screens, in: screens, "Compare: two runs side by side",
      hint: "compare", when: { $0.screen != .compare && $0.compare != nil }),
    Command(
      .showPrompt, ["F4"], .screens, in: screens, "Prompt: every token scored as you type",
      hint: "prompt", when: { $0.screen != .prompt && $0.prompt != nil }),
    Command(
      .showTrain, ["F5"], .screens, in: screens, "Train: pull the concepts apart",
      hint: "train", when: { $0.screen != .train && $0.train != nil }),
    Command(
      .showStart, ["F6"], .screens, in: screens, "Start: runs, concept files and models",
      when: { $0.screen != .start }),
    Command(
      .nextScreen, ["Shift-Tab"], .screens, in: screens, "Next screen",
      when: { $0.screens.count > 1 }),

    Command(
      .helpDown, ["j", "Down", "PageDown", "Space"], .program, in: [.help], "Scroll down",
      hint: "scroll"),
    Command(.helpUp, ["k", "Up", "PageUp"], .program, in: [.help], "Scroll up", hint: "scroll"),
    Command(
      .closeHelp, ["Esc", "?", "q", "Enter"], .program, in: [.help], "Close the help", hint: "close"
    ),
    Command(.paletteDown, ["Down", "Ctrl-n"], .program, in: [.palette], "Down", hint: "choose"),
    Command(.paletteUp, ["Up", "Ctrl-p"], .program, in: [.palette], "Up", hint: "choose"),
    Command(.runPalette, ["Enter"], .program, in: [.palette], "Do it", hint: "do it"),
    Command(.closePalette, ["Esc", "Ctrl-g"], .program, in: [.palette], "Close", hint: "close"),
    Command(
      .palette, [":"], .program, in: screens, "Find a command by its words", hint: "commands"),
    Command(
      .saveScreen, ["x"], .program, in: screens, "Save this screen as SVG in the current folder",
      hint: "save"),
    Command(
      .export, ["X"], .program, in: [.map, .concepts],
      "Export rows, states or the map's picture", hint: "export",
      when: hasRows),
    Command(
      .acceptExport, ["Enter"], .program, in: [.exporting],
      "Write it; over a file that is there at the second time", hint: "write"),
    Command(
      .nextFormat, ["Tab"], .program, in: [.exporting], "Next format: npy, tsv, csv, svg, png",
      hint: "format"),
    Command(
      .cancelExport, ["Esc", "Ctrl-g"], .program, in: [.exporting], "Leave it", hint: "leave"),
    Command(
      .mouse, ["M"], .program, in: screens, "Mouse: for the map, or for selecting text"
    ),
    Command(.tour, ["T"], .program, in: [.map], "Guided tour, or its end"),
    Command(
      .tourNext, ["Enter"], .program, in: [.map], "Go on with the tour", hint: "go on",
      when: { $0.explore.tour != nil }),
    Command(.redraw, ["Ctrl-l"], .program, in: everywhere, "Draw the screen afresh"),
    Command(.suspend, ["Ctrl-z"], .program, in: everywhere, "Stop, back to the shell; fg returns"),
    Command(.quit, ["q"], .program, in: screens, "Quit", hint: "quit"),
    Command(.interrupt, ["Ctrl-c"], .program, in: everywhere, "Quit at once"),
    Command(.help, ["?", "F1"], .program, in: screens, "Show this help", hint: "help"),
  ]
}
