import SeerApp
import SeerWidgets

extension KeyContext {
  package static let figures = KeyContext("figures")
}

extension CommandGroup {
  package static let compare: CommandGroup = "Base and tuned"
}

extension CompareScreen {
  package static let contexts: [KeyContext] = [.compare, .figures]

  package static let commands = [
    CommandSection(order: 20, pairCommands),
    CommandSection(order: 40, figureCommands),
  ]

  /// What this screen answers in its own way, though Explore has it, too.
  package static let answers: [CommandID: Command.Action] = [
    "projection": { state, _ in changeMethod(&state) },
    "pause": { state, _ in pause(&state) },
    "perplexityDown": { state, _ in changeOption(by: 1 / 1.5, &state) },
    "perplexityUp": { state, _ in changeOption(by: 1.5, &state) },
    "newSeed": { state, _ in newSeed(&state) },
    "mapOptions": { state, _ in turnOptions(&state) },
  ]

  private static func change(
    _ change: @escaping @Sendable (inout CompareState) -> Void
  ) -> Command.Action {
    { state, _ in
      guard var compare = state.compare else { return [] }
      change(&compare)
      state.compare = compare
      return []
    }
  }

  private static let isPaired: Command.Condition = {
    $0.compare.map { $0.problem == nil } ?? false
  }
  private static let isMeasured: Command.Condition = {
    $0.compare?.problem == nil && $0.explore.run.concepts.count > 1
  }
  private static let hasMoved: Command.Condition = {
    $0.compare?.figures[$0.explore.layer]?.moved.isEmpty == false
  }

  /// Two runs side by side.
  private static let pairCommands: [Command] = [
    Command(
      "flicker", ["t"], .compare, in: [.compare], "One map that jumps between base and tuned",
      hint: "flicker", when: isPaired,
      do: change {
        $0.morph = nil
        if case .one(let share) = $0.shown {
          $0.shown = .one(share < 0.5 ? 1 : 0)
        } else {
          $0.shown = .one(0)
        }
      }),
    Command(
      "morph", ["T"], .compare, in: [.compare], "One map that glides between base and tuned",
      hint: "morph", when: isPaired,
      do: change {
        var share: Float = 0
        if case .one(let now) = $0.shown { share = now }
        let target = $0.morph?.target ?? share
        $0.shown = .one(share)
        $0.morph = CompareState.Morph(target: target < 0.5 ? 1 : 0)
      }),
    Command(
      "bothMaps", ["Enter"], .compare, in: [.compare], "Both maps side by side", hint: "both",
      when: { $0.compare?.shown != .both },
      do: change {
        $0.shown = .both
        $0.morph = nil
      }),
    Command(
      "arrows", ["v"], .compare, in: [.compare],
      "Arrows from base to tuned: the row's, all found", hint: "arrows", when: isPaired,
      do: change { $0.showsArrows.toggle() }),
    Command(
      "swapSides", ["S"], .compare, in: [.compare], "Swap the sides", when: isPaired,
      do: change { $0.isSwapped.toggle() }),
    Command(
      "ownAxes", ["U"], .compare, in: [.compare],
      "Each side filling its panel, or both on the same axes",
      word: { $0.compare?.sharesAxes ?? false ? "fill" : "same axes" }, when: isPaired,
      do: change { $0.sharesAxes.toggle() }),
    Command(
      "allRuns", ["Z"], .compare, in: [.compare], "All runs side by side, or two",
      hint: "all runs", when: { isPaired($0) && ($0.compare?.runs.names.count ?? 0) > 2 },
      do: change { $0.runs.isShown.toggle() }),
    Command(
      "nextTuned", ["R"], .compare, in: [.compare], "The next run beside the first",
      hint: "next run", when: { ($0.compare?.runs.names.count ?? 0) > 2 },
      do: { _, _ in [.compare(.nextRun)] }),
    Command(
      "comparePanel", ["Tab"], .compare, in: [.compare],
      "Concepts, figures, confusions, rows that moved", hint: "tables", when: isPaired,
      do: change { $0.panel = $0.panel.next }),
  ]

  /// What is measured of two runs.
  private static let figureCommands: [Command] = [
    Command(
      "explainFigures", ["i"], .compare, in: [.compare],
      "All figures with their nulls, and what each one means", hint: "figures",
      when: isMeasured, do: change { $0.explained = FiguresOverlay.Place() }),
    Command(
      "measureFigures", ["u"], .compare, in: [.compare], "Stop measuring figures, or go on",
      when: isMeasured, do: { state, _ in toggleMeasuring(&state) }),
    Command(
      "nextMoved", ["e"], .compare, in: [.compare], "Next of the rows that moved most",
      when: hasMoved, do: { state, _ in goToMoved(by: 1, &state) }),
    Command(
      "previousMoved", ["E"], .compare, in: [.compare], "Row before among those that moved most",
      when: hasMoved, do: { state, _ in goToMoved(by: -1, &state) }),
    Command(
      "figuresDown", ["j", "Down"], .compare, in: [.figures], "Next figure", hint: "figure",
      do: { state, _ in FiguresOverlay.move(by: 1, &state) }),
    Command(
      "figuresUp", ["k", "Up"], .compare, in: [.figures], "Figure before", hint: "figure",
      do: { state, _ in FiguresOverlay.move(by: -1, &state) }),
    Command(
      "figuresTextDown", ["Space", "PageDown"], .compare, in: [.figures],
      "Scroll its text down", hint: "scroll",
      do: { state, _ in FiguresOverlay.scroll(by: 1, &state) }),
    Command(
      "figuresTextUp", ["PageUp"], .compare, in: [.figures], "Scroll its text up",
      do: { state, _ in FiguresOverlay.scroll(by: -1, &state) }),
    Command(
      "copyFigure", ["Y"], .compare, in: [.figures], "Copy the figure and what it means",
      hint: "copy", do: { state, _ in FiguresOverlay.copy(&state) }),
    Command(
      "closeFigures", ["Esc", "i", "q", "Enter"], .compare, in: [.figures],
      "Close the figures", hint: "close", do: change { $0.explained = nil }),
  ]
}
