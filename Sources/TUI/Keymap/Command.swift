/// Something a key can do. One table of them feeds dispatch, footer and help.
struct Command: Sendable {
  enum ID: String, CaseIterable, Sendable {
    case previousLayer, nextLayer, firstLayer, lastLayer, bestLayer, stripMetric
    case previousPoint, nextPoint, previousOfConcept, nextOfConcept
    case pointLeft, pointRight, pointUp, pointDown
    case textDown, textUp, neighbours
    case search, nextMatch, previousMatch, clearSearch, acceptSearch, cancelSearch
    case toggleConcept, onlyConcept, showAll, focusConcepts
    case conceptUp, conceptDown, conceptToggle, conceptOnly, leaveConcepts
    case projection, pause, perplexityDown, perplexityUp, newSeed
    case flicker, morph, arrows, swapSides, comparePanel, bothMaps
    case send, stopAnswer, newLine, write, clearChat, answerSide, trajectory, exportChat
    case nextConcept, previousConcept, promptLayerUp, promptLayerDown
    case writingLayerUp, writingLayerDown
    case tokenLeft, tokenRight, firstToken, lastToken, chatUp, chatDown
    case caretLeft, caretRight, caretUp, caretDown, caretHome, caretEnd
    case deleteBackward, deleteForward, deleteWord, deleteToStart, deleteToEnd, undo, redo
    case fieldUp, fieldDown, fieldEnter, fieldLeft, fieldRight, fieldBackspace, fieldDelete
    case fieldClear, pauseTraining, saveTraining, stopTraining, resumeTraining, newTraining
    case compareTrained
    case entryUp, entryDown, openEntry, markRun, rescan, cancelPlan, cancelExtraction, showStart
    case showExplore, showCompare, showPrompt, showTrain, nextScreen
    case zoomIn, zoomOut, fit, panLeft, panRight, panUp, panDown, marks, colors
    case help, closeHelp, helpDown, helpUp
    case palette, paletteUp, paletteDown, runPalette, closePalette, saveScreen
    case mouse, redraw, suspend, quit, interrupt
  }

  /// Where keys are read: the top of the stack gets them first.
  enum Context: String, CaseIterable, Sendable {
    case map, concepts, compare, prompt, tokens, form, training, start, help, search, palette

    /// Where characters are text: only other keys do something.
    var isWriting: Bool {
      self == .prompt || self == .form || self == .search || self == .palette
    }
  }

  enum Group: String, CaseIterable, Sendable {
    case layers = "Layers and maps"
    case compare = "Base and tuned"
    case points = "Points"
    case search = "Search"
    case concepts = "Concepts"
    case view = "View"
    case prompt = "Prompt"
    case training = "Training"
    case start = "Start"
    case screens = "Screens"
    case program = "Program"
  }

  let id: ID
  let keys: [Key]
  let group: Group
  let contexts: Set<Context>
  /// One line, in the imperative.
  let help: String
  /// The word in the footer; neighbours with the same word share it. Nil: not in the footer.
  let hint: String?
  let isAvailable: @Sendable (AppState) -> Bool

  init(
    _ id: ID, _ keys: [String], _ group: Group,
    in contexts: Set<Context> = [.map, .concepts, .compare],
    _ help: String, hint: String? = nil,
    when isAvailable: @escaping @Sendable (AppState) -> Bool = { _ in true }
  ) {
    self.id = id
    // A name that is no key is our own fault; the table's test finds it.
    self.keys = keys.compactMap { Key(name: $0) }
    self.group = group
    self.contexts = contexts
    self.help = help
    self.hint = hint
    self.isAvailable = isAvailable
  }

  /// Every command, in the order of the footer and the help.
  static let all: [Command] = explorer + prompt + training + start + program

