import SeerWidgets

/// A walk of some five minutes through what the screens can do, each step done by the user's own
/// keys.
package struct Tour: Equatable, Sendable {
  package struct Step: Sendable {
    package let text: String
    /// Any of these takes the tour on; none: Enter does.
    package let commands: Set<CommandID>
    /// The screen it is about; it is passed over where that has nothing to show.
    package let screen: ScreenID

    package init(
      _ text: String, _ commands: Set<CommandID> = [], on screen: ScreenID = .explore
    ) {
      self.text = text
      self.commands = commands
      self.screen = screen
    }
  }

  package var step = 0

  package init(step: Int = 0) {
    self.step = step
  }

  package static let steps: [Step] = [
    Step(
      "Every mark on the map is one text, by what the model thinks at its last token: texts "
        + "that it takes alike lie together. Marks and colours tell the concepts."),
    Step(
      "The text under the cursor is at the right. j and k go from row to row. Press j.",
      ["nextPoint", "previousPoint"]),
    Step(
      "w a s d walk on the map, to the nearest point that way. Press d.",
      ["pointLeft", "pointRight", "pointUp", "pointDown"]),
    Step(
      "The model thinks in layers: the line below has a bar for each, as high as the concepts "
        + "part there. l and h go through them. Press l.", ["nextLayer", "previousLayer"]),
    Step("* jumps to the layer where concepts part best. Press *.", ["bestLayer"]),
    Step(
      "P walks through the layers, maps gliding into each other; Space holds it. Press P, watch "
        + "a while, then P again.", ["play"]),
    Step(
      "c changes what colours say: the concept a text is taken for, right or wrong, its margin, "
        + "its length. Press c; C goes back.", ["colors", "previousColors"]),
    Step(
      "/ finds texts by words, with Ctrl-r by an expression; n goes to the next. Type /police, "
        + "then Enter.", ["acceptSearch"]),
    Step("F hides what was not found; Esc ends the search. Press Esc.", ["clearSearch"]),
    Step(
      "i lists what is odd: texts far from their concept, and, with Tab, concepts taken for each "
        + "other. Press i, choose one, then Enter.", ["listGo"]),
    Step(
      "v selects rows: move, Space where the box begins, move on, Enter. Or drag with the right "
        + "button. S then names, compares and saves them.", ["acceptSelection"]),
    Step(
      "p makes a t-SNE map, before your eyes: it keeps neighbours together, at the cost of "
        + "distances. More p, more kinds of map: the line below tells what to trust. Press p.",
      ["projection"]),
    Step(
      "W writes the concepts' names on the map; ? explains the words and lists the keys. Press W.",
      ["names"]),
    Step(
      "F3 puts two runs side by side: the model before and after it was trained. Press F3.",
      ["showCompare"], on: .compare),
    Step(
      "Below the maps stands how many held-out rows are right, before and after, beside chance, and "
        + "every concept with its own two shares. Tab shows the tables. Press Tab.",
      ["comparePanel"], on: .compare),
    Step(
      "t jumps between before and after on one map, T glides; Enter shows both again. Press t.",
      ["flicker", "morph"], on: .compare),
    Step(
      "F4 scores what you write, token by token, at every layer. Press F4.", ["showPrompt"],
      on: .prompt),
    Step(
      "Type a sentence: every token gets the concept that the model takes it for. Esc goes from the "
        + "text to its tokens. Press Esc.", ["stopAnswer"], on: .prompt),
    Step(
      "F5 trains an adapter that pulls the concepts apart. Press F5.", ["showTrain"],
      on: .train),
    Step(
      "Every line says what is wrong with it while you type; the last one tells what it will take, "
        + "and Enter there starts. It goes on while you look at other screens. Press Up.",
      ["fieldUp", "fieldDown", "fieldEnter", "keptBefore"], on: .train),
    Step(
      "F6 lists the runs, files and models that there are. Wherever you are, : finds every command "
        + "by its words, and ? lists the keys. Press F6.", ["showStart"], on: .start),
    Step(
      "Your own texts come in here: a CSV file in this folder, with the columns prompt and value, "
        + "stands in the list. Enter on it records what the model thinks of each text; then their "
        + "map is yours. F2 goes back to this one. With either the tour ends.",
      ["openEntry", "showExplore"], on: .start),
  ]

  package var current: Step? { Self.steps.indices.contains(step) ? Self.steps[step] : nil }

  /// Goes on where the command is what the step is about.
  package mutating func note(_ id: CommandID, isThere: (ScreenID) -> Bool) {
    if current?.commands.contains(id) ?? false { goOn(isThere: isThere) }
  }

  /// The next step that can be done.
  package mutating func goOn(isThere: (ScreenID) -> Bool) {
    repeat { step += 1 } while current.map { !isThere($0.screen) } ?? false
  }
}
