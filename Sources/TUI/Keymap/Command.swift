/// Something a key can do. One table of them feeds dispatch, footer and help.
struct Command: Sendable {
  enum ID: String, CaseIterable, Sendable {
    case previousLayer, nextLayer, firstLayer, lastLayer, bestLayer, stripMetric
    case previousPoint, nextPoint, previousOfConcept, nextOfConcept
    case pointLeft, pointRight, pointUp, pointDown
    case textDown, textUp, neighbours
    case search, nextMatch, previousMatch, clearSearch, acceptSearch, cancelSearch
    case searchExpression, searchHides, typedSearchHides
    case toggleConcept, onlyConcept, showAll, focusConcepts
    case conceptUp, conceptDown, conceptToggle, conceptOnly, leaveConcepts
    case projection, pause, perplexityDown, perplexityUp, newSeed
    case flicker, morph, arrows, swapSides, comparePanel, bothMaps
    case explainFigures, measureFigures, nextMoved, previousMoved
    case figuresDown, figuresUp, figuresTextDown, figuresTextUp, closeFigures
    case steerMore, steerLess, steerOff
    case send, stopAnswer, newLine, write, clearChat, answerSide, trajectory, exportChat
    case nextConcept, previousConcept, promptLayerUp, promptLayerDown
    case writingLayerUp, writingLayerDown
    case tokenLeft, tokenRight, firstToken, lastToken, chatUp, chatDown
    case caretLeft, caretRight, caretUp, caretDown, caretHome, caretEnd
    case deleteBackward, deleteForward, deleteWord, deleteToStart, deleteToEnd, undo, redo
    case fieldUp, fieldDown, fieldEnter, fieldLeft, fieldRight, fieldBackspace, fieldDelete
    case fieldClear, pauseTraining, saveTraining, stopTraining, resumeTraining, newTraining
    case compareTrained
    case entryUp, entryDown, openEntry, markRun, rescan, cancelPlan, cancelExtraction
    case showExplore, showCompare, showPrompt, showTrain, showStart, nextScreen
    case conceptAxes, nextAxes, previousAxes, play
    case tour, tourNext, nextRun, saveRows
    case metric, bookmark, lists, groups, nextOfGroup, previousOfGroup
    case select, selectShape, selectAnchor, selectLeft, selectRight, selectUp, selectDown
    case acceptSelection, cancelSelection
    case listDown, listUp, listNext, listGo, markGroup, nameGroup, saveGroup, deleteEntry
    case closeList, acceptName, cancelName
    case zoomIn, zoomOut, fit, panLeft, panRight, panUp, panDown, marks, colors, previousColors
    case help, closeHelp, helpDown, helpUp
    case palette, paletteUp, paletteDown, runPalette, closePalette, saveScreen
    case mouse, redraw, suspend, quit, interrupt
  }

  /// Where keys are read: the top of the stack gets them first.
  enum Context: String, CaseIterable, Sendable {
    case map, concepts, select, list, naming, compare
    case prompt, tokens, form, training, start, help, search, palette, figures

    /// Where characters are text: only other keys do something.
    var isWriting: Bool {
      switch self {
      case .prompt, .form, .naming, .search, .palette: true
      default: false
      }
    }
  }

  enum Group: String, CaseIterable, Sendable {
    case layers = "Layers and maps"
    case compare = "Base and tuned"
    case points = "Points"
    case search = "Search"
    case concepts = "Concepts"
    case groups = "Groups and lists"
    case view = "View"
    case prompt = "Prompt"
    case training = "Training"
    case start = "Start"
    case screens = "Screens"
    case program = "Program"
  }

