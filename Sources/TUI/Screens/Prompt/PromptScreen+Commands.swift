import SeerApp
import SeerSupport
import SeerWidgets

extension KeyContext {
  package static let prompt = KeyContext("prompt", isScreen: true, isWriting: true)
  package static let tokens = KeyContext("tokens", isScreen: true)
  package static let why = KeyContext("why", isScreen: true)
}

extension CommandGroup {
  package static let prompt: CommandGroup = "Prompt"
}

extension PromptScreen {
  package static let contexts: [KeyContext] = [.prompt, .tokens, .why]
  package static let commands = [
    CommandSection(
      partCommands + chatCommands + whyCommands + answerCommands + tokenCommands + editCommands)
  ]

  private static func change(
    _ change: @escaping @Sendable (inout PromptState) -> Void
  ) -> Command.Action {
    { state, _ in
      guard var prompt = state.prompt else { return [] }
      change(&prompt)
      state.prompt = prompt
      return []
    }
  }

  private static func ask(
    _ change: @escaping @Sendable (inout PromptState) -> [Effect]
  ) -> Command.Action {
    { state, _ in
      guard var prompt = state.prompt else { return [] }
      let effects = change(&prompt)
      state.prompt = prompt
      return effects
    }
  }

  private static let chatCommands: [Command] = [
    Command(
      "send", ["Enter"], .prompt, in: [.prompt], "Send, and let the model answer",
      hint: "answer", when: { !($0.prompt?.isAnswering ?? false) }, do: ask(send)),
    Command(
      "stopAnswer", ["Esc"], .prompt, in: [.prompt], "Stop the answer, or go to the tokens",
      hint: "stop/tokens",
      do: ask {
        if $0.isAnswering { return [.prompt(.stopAnswer)] }
        $0.focus = .tokens
        return []
      }),
    Command(
      "write", ["i", "Esc", "Enter"], .prompt, in: [.tokens], "Write again", hint: "write",
      do: change { $0.focus = .editor }),
    Command(
      "promptLayerUp", ["PageUp", "k", "Up"], .prompt, in: [.tokens], "Layer above",
      hint: "layer", do: change { $0.layer = min($0.layers.count - 1, $0.layer + 1) }),
    Command(
      "promptLayerDown", ["PageDown", "j", "Down"], .prompt, in: [.tokens], "Layer below",
      hint: "layer", do: change { $0.layer = max(0, $0.layer - 1) }),
    Command(
      "writingLayerUp", ["PageUp"], .prompt, in: [.prompt, .why], "Layer above", hint: "layer",
      do: change { $0.layer = min($0.layers.count - 1, $0.layer + 1) }),
    Command(
      "writingLayerDown", ["PageDown"], .prompt, in: [.prompt, .why], "Layer below",
      hint: "layer", do: change { $0.layer = max(0, $0.layer - 1) }),
  ]

  private static let partCommands: [Command] = [
    Command(
      "partDown", ["j", "Down"], .prompt, in: [.why], "Next part", hint: "part",
      do: change { moveChoice(&$0, by: 1) }),
    Command(
      "partUp", ["k", "Up"], .prompt, in: [.why], "Part before", hint: "part",
      do: change { moveChoice(&$0, by: -1) }),
    Command(
      "partLayers", ["Enter"], .prompt, in: [.why], "What the part gave at every layer, and back",
      hint: "every layer", word: { $0.prompt?.reasons.showsLayers ?? false ? "parts" : nil },
      do: change { $0.reasons.showsLayers.toggle() }),
    Command(
      "leaveWhy", ["Esc"], .prompt, in: [.why], "Back to the parts, then to the tokens",
      hint: "back",
      do: change {
        if $0.reasons.showsLayers { $0.reasons.showsLayers = false } else { $0.focus = .tokens }
      }),
  ]

  private static let whyCommands: [Command] = [
    Command(
      "why", ["w"], .prompt, in: [.tokens, .why],
      "Why: the earlier tokens, heads and blocks that wrote the score", hint: "why",
      do: change { toggle(.why, &$0) }),
    Command(
      "lens", ["n"], .prompt, in: [.tokens, .why],
      "What the token is about to be followed by, at every layer", hint: "next words",
      do: change { toggle(.lens, &$0) }),
  ]

