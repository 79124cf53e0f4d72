import SeerSupport

extension Command {
  /// Writing and reading on the Prompt screen.
  package static let prompt: [Command] = [
    Command(
      .send, ["Enter"], .prompt, in: [.prompt], "Send, and let the model answer",
      hint: "answer", when: { !($0.prompt?.isAnswering ?? false) }),
    Command(
      .stopAnswer, ["Esc"], .prompt, in: [.prompt],
      "Stop the answer, or go to the tokens", hint: "stop/tokens"),
    Command(.write, ["i", "Esc", "Enter"], .prompt, in: [.tokens], "Write again", hint: "write"),
    Command(
      .promptLayerUp, ["PageUp", "k", "Up"], .prompt, in: [.tokens], "Layer above",
      hint: "layer"),
    Command(
      .promptLayerDown, ["PageDown", "j", "Down"], .prompt, in: [.tokens], "Layer below",
      hint: "layer"),
    Command(.writingLayerUp, ["PageUp"], .prompt, in: [.prompt], "Layer above", hint: "layer"),
    Command(
      .writingLayerDown, ["PageDown"], .prompt, in: [.prompt], "Layer below",
      hint: "layer"),
    Command(
      .nextConcept, ["Tab"], .prompt, in: [.prompt, .tokens],
      "Next concept of the grid", hint: "concept"),
    Command(.previousConcept, ["c"], .prompt, in: [.tokens], "Concept before"),
    Command(.tokenLeft, ["h", "Left"], .prompt, in: [.tokens], "Token before", hint: "token"),
    Command(.tokenRight, ["l", "Right"], .prompt, in: [.tokens], "Token after", hint: "token"),
    Command(.firstToken, ["g", "Home"], .prompt, in: [.tokens], "First token"),
    Command(.lastToken, ["G", "End"], .prompt, in: [.tokens], "Last token"),
    Command(.newLine, ["Ctrl-n"], .prompt, in: [.prompt], "New line", hint: "new line"),
    Command(
      .answerSide, ["b"], .prompt, in: [.tokens],
      "Base or tuned: who answers and is shown", hint: "base/tuned",
      when: { $0.prompt?.hasTuned ?? false }),
    Command(
      .trajectory, ["m"], .prompt, in: [.tokens],
      "The tokens' way over the map of the layer", hint: "map"),
    Command(
      .steerMore, ["+", "="], .prompt, in: [.tokens],
      "Steer the next answer towards the concept", hint: "steer", when: readsConcepts),
    Command(
      .steerLess, ["-"], .prompt, in: [.tokens], "Steer the next answer away from the concept",
      hint: "steer", when: readsConcepts),
    Command(
      .steerOff, ["0"], .prompt, in: [.tokens], "No steering",
      when: { $0.prompt?.steer != 0 }),
    Command(
      .exportChat, ["e"], .prompt, in: [.tokens],
      "Save the scored chat as JSON, Markdown and HTML", hint: "export"),
    Command(.clearChat, ["N"], .prompt, in: [.tokens], "New chat", hint: "new chat"),
    Command(.chatUp, ["Shift-Up"], .prompt, in: [.prompt, .tokens], "Scroll the chat up"),
    Command(.chatDown, ["Shift-Down"], .prompt, in: [.prompt, .tokens], "Scroll the chat down"),
    Command(.caretLeft, ["Left"], .prompt, in: [.prompt], "A character back"),
    Command(.caretRight, ["Right"], .prompt, in: [.prompt], "A character on"),
    Command(.caretUp, ["Up"], .prompt, in: [.prompt], "A line up, or what was sent before"),
    Command(.caretDown, ["Down"], .prompt, in: [.prompt], "A line down, or what was sent after"),
    Command(.caretHome, ["Home", "Ctrl-a"], .prompt, in: [.prompt], "Start of the line"),
    Command(.caretEnd, ["End", "Ctrl-e"], .prompt, in: [.prompt], "End of the line"),
    Command(.deleteBackward, ["Backspace"], .prompt, in: [.prompt], "Delete what is before"),
    Command(.deleteForward, ["Delete", "Ctrl-d"], .prompt, in: [.prompt], "Delete what is after"),
    Command(.deleteWord, ["Ctrl-w"], .prompt, in: [.prompt], "Delete the word before"),
    Command(.deleteToStart, ["Ctrl-u"], .prompt, in: [.prompt], "Delete to the line's start"),
    Command(.deleteToEnd, ["Ctrl-k"], .prompt, in: [.prompt], "Delete to the line's end"),
    Command(.undo, ["Ctrl-_"], .prompt, in: [.prompt], "Take back"),
    Command(.redo, ["Ctrl-y"], .prompt, in: [.prompt], "Do again"),
  ]

  private static let readsConcepts: @Sendable (AppState) -> Bool = {
    $0.prompt?.concepts.isEmpty == false
  }
}
