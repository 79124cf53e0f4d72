import SeerSupport

/// How one kind of chat template writes a conversation: what stands around the content of every
/// turn.
package struct ChatFormat: Equatable, Sendable {
  package struct Turn: Equatable, Sendable {
    package var before = ""
    /// The marker that ends the turn, for which the positions `last` and `prompt-end` stand.
    package var end = ""
    /// What follows the marker, such as a newline.
    package var after = ""
    var trims = false
  }

  /// Where a system message goes.
  enum SystemPlace: Equatable, Sendable {
    case turn
    /// Into the user's first turn, with a blank line after it.
    case firstUser
    /// Into the user's turn where that is the last one.
    case finalUser
    /// Left out without a word.
    case ignored
    case refused
  }

  package var start = ""
  package var system = Turn()
  package var user = Turn()
  package var assistant = Turn()
  /// The opening of the assistant's turn.
  package var generation = ""
  /// What ends a conversation without that opening.
  package var ending = ""
  /// Whether the opening is written after every user's turn, asked for or not.
  var opensAfterUser = false
  var systemPlace = SystemPlace.turn
  /// What a system turn begins with whatever the message.
  var systemPreface = ""
  package var defaultSystem: String?
  /// What the last turn begins with where it is the assistant's: an empty reasoning.
  var finalThought = ""

  package func turn(_ role: ChatMessage.Role) -> Turn {
    switch role {
    case .system: system
    case .user: user
    default: assistant
    }
  }
}

// MARK: The families

extension ChatFormat {
  package init?(
    _ family: ChatTemplate.Family, _ text: TemplateText, beginning: String, end: String
  ) {
    let start = text.has("bos_token") ? beginning : ""
    switch family {
    case .chatml: self.init(chatml: text, start: start)
    case .llama3: self.init(llama3: text, start: start)
    case .gemma: self.init(gemma: text, start: start)
    case .phi3: self.init(phi3: text, start: start, end: end)
    case .zephyr: self.init(zephyr: text, start: start, end: end)
    case .mistral: self.init(mistral: text, start: start, end: end)
    case .none, .unknown: return nil
    }
  }

  /// Every turn with the same markers around its role.
  private init(start: String, _ turn: (ChatMessage.Role) -> Turn) {
    self.start = start
    system = turn(.system)
    user = turn(.user)
    assistant = turn(.assistant)
  }

  private init(chatml text: TemplateText, start: String) {
    self.init(start: start) {
      Turn(before: "<|im_start|>\($0.rawValue)\n", end: "<|im_end|>", after: "\n")
    }
    generation = "<|im_start|>assistant\n"
    defaultSystem = text.defaultSystem
    // Qwen 3 writes the reasoning of the last answer, empty where there is none.
    if text.has("reasoning_content") { finalThought = "<think>\n\n</think>\n\n" }
  }

  private init(llama3 text: TemplateText, start: String) {
    self.init(start: start) {
      Turn(
        before: "<|start_header_id|>\($0.rawValue)<|end_header_id|>\n\n", end: "<|eot_id|>",
        trims: true)
    }
    generation = "<|start_header_id|>assistant<|end_header_id|>\n\n"
    // Llama 3.1 and later always have a system turn with dates. Where the template asks for
    // today's, its own fallback is written: the same conversation is the same text tomorrow.
    if text.has("Cutting Knowledge Date: December 2023") {
      systemPreface = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
      defaultSystem = ""
    }
  }

  private init(gemma text: TemplateText, start: String) {
    self.init(start: start) {
      let name = $0 == .assistant ? "model" : $0.rawValue
      return Turn(
        before: "<start_of_turn>\(name)\n", end: "<end_of_turn>", after: "\n", trims: true)
    }
    generation = "<start_of_turn>model\n"
    systemPlace = text.has("first_user_prefix") ? .firstUser : .refused
  }

  private init(phi3 text: TemplateText, start: String, end: String) {
    self.init(start: start) {
      Turn(before: "<|\($0.rawValue)|>\n", end: "<|end|>", after: "\n")
    }
    generation = "<|assistant|>\n"
    // The first template of Phi-3 opens the answer together with the question's turn.
    opensAfterUser = text.hasCode("'<|end|>'+'\\n'+'<|assistant|>'")
    if opensAfterUser { assistant.before = "" }
    if text.hasCode("{%else%}{{eos_token}}") { ending = end }
    if !text.has("<|system|>") { systemPlace = .ignored }
  }

  private init(zephyr text: TemplateText, start: String, end: String) {
    self.init(start: start) {
      Turn(before: "<|\($0.rawValue)|>\n", end: end.isEmpty ? "</s>" : end, after: "\n")
    }
    generation = "<|assistant|>\n"
  }

  private init(mistral text: TemplateText, start: String, end: String) {
    let opening = text.hasCode("'[INST] '") ? "[INST] " : "[INST]"
    // The blank before the marker is a part of it.
    let closing = text.hasCode("' [/INST]'") ? " [/INST]" : "[/INST]"
    self.init(start: start) { role in
      role == .assistant ? Turn(end: end) : Turn(before: opening, end: closing)
    }
    if text.hasCode("' '+message['content']") { assistant.before = " " }
    assistant.trims =
      text.hasCode("message['content']|trim+eos_token")
      || text.hasCode("message['content']|trim}}{{eos_token")
    if text.hasCode("eos_token+' '") { assistant.after = " " }
    systemPlace =
      !text.has("system_message")
      ? .refused
      : text.hasCode("loop.lastandsystem_messageisdefined") ? .finalUser : .firstUser
  }
}