  let id: ID
  /// A user's own, where there is a key file.
  var keys: [Key]
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
  static let all: [Command] = explorer + figures + prompt + training + start + program

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
      .pause, ["Space"], .layers, in: [.map, .compare], "Pause or resume t-SNE or the walk",
      hint: "pause",
      when: { $0.running != nil || $0.explore.play != nil }),
    Command(
      .play, ["P"], .layers, in: [.map], "Walk through the layers, or stop",
      when: { hasLayers($0) && hasRows($0) && $0.explore.method != .tsne }),
    Command(
      .nextAxes, ["]"], .layers, in: [.map, .concepts],
      "Next pair of components, or concept of the x axis",
      when: { hasRows($0) && $0.explore.method != .tsne }),
    Command(
      .previousAxes, ["["], .layers, in: [.map, .concepts],
      "Previous pair of components, or concept of the y axis",
      when: { hasRows($0) && $0.explore.method != .tsne }),
    Command(
      .conceptAxes, ["A"], .layers, in: [.map, .concepts], "Concepts as axes, or components",
      when: hasConcepts),
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
      .metric, ["u"], .points, in: [.map], "Neighbours by cosine, or by Euclidean distance",
      when: hasRows),
    Command(
      .bookmark, ["B"], .points, in: [.map], "Bookmark the row, or take its bookmark off",
      when: hasRows),

    Command(
      .search, ["/"], .search, "Search texts and concepts", hint: "search", when: hasRows),
    Command(
      .nextMatch, ["n"], .search, "Next row found", hint: "found",
      when: { $0.explore.search != nil }),
    Command(
      .previousMatch, ["N"], .search, "Previous row found", hint: "found",
      when: { $0.explore.search != nil }),
    Command(
      .clearSearch, ["Esc"], .search, in: [.map, .compare],
      "End the search, the walk or the selection",
      hint: "end",
      when: {
        $0.explore.search != nil || $0.explore.play != nil || $0.explore.group != nil
      }),
    Command(
      .searchHides, ["F"], .search, "Hide or dim what was not found", hint: "filter",
      when: { $0.explore.search != nil }),
    Command(.acceptSearch, ["Enter"], .search, in: [.search], "Keep the search", hint: "keep"),
    Command(
      .searchExpression, ["Ctrl-r"], .search, in: [.search], "Regular expression, or words",
      hint: "expression"),
    Command(
      .typedSearchHides, ["Tab"], .search, in: [.search], "Hide or dim what was not found",
      hint: "filter"),
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
      .select, ["v"], .groups, in: [.map], "Select rows on the map", hint: "select",
      when: hasRows),
    Command(
      .nextOfGroup, [")"], .groups, in: [.map], "Next row selected",
      when: { $0.explore.group != nil }),
    Command(
      .previousOfGroup, ["("], .groups, in: [.map], "Previous row selected",
      when: { $0.explore.group != nil }),
    Command(
      .groups, ["S"], .groups, in: [.map], "Groups: name, compare, save", hint: "groups",
      when: { !$0.explore.allGroups.isEmpty }),
    Command(
      .lists, ["i"], .groups, in: [.map], "Lists: outliers, confusions, bookmarks, groups",
      hint: "lists", when: hasRows),
    Command(
      .selectLeft, ["h", "Left", "H", "Shift-Left"], .groups, in: [.select],
      "Left; with Shift five at a time", hint: "move"),
    Command(
      .selectDown, ["j", "Down", "J", "Shift-Down"], .groups, in: [.select], "Down", hint: "move"),
    Command(.selectUp, ["k", "Up", "K", "Shift-Up"], .groups, in: [.select], "Up", hint: "move"),
    Command(
      .selectRight, ["l", "Right", "L", "Shift-Right"], .groups, in: [.select], "Right",
      hint: "move"),
    Command(
      .selectAnchor, ["Space"], .groups, in: [.select], "Begin from here", hint: "begin here"),
    Command(.selectShape, ["v"], .groups, in: [.select], "Box, or freehand", hint: "box/freehand"),
    Command(
      .acceptSelection, ["Enter"], .groups, in: [.select], "Select what is inside", hint: "select"),
    Command(.cancelSelection, ["Esc"], .groups, in: [.select], "Give it up", hint: "give up"),
    Command(.listDown, ["j", "Down"], .groups, in: [.list], "Down the list", hint: "move"),
    Command(.listUp, ["k", "Up"], .groups, in: [.list], "Up the list", hint: "move"),
    Command(.listGo, ["Enter"], .groups, in: [.list], "Go to the row", hint: "go"),
    Command(.listNext, ["Tab"], .groups, in: [.list], "Next list", hint: "next list"),
    Command(
      .nameGroup, ["n"], .groups, in: [.list], "Name the group", hint: "name", when: isGroups),
    Command(
      .markGroup, ["Space"], .groups, in: [.list], "Compare the group with others",
      hint: "compare", when: isGroups),
    Command(
      .saveGroup, ["s"], .groups, in: [.list], "Save the group as a concept file", hint: "save",
      when: isGroups),
    Command(
      .deleteEntry, ["d"], .groups, in: [.list], "Remove the bookmark or the group",
      hint: "remove", when: { isGroups($0) || $0.explore.list?.kind == .bookmarks }),
    Command(.closeList, ["Esc", "i", "q"], .groups, in: [.list], "Close the list", hint: "close"),
    Command(.acceptName, ["Enter"], .groups, in: [.naming], "Keep the name", hint: "keep"),
    Command(.cancelName, ["Esc", "Ctrl-g"], .groups, in: [.naming], "Leave it", hint: "leave"),

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
      .marks, ["m"], .view, "Marks: automatic, glyphs, dots, density", hint: "marks",
      when: hasRows),
    Command(
      .colors, ["c"], .view, "Colour by concept, prediction, right or wrong, numbers",
      hint: "colour", when: hasRows),
    Command(.previousColors, ["C"], .view, "The colouring before", when: hasRows),
  ]

  private static let program: [Command] = [
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
      .saveRows, ["X"], .program, in: [.map, .concepts],
      "Save the rows on the map with their places as CSV", when: hasRows),
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

  static let everywhere = Set(Context.allCases)
  /// Where a screen itself gets the keys.
  static let screens: Set<Context> = [
    .map, .concepts, .compare, .prompt, .tokens, .form, .training, .start,
  ]

  private static let hasRows: @Sendable (AppState) -> Bool = { !$0.explore.rows.isEmpty }
  private static let isGroups: @Sendable (AppState) -> Bool = {
    $0.explore.list?.kind == .groups && !$0.explore.allGroups.isEmpty
  }
  private static let isPaired: @Sendable (AppState) -> Bool = {
    $0.compare.map { $0.problem == nil } ?? false
  }
  private static let isTSNE: @Sendable (AppState) -> Bool = { $0.isTSNE }
  private static let hasLayers: @Sendable (AppState) -> Bool = { $0.explore.layers.count > 1 }
  private static let hasConcepts: @Sendable (AppState) -> Bool = { $0.explore.concepts.count > 1 }

  static subscript(id: ID) -> Command? { all.first { $0.id == id } }

  static func find(_ key: Key, _ state: AppState) -> Command? {
    let context = state.context
    if context.isWriting && key.isCharacter { return nil }
    return state.commands.first { $0.contexts.contains(context) && $0.keys.contains(key) }
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
    return state.commands.filter { command in
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

  private static let ownKeys = """
    Keys of your own go into `$XDG_CONFIG_HOME/seer/keys.conf` (`~/.config/seer/keys.conf`), a line \
    for each command to change; its usual keys go. Where two commands would share a key, the file \
    is not used and the footer names both.

        # name = key key
        nextLayer = l Right n
        nextMatch = Ctrl-n

    """

  /// The table as a page of documentation.
  static var markdown: String {
    var page =
      "# Keys\n\nMade from the table of commands; the tests tell when it is stale.\n\n\(ownKeys)"
    for group in Group.allCases {
      page +=
        "\n## \(group.rawValue)\n\n| Keys | What they do | Where | Name |\n|---|---|---|---|\n"
      for command in all where command.group == group {
        let keys = command.keys.map { "`\($0.name == "`" ? "` ` `" : $0.name)`" }
        let places = Context.allCases.filter { command.contexts.contains($0) }
        let place =
          places.count == Context.allCases.count
          ? "everywhere" : places.map(\.rawValue).joined(separator: ", ")
        page +=
          "| \(keys.joined(separator: " ")) | \(command.help) | \(place) | `\(command.id.rawValue)` |\n"
      }
    }
    return page
  }

  /// What can be done now, most useful first; help and quit come last and are never left out.
  static func hints(_ state: AppState, ascii: Bool) -> [Hint] {
    var hints: [Hint] = []
    for command in state.commands {
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
    case .figures: return .figures
    case nil: break
    }
    if explore.search?.isEditing ?? false { return .search }
    if screen == .explore {
      if explore.naming != nil { return .naming }
      if explore.list != nil { return .list }
      if explore.selecting != nil { return .select }
    }
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
