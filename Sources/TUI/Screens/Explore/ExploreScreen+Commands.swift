import SeerApp
import SeerFigures
import SeerWidgets

extension KeyContext {
  package static let select = KeyContext("select")
  package static let list = KeyContext("list")
  package static let multiples = KeyContext("multiples")
  package static let naming = KeyContext("naming", isWriting: true)
  package static let exporting = KeyContext("exporting", isWriting: true)
}

extension CommandGroup {
  package static let layers: CommandGroup = "Layers and maps"
  package static let points: CommandGroup = "Points"
  package static let search: CommandGroup = "Search"
  package static let concepts: CommandGroup = "Concepts"
  package static let groups: CommandGroup = "Groups and lists"
  package static let view: CommandGroup = "View"
}

extension ExploreScreen {
  package static let contexts: [KeyContext] = [
    .map, .concepts, .select, .list, .multiples, .naming, .exporting, .search,
  ]

  package static let commands = [
    CommandSection(order: 10, layerCommands + multiplesCommands),
    CommandSection(
      order: 30,
      pointCommands + searchCommands + conceptCommands + groupCommands + listCommands
        + viewCommands),
    CommandSection(order: 90, [nextRun]),
    CommandSection(order: 110, exportCommands),
    CommandSection(order: 130, tourCommands),
  ]

  // MARK: what they have in common

  static let hasRows: Command.Condition = { !$0.explore.run.rows.isEmpty }
  static let hasLayers: Command.Condition = { $0.explore.run.layers.count > 1 }
  static let hasConcepts: Command.Condition = { $0.explore.run.concepts.count > 1 }

  /// A change of what the screen knows, and nothing else.
  package static func change(
    _ change: @escaping @Sendable (inout ExploreState) -> Void
  ) -> Command.Action {
    { state, _ in
      change(&state.explore)
      return []
    }
  }

  /// A change that tells what it has done.
  package static func say(
    _ change: @escaping @Sendable (inout ExploreState) -> String
  ) -> Command.Action {
    { state, _ in
      let text = change(&state.explore)
      state.message = AppState.Message(text: text, isError: false)
      return []
    }
  }

  /// A change that wants something computed.
  package static func ask(
    _ change: @escaping @Sendable (inout ExploreState) -> [Effect]
  ) -> Command.Action {
    { state, _ in change(&state.explore) }
  }

  // MARK: the table

  private static let pointCommands: [Command] = [
    Command(
      "nextPoint", ["j", "Down"], .points, in: [.map, .compare], "Next row", hint: "point",
      when: hasRows, do: change { $0.step(1) }),
    Command(
      "previousPoint", ["k", "Up"], .points, in: [.map, .compare], "Previous row", hint: "point",
      when: hasRows, do: change { $0.step(-1) }),
    walking("pointUp", "w", "Nearest point above", SIMD2(0, 1)),
    walking("pointLeft", "a", "Nearest point left", SIMD2(-1, 0)),
    walking("pointDown", "s", "Nearest point below", SIMD2(0, -1)),
    walking("pointRight", "d", "Nearest point right", SIMD2(1, 0)),
    Command(
      "nextOfConcept", ["."], .points, in: .maps, "Next row of the concept", when: hasRows,
      do: change { $0.step(1, sameConcept: true) }),
    Command(
      "previousOfConcept", [","], .points, in: .maps, "Previous row of the concept",
      when: hasRows, do: change { $0.step(-1, sameConcept: true) }),
    Command(
      "textDown", ["PageDown", "Ctrl-d"], .points, in: [.map, .concepts], "Scroll the text down",
      when: hasRows, do: { state, _ in scrollText(1, &state) }),
    Command(
      "textUp", ["PageUp", "Ctrl-u"], .points, in: [.map, .concepts], "Scroll the text up",
      when: hasRows, do: { state, _ in scrollText(-1, &state) }),
    Command(
      "neighbours", ["b"], .points, in: [.map], "Mark the nearest rows on the map",
      hint: "neighbours", when: hasRows, do: change { $0.neighbours.isShown.toggle() }),
    Command(
      "metric", ["u"], .points, in: [.map], "Neighbours by cosine, or by Euclidean distance",
      when: hasRows,
      do: say {
        $0.neighbours.metric = $0.neighbours.metric.next
        return "neighbours by \($0.neighbours.metric.rawValue)"
      }),
    Command(
      "bookmark", ["B"], .points, in: [.map], "Bookmark the row, or take its bookmark off",
      when: hasRows, do: { state, _ in bookmark(&state) }),
    Command(
      "back", ["Backspace"], .points, in: [.map], "Back to the row before a list led away",
      when: { !$0.explore.trail.isEmpty }, do: change(goBack)),
    Command(
      "copy", ["Y"], .points, in: [.map, .concepts, .compare, .list],
      "Copy the row, the rows selected or the entry", when: hasRows,
      do: { state, _ in copy(&state) }),
  ]