  private static let explorer: [Command] = [
    Command(
      .previousLayer, ["h", "Left"], .layers, "Previous layer", hint: "layer",
      when: hasLayers),
    Command(
      .nextLayer, ["l", "Right"], .layers, "Next layer", hint: "layer", when: hasLayers),
    Command(.firstLayer, ["g", "Home"], .layers, "First layer", when: hasLayers),
    Command(.lastLayer, ["G", "End"], .layers, "Last layer", when: hasLayers),
    Command(
      .bestLayer, ["*"], .layers, "The layer the strip marks as best", hint: "best",
      when: { $0.explore.layers.count > 1 && $0.explore.bestLayer != nil }),
    Command(
      .stripMetric, ["y"], .layers, "Figure of the layer strip",
      when: { $0.explore.concepts.count > 1 }),
    Command(
      .projection, ["p"], .layers, "Projection: PCA or t-SNE",
      hint: "projection", when: hasRows),
    Command(
      .pause, ["Space"], .layers, in: [.map, .compare], "Pause or resume t-SNE", hint: "pause",
      when: { $0.running != nil }),
    Command(
      .perplexityDown, ["{"], .layers,
      "Lower perplexity, going on from here", hint: "perplexity",
      when: isTSNE),
    Command(
      .perplexityUp, ["}"], .layers, "Higher perplexity, going on from here",
      hint: "perplexity",
      when: isTSNE),
    Command(
      .newSeed, ["r"], .layers, "Another seed for t-SNE", hint: "new seed",
      when: isTSNE),

    Command(
      .flicker, ["t"], .compare, in: [.compare], "One map that jumps between base and tuned",
      hint: "flicker", when: isPaired),
    Command(
      .morph, ["T"], .compare, in: [.compare], "One map that glides between base and tuned",
      hint: "morph", when: isPaired),
    Command(
      .bothMaps, ["Enter"], .compare, in: [.compare], "Both maps side by side", hint: "both",
      when: { $0.compare?.shown != .both }),
    Command(
      .arrows, ["v"], .compare, in: [.compare], "Arrows from base to tuned: the row's, all found",
      hint: "arrows", when: isPaired),
    Command(
      .swapSides, ["S"], .compare, in: [.compare], "Swap the sides", when: isPaired),
    Command(
      .comparePanel, ["Tab"], .compare, in: [.compare], "Figures, confusions, rows that moved",
      hint: "panel", when: isPaired),

    Command(
      .nextPoint, ["j", "Down"], .points, in: [.map, .compare], "Next row", hint: "point",
      when: hasRows),
    Command(
      .previousPoint, ["k", "Up"], .points, in: [.map, .compare], "Previous row", hint: "point",
      when: hasRows),
    Command(
      .pointUp, ["w"], .points, in: [.map, .compare], "Nearest point above", hint: "walk",
      when: hasRows),
    Command(
      .pointLeft, ["a"], .points, in: [.map, .compare], "Nearest point left", hint: "walk",
      when: hasRows),
    Command(
      .pointDown, ["s"], .points, in: [.map, .compare], "Nearest point below", hint: "walk",
      when: hasRows),
    Command(
      .pointRight, ["d"], .points, in: [.map, .compare], "Nearest point right", hint: "walk",
      when: hasRows),
    Command(.nextOfConcept, ["."], .points, "Next row of the concept", when: hasRows),
    Command(.previousOfConcept, [","], .points, "Previous row of the concept", when: hasRows),
    Command(
      .textDown, ["PageDown", "Ctrl-d"], .points, in: [.map, .concepts], "Scroll the text down",
      when: hasRows),
    Command(
      .textUp, ["PageUp", "Ctrl-u"], .points, in: [.map, .concepts], "Scroll the text up",
      when: hasRows),
    Command(
      .neighbours, ["b"], .points, in: [.map], "Mark the nearest rows on the map",
      hint: "neighbours", when: hasRows),

    Command(
      .search, ["/"], .search, "Search texts and concepts", hint: "search", when: hasRows),
    Command(
      .nextMatch, ["n"], .search, "Next row found", hint: "found",
      when: { $0.explore.search != nil }),
    Command(
      .previousMatch, ["N"], .search, "Previous row found", hint: "found",
      when: { $0.explore.search != nil }),
    Command(
      .clearSearch, ["Esc"], .search, in: [.map, .compare], "End the search", hint: "all rows",
      when: { $0.explore.search != nil }),
    Command(.acceptSearch, ["Enter"], .search, in: [.search], "Keep the search", hint: "keep"),
    Command(.cancelSearch, ["Esc", "Ctrl-g"], .search, in: [.search], "End it", hint: "end"),

    Command(
      .conceptDown, ["j", "Down"], .concepts, in: [.concepts], "Move down the list", hint: "move"),
    Command(
      .conceptUp, ["k", "Up"], .concepts, in: [.concepts], "Move up the list", hint: "move"),
    Command(
      .conceptToggle, ["Space"], .concepts, in: [.concepts], "Hide or show the concept",
      hint: "hide/show"),
    Command(
      .conceptOnly, ["Enter"], .concepts, in: [.concepts], "Only this concept, or all",
      hint: "only"),
    Command(
      .toggleConcept, ["1", "2", "3", "4", "5", "6", "7", "8", "9"], .concepts,
      "Hide or show by number", hint: "hide", when: hasConcepts),
    Command(
      .onlyConcept, ["o"], .concepts, in: [.map, .compare], "Only the cursor's concept, or all",
      hint: "only", when: hasConcepts),
    Command(
      .showAll, ["0"], .concepts, "Show all concepts", hint: "all",
      when: { !$0.explore.hidden.isEmpty }),
    Command(
      .focusConcepts, ["Tab"], .concepts, in: [.map], "Go to the list of concepts",
      hint: "concepts", when: hasConcepts),
    Command(
      .leaveConcepts, ["Esc", "Tab"], .concepts, in: [.concepts], "Back to the map", hint: "map"),

    Command(
      .zoomIn, ["+", "="], .view, in: [.map, .compare], "Zoom in on the cursor", hint: "zoom",
      when: hasRows),
    Command(.zoomOut, ["-"], .view, in: [.map, .compare], "Zoom out", hint: "zoom", when: hasRows),
    Command(
      .fit, ["f", "_"], .view, "Fit the whole map", hint: "fit", when: { $0.explore.view != .whole }
    ),
    Command(
      .panLeft, ["H", "Shift-Left"], .view, in: [.map, .compare], "Move the view left",
      when: hasRows),
    Command(
      .panDown, ["J", "Shift-Down"], .view, in: [.map, .compare], "Move the view down",
      when: hasRows),
    Command(
      .panUp, ["K", "Shift-Up"], .view, in: [.map, .compare], "Move the view up", when: hasRows),
    Command(
      .panRight, ["L", "Shift-Right"], .view, in: [.map, .compare], "Move the view right",
      when: hasRows),
    Command(
      .marks, ["m"], .view, "Marks: glyphs, dots, automatic", hint: "marks",
      when: hasRows),
    Command(
      .colors, ["c"], .view, "Colour by concept, by prediction, by right or wrong", hint: "colour",
      when: { $0.explore.concepts.count > 1 }),
  ]