  private static let tokenCommands: [Command] = [
    Command(
      "nextConcept", ["Tab"], .prompt, in: [.prompt, .tokens, .why],
      "All concepts, or the next one alone", hint: "concept", do: change { turnConcept(&$0, by: 1) }
    ),
    Command(
      "previousConcept", ["c"], .prompt, in: [.tokens, .why], "Concept before, or all",
      do: change { turnConcept(&$0, by: -1) }),
    Command(
      "watch", ["a"], .prompt, in: [.tokens],
      "Alert on the concept: a ! beside what raises one, by mistake one time in a hundred",
      hint: "alert", when: readsConcepts,
      do: { state, _ in
        watch(&state)
        return []
      }),
    Command(
      "tokenLeft", ["h", "Left"], .prompt, in: [.tokens, .why], "Token before", hint: "token",
      do: change { moveToken(&$0, by: 1) }),
    Command(
      "tokenRight", ["l", "Right"], .prompt, in: [.tokens, .why], "Token after", hint: "token",
      do: change { moveToken(&$0, by: -1) }),
    Command(
      "firstToken", ["g", "Home"], .prompt, in: [.tokens, .why],
      "First token of the message, then of the chat", do: change { moveToFirst(&$0) }),
    Command(
      "lastToken", ["G", "End"], .prompt, in: [.tokens, .why], "Last token",
      do: change { $0.tokenFromEnd = 0 }),
    Command(
      "newLine", ["Ctrl-n"], .prompt, in: [.prompt], "New line", hint: "new line",
      do: change { $0.editor.insert("\n") }),
    Command(
      "answerSide", ["b"], .prompt, in: [.tokens, .why],
      "Base or tuned: who answers and is shown", hint: "base/tuned",
      when: { $0.prompt?.hasTuned ?? false }, do: { state, _ in changeSide(&state) }),
    Command(
      "trajectory", ["m"], .prompt, in: [.tokens], "The tokens' way over the map of the layer",
      hint: "map", do: change { $0.showsTrajectory.toggle() }),
    Command(
      "steerMore", ["+", "="], .prompt, in: [.tokens],
      "Steer the next answer towards the concept", hint: "steer", when: readsConcepts,
      do: change { $0.steer = min(PromptState.steers.upperBound, $0.steer + 1) }),
    Command(
      "steerLess", ["-"], .prompt, in: [.tokens], "Steer the next answer away from the concept",
      hint: "steer", when: readsConcepts,
      do: change { $0.steer = max(PromptState.steers.lowerBound, $0.steer - 1) }),
    Command(
      "steerOff", ["0"], .prompt, in: [.tokens], "No steering",
      when: { $0.prompt?.steer != 0 }, do: change { $0.steer = 0 }),
    Command(
      "exportChat", ["e"], .prompt, in: [.tokens],
      "Save the scored chat as JSON, Markdown and HTML", hint: "export",
      do: ask { _ in [.prompt(.export)] }),
    Command(
      "clearChat", ["N"], .prompt, in: [.tokens], "New chat", hint: "new chat", do: ask(clear)),
    Command(
      "chatUp", ["Shift-Up"], .prompt, in: [.prompt, .tokens, .why], "Scroll the chat up",
      do: change { $0.chatScroll += 3 }),
    Command(
      "chatDown", ["Shift-Down"], .prompt, in: [.prompt, .tokens, .why], "Scroll the chat down",
      do: change { $0.chatScroll = max(0, $0.chatScroll - 3) }),
  ]

  private static let answerCommands: [Command] = [
    Command(
      "colder", ["t"], .prompt, in: [.tokens], "Lower temperature of answers: less varied",
      hint: "temperature", word: { $0.prompt?.temperatureText },
      do: change { $0.temperature = max(PromptState.temperatures.lowerBound, $0.temperature - 1) }),
    Command(
      "warmer", ["T"], .prompt, in: [.tokens], "Higher temperature of answers: more varied",
      hint: "temperature", word: { $0.prompt?.temperatureText },
      do: change { $0.temperature = min(PromptState.temperatures.upperBound, $0.temperature + 1) }),
    Command(
      "penaltyLess", ["p"], .prompt, in: [.tokens], "Lower penalty on repeated words",
      hint: "penalty", word: { $0.prompt?.penaltyText },
      do: change { $0.penalty = max(PromptState.penalties.lowerBound, $0.penalty - 5) }),
    Command(
      "penaltyMore", ["P"], .prompt, in: [.tokens], "Higher penalty on repeated words",
      hint: "penalty", word: { $0.prompt?.penaltyText },
      do: change { $0.penalty = min(PromptState.penalties.upperBound, $0.penalty + 5) }),
    Command(
      "answerAgain", ["r"], .prompt, in: [.tokens], "Another answer, by the next seed",
      hint: "again",
      when: {
        $0.prompt?.isAnswering == false && $0.prompt?.chat.last?.message.role == .assistant
      }, do: ask(answerAgain)),
    Command(
      "template", ["s"], .prompt, in: [.tokens],
      "The model's own template, or the text as it is", hint: "template",
      when: { $0.prompt?.hasTemplate ?? false && $0.prompt?.isAnswering == false },
      do: change { $0.usesTemplate.toggle() }),
  ]

  private static let readsConcepts: Command.Condition = {
    $0.prompt?.concepts.isEmpty == false
  }

  private static let editCommands: [Command] = [
    editing("caretLeft", ["Left"], "A character back") { $0.left() },
    editing("caretRight", ["Right"], "A character on") { $0.right() },
    Command(
      "caretUp", ["Up"], .prompt, in: [.prompt], "A line up, or what was sent before",
      do: { state, _ in moveCaret(by: -1, &state) }),
    Command(
      "caretDown", ["Down"], .prompt, in: [.prompt], "A line down, or what was sent after",
      do: { state, _ in moveCaret(by: 1, &state) }),
    editing("caretHome", ["Home", "Ctrl-a"], "Start of the line") { $0.toLineStart() },
    editing("caretEnd", ["End", "Ctrl-e"], "End of the line") { $0.toLineEnd() },
    editing("deleteBackward", ["Backspace"], "Delete what is before") { $0.deleteBackward() },
    editing("deleteForward", ["Delete", "Ctrl-d"], "Delete what is after") {
      $0.deleteForward()
    },
    editing("deleteWord", ["Ctrl-w"], "Delete the word before") { $0.deleteWord() },
    editing("deleteToStart", ["Ctrl-u"], "Delete to the line's start") {
      $0.deleteToLineStart()
    },
    editing("deleteToEnd", ["Ctrl-k"], "Delete to the line's end") { $0.deleteToLineEnd() },
    editing("undo", ["Ctrl-_"], "Take back") { $0.undo() },
    editing("redo", ["Ctrl-y"], "Do again") { $0.redo() },
  ]

  private static func editing(
    _ id: CommandID, _ keys: [String], _ help: String,
    _ edit: @escaping @Sendable (inout Editor) -> Void
  ) -> Command {
    Command(id, keys, .prompt, in: [.prompt], help, do: change { edit(&$0.editor) })
  }
}