  private static func walking(
    _ id: CommandID, _ key: String, _ help: String, _ direction: SIMD2<Float>
  ) -> Command {
    Command(
      id, [key], .points, in: [.map, .compare], help, hint: "walk", separator: "", when: hasRows,
      do: { state, _ in walk(direction, &state) })
  }

  private static let searchCommands: [Command] = [
    Command(
      "search", ["/"], .search, in: .maps, "Search texts and concepts", hint: "search",
      when: hasRows, do: change(beginSearch)),
    Command(
      "nextMatch", ["n"], .search, in: .maps, "Next row found", hint: "found", when: isSearching,
      do: change { $0.step(1) }),
    Command(
      "previousMatch", ["N"], .search, in: .maps, "Previous row found", hint: "found",
      when: isSearching, do: change { $0.step(-1) }),
    Command(
      "clearSearch", ["Esc"], .search, in: [.map, .compare],
      "End the search, the walk or the selection", hint: "end",
      when: {
        $0.explore.filter.search != nil || $0.explore.walk.play != nil
          || $0.explore.selection.group != nil
      }, do: ask(end)),
    Command(
      "searchHides", ["F"], .search, in: .maps, "Hide or dim what was not found", hint: "filter",
      when: isSearching, do: change(toggleHiding)),
    Command(
      "acceptSearch", ["Enter"], .search, in: [.search], "Keep the search", hint: "keep",
      do: change {
        $0.filter.search?.isEditing = false
        if $0.filter.search?.query.isEmpty ?? true { $0.filter.search = nil }
      }),
    Command(
      "searchExpression", ["Ctrl-r"], .search, in: [.search], "Regular expression, or words",
      hint: "expression",
      do: change {
        $0.filter.search?.isExpression.toggle()
        $0.find()
      }),
    Command(
      "typedSearchHides", ["Tab"], .search, in: [.search], "Hide or dim what was not found",
      hint: "filter", do: change(toggleHiding)),
    Command(
      "cancelSearch", ["Esc", "Ctrl-g"], .search, in: [.search], "End it", hint: "end",
      do: change { $0.filter.search = nil }),
  ]

  private static let isSearching: Command.Condition = { $0.explore.filter.search != nil }

  private static let conceptCommands: [Command] = [
    Command(
      "conceptDown", ["j", "Down"], .concepts, in: [.concepts], "Move down the list",
      hint: "move",
      do: change {
        $0.panels.legendIndex = min($0.run.concepts.count - 1, $0.panels.legendIndex + 1)
      }),
    Command(
      "conceptUp", ["k", "Up"], .concepts, in: [.concepts], "Move up the list", hint: "move",
      do: change { $0.panels.legendIndex = max(0, $0.panels.legendIndex - 1) }),
    Command(
      "conceptToggle", ["Space"], .concepts, in: [.concepts], "Hide or show the concept",
      hint: "hide/show", do: change { $0.toggle($0.panels.legendIndex) }),
    Command(
      "conceptOnly", ["Enter"], .concepts, in: [.concepts], "Only this concept, or all",
      hint: "only", do: change { only($0.panels.legendIndex, &$0) }),
    Command(
      "toggleConcept", ["1", "2", "3", "4", "5", "6", "7", "8", "9"], .concepts, in: .maps,
      "Hide or show by number", hint: "hide",
      label: Command.Label(help: "1-9") { "1-\(min(9, $0.explore.run.concepts.count))" },
      when: hasConcepts,
      do: { state, key in
        if case .character(let digit) = key, let number = Int(String(digit)) {
          state.explore.toggle(number - 1)
        }
        return []
      }),
    Command(
      "onlyConcept", ["o"], .concepts, in: [.map, .compare],
      "Only the cursor's concept, or all", hint: "only", when: hasConcepts,
      do: change { if let concept = $0.cursorConcept { only(concept, &$0) } }),
    Command(
      "showAll", ["0"], .concepts, in: .maps, "Show all concepts", hint: "all",
      when: { !$0.explore.filter.hidden.isEmpty }, do: change { $0.filter.hidden = [] }),
    Command(
      "focusConcepts", ["Tab"], .concepts, in: [.map], "Go to the list of concepts",
      hint: "concepts", when: hasConcepts,
      do: change {
        $0.panels.focus = .concepts
        if let concept = $0.cursorConcept { $0.panels.legendIndex = concept }
      }),
    Command(
      "leaveConcepts", ["Esc", "Tab"], .concepts, in: [.concepts], "Back to the map",
      hint: "map", do: change { $0.panels.focus = .map }),
  ]