  private static let program: [Command] = [
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
      hint: "start", when: { $0.screen != .start }),
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
      .mouse, ["M"], .program, in: screens, "Mouse: for the map, or for selecting text"
    ),
    Command(.redraw, ["Ctrl-l"], .program, in: everywhere, "Draw the screen afresh"),
    Command(.suspend, ["Ctrl-z"], .program, in: everywhere, "Stop, back to the shell; fg returns"),
    Command(.quit, ["q"], .program, in: screens, "Quit", hint: "quit"),
    Command(.interrupt, ["Ctrl-c"], .program, in: everywhere, "Quit at once"),
    Command(.help, ["?", "F1"], .program, in: screens, "Show this help", hint: "help"),
  ]

  static let everywhere = Set(Context.allCases)
  /// Where a screen itself gets the keys.
  static let screens: Set<Context> = [
    .map, .concepts, .compare, .prompt, .tokens, .form, .training, .start,
  ]

  private static let hasRows: @Sendable (AppState) -> Bool = { !$0.explore.rows.isEmpty }
  private static let isPaired: @Sendable (AppState) -> Bool = {
    $0.compare.map { $0.problem == nil } ?? false
  }
  private static let isTSNE: @Sendable (AppState) -> Bool = { $0.isTSNE }
  private static let hasLayers: @Sendable (AppState) -> Bool = { $0.explore.layers.count > 1 }
  private static let hasConcepts: @Sendable (AppState) -> Bool = { $0.explore.concepts.count > 1 }

  static subscript(id: ID) -> Command? { all.first { $0.id == id } }

  static func find(_ key: Key, in context: Context) -> Command? {
    if context.isWriting && key.isCharacter { return nil }
    return all.first { $0.contexts.contains(context) && $0.keys.contains(key) }
  }

  /// One entry of the footer.
  struct Hint: Equatable, Sendable {
    var keys: String
    var word: String
  }

  /// The commands whose words or keys hold the letters of a query in order, for the palette.
  static func matching(_ query: String, _ state: AppState) -> [Command] {
    let context = state.screenContext
    let wanted = query.lowercased().unicodeScalars.filter { $0 != " " }
    return all.filter { command in
      guard command.contexts.contains(context), command.isAvailable(state),
        command.id != .palette
      else { return false }
      var rest = wanted[...]
      for scalar in (command.help + " " + command.group.rawValue).lowercased().unicodeScalars {
        if rest.first == scalar { rest.removeFirst() }
      }
      return rest.isEmpty
    }
  }

  /// The table as a page of documentation.
  static var markdown: String {
    var page = "# Keys\n\nMade from the table of commands; the tests tell when it is stale.\n"
    for group in Group.allCases {
      page += "\n## \(group.rawValue)\n\n| Keys | What they do | Where |\n|---|---|---|\n"
      for command in all where command.group == group {
        let keys = command.keys.map { "`\($0.name == "`" ? "` ` `" : $0.name)`" }
        let places = Context.allCases.filter { command.contexts.contains($0) }
        let place =
          places.count == Context.allCases.count
          ? "everywhere" : places.map(\.rawValue).joined(separator: ", ")
        page += "| \(keys.joined(separator: " ")) | \(command.help) | \(place) |\n"
      }
    }
    return page
  }

  /// What can be done now, most useful first; help and quit come last and are never left out.
  static func hints(_ state: AppState, ascii: Bool) -> [Hint] {
    var hints: [Hint] = []
    for command in all {
      guard let word = command.hint, command.contexts.contains(state.context),
        command.isAvailable(state),
        let key = command.keys.first(where: { !(state.context.isWriting && $0.isCharacter) })
      else { continue }
      var text = key.symbol(ascii: ascii)
      if command.id == .toggleConcept { text = "1-\(min(9, state.explore.concepts.count))" }
      if let last = hints.last, last.word == word {
        hints[hints.count - 1].keys += (last.word == "walk" ? "" : "/") + text
      } else {
        hints.append(Hint(keys: text, word: word))
      }
    }
    return hints
  }
}

extension AppState {
  /// Who gets the next key.
  var context: Command.Context {
    switch overlay {
    case .help: return .help
    case .palette: return .palette
    case nil: break
    }
    if explore.search?.isEditing ?? false { return .search }
    return screenContext
  }

  /// Who gets keys when nothing lies over the screen.
  var screenContext: Command.Context {
    switch screen {
    case .explore: explore.focus == .concepts ? .concepts : .map
    case .compare: .compare
    case .prompt: prompt?.focus == .tokens ? .tokens : .prompt
    case .train: train?.status == .setup ? .form : .training
    case .start: .start
    }
  }
}
