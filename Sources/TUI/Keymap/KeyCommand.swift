import SeerTraining

/// Something a key can do. One table of them feeds dispatch, footer and help.
package struct Command: Sendable {
  package enum ID: String, CaseIterable, Sendable {
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
    case tour, tourNext, nextRun
    case export, nextFormat, acceptExport, cancelExport
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
  package enum Context: String, CaseIterable, Sendable {
    case map, concepts, select, list, naming, exporting, compare
    case prompt, tokens, form, training, start, help, search, palette, figures

    /// Where characters are text: only other keys do something.
    var isWriting: Bool {
      switch self {
      case .prompt, .form, .naming, .exporting, .search, .palette: true
      default: false
      }
    }
  }

  package enum Group: String, CaseIterable, Sendable {
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

  package let id: ID
  /// A user's own, where there is a key file.
  package var keys: [Key]
  package let group: Group
  package let contexts: Set<Context>
  /// One line, in the imperative.
  package let help: String
  /// The word in the footer; neighbours with the same word share it. Nil: not in the footer.
  let hint: String?
  let isAvailable: @Sendable (AppState) -> Bool

  package init(
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
}