  private static let viewCommands: [Command] = [
    Command(
      "zoomIn", ["+", "="], .view, in: [.map, .compare], "Zoom in on the cursor", hint: "zoom",
      when: hasRows, do: zoom(1.4)),
    Command(
      "zoomOut", ["-"], .view, in: [.map, .compare], "Zoom out", hint: "zoom", when: hasRows,
      do: zoom(1 / 1.4)),
    Command(
      "fit", ["f", "_"], .view, in: .maps, "Fit the map to the bulk of its rows, then to all",
      word: { $0.explore.look.view == .whole ? nil : "fit" }, when: hasRows, do: say(fit)),
    panning("panLeft", ["H", "Shift-Left"], "left", SIMD2(-1, 0)),
    panning("panDown", ["J", "Shift-Down"], "down", SIMD2(0, -1)),
    panning("panUp", ["K", "Shift-Up"], "up", SIMD2(0, 1)),
    panning("panRight", ["L", "Shift-Right"], "right", SIMD2(1, 0)),
    Command(
      "names", ["W"], .view, in: .maps, "Words: the concepts' names on the map", when: hasRows,
      do: change { $0.look.showsNames.toggle() }),
    Command(
      "tokens", ["t"], .view, in: [.map], "The text's tokens, joined in the order of reading",
      hint: "tokens", when: { !$0.explore.run.positions.isEmpty },
      do: change { $0.look.showsTokens.toggle() }),
    Command(
      "marks", ["m"], .view, in: .maps, "Marks: automatic, glyphs, dots, density",
      hint: "marks", when: hasRows,
      do: say {
        $0.look.marks = $0.look.marks.next
        return "marks: \($0.look.marks.rawValue)"
      }),
    Command(
      "colors", ["c"], .view, in: .maps,
      "Colour by concept, prediction, right or wrong, numbers", hint: "colour", when: hasRows,
      do: say { turnColors(&$0, by: 1) }),
    Command(
      "previousColors", ["C"], .view, in: .maps, "The colouring before", when: hasRows,
      do: say { turnColors(&$0, by: -1) }),
    Command(
      "expertColors", ["E"], .view, in: [.map, .concepts],
      "Colour by the expert that weighs most, or by concept", when: hasRows,
      do: { state, _ in
        turnExperts(&state)
        return []
      }),
  ]

  private static func zoom(_ factor: Float) -> Command.Action {
    { state, _ in
      state.zoom(factor, around: nil)
      return []
    }
  }

  private static func panning(
    _ id: CommandID, _ keys: [String], _ way: String, _ direction: SIMD2<Float>
  ) -> Command {
    Command(
      id, keys, .view, in: [.map, .compare], "Move the view \(way)", when: hasRows,
      do: change { pan(direction, &$0) })
  }

  private static let nextRun = Command(
    "nextRun", ["R"], .screens, in: [.map, .concepts], "Explore the next run", hint: "next run",
    when: { $0.runs > 1 },
    do: { state, _ in [.openRun((state.run + 1) % max(1, state.runs), id)] })

  private static let tourCommands: [Command] = [
    Command(
      "tour", ["T"], .program, in: [.map], "Guided tour, or its end",
      do: change { $0.tour = $0.tour == nil ? Tour() : nil }),
    Command(
      "tourNext", ["Enter"], .program, in: [.map], "Go on with the tour", hint: "go on",
      when: { $0.explore.tour != nil },
      do: { state, _ in
        guard var tour = state.explore.tour else { return [] }
        tour.goOn { [state] in state.registry[$0].isThere(state) }
        state.explore.tour = tour.current == nil ? nil : tour
        return []
      }),
  ]
}
