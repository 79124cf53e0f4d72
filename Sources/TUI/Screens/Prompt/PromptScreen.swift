import SeerSupport
import SeerTokenizers
import SeerWidgets

extension ScreenID {
  package static let prompt: ScreenID = "prompt"
}

/// The Prompt screen: a chat scored token by token while it is typed and answered.
package enum PromptScreen: Screen {
  package static let id = ScreenID.prompt
  package static let entry = ScreenEntry(
    command: "showPrompt", key: "F4", help: "Prompt: every token scored as you type",
    hint: "prompt", isOfFirstRun: true)

  package static func open(_ workspace: Workspace, in state: inout AppState) {
    state.prompt = workspace.prompt.map { source in
      PromptState(
        model: RunSource.name(source.model), adapter: source.adapter.map(RunSource.name),
        explore: state.explore)
    }
  }

  package static func isThere(_ state: AppState) -> Bool { state.prompt != nil }
  package static func absence(_ state: AppState) -> String {
    state.hasRun
      ? "The run's model is not at hand: seer explore --model FILE names it."
      : "No run is open: F6 lists what there is."
  }
  package static func status(_ state: AppState) -> String {
    state.prompt?.isAnswering ?? false ? state.theme.glyphs.goesOn : ""
  }
  package static func isBusy(_ state: AppState) -> Bool { state.prompt?.isBusy ?? false }
  package static func ground(_ state: AppState) -> KeyContext {
    state.prompt?.focus == .tokens ? .tokens : .prompt
  }

  package static func type(_ key: Key, _ state: inout AppState) {
    if case .character(let scalar) = key { paste(String(scalar), &state) }
  }

  package static func paste(_ text: String, _ state: inout AppState) {
    guard ground(state) == .prompt else { return }
    state.prompt?.editor.insert(text)
    state.prompt?.tokenFromEnd = 0
  }

  /// A click chooses a token, or goes back to writing; the wheel scrolls the chat and goes through layers.
  package static func update(_ state: inout AppState, _ mouse: Mouse) -> [Effect] {
    guard var prompt = state.prompt else { return [] }
    defer { state.prompt = prompt }
    let layout = PromptLayout(state)
    switch mouse.action {
    case .left:
      if layout.editorFrame.contains(mouse.place) {
        prompt.focus = .editor
      } else if let token = token(at: mouse.place, state),
        let last = prompt.reading?.tokens.lastIndex(where: { $0.turn >= 0 })
      {
        prompt.focus = .tokens
        prompt.tokenFromEnd = max(0, last - token)
      }
    case .wheelUp, .wheelDown:
      let step = mouse.action == .wheelUp ? 1 : -1
      if layout.chat.contains(mouse.place) {
        prompt.chatScroll = max(0, prompt.chatScroll + step)
      } else if layout.grid.contains(mouse.place) {
        prompt.layer = max(0, min(prompt.layers.count - 1, prompt.layer + step))
      }
    default: break
    }
    return []
  }

  // MARK: the chat

  package static func send(_ prompt: inout PromptState) -> [Effect] {
    guard prompt.status == .ready, !prompt.isAnswering else { return [] }
    let text = prompt.editor.text
    guard !text.isEmpty else { return [] }
    if prompt.history.last != text { prompt.history.append(text) }
    prompt.historyPlace = nil
    prompt.chat.append(PromptState.Message(message: ChatMessage(.user, text), side: nil))
    prompt.editor.replace(with: "")
    prompt.answer = ""
    prompt.writer = PromptState.Message(
      message: ChatMessage(.assistant, ""), side: prompt.answerSide, steering: prompt.steering)
    prompt.answerNumber += 1
    prompt.tokensPerSecond = nil
    prompt.tokenFromEnd = 0
    prompt.chatScroll = 0
    return [.prompt(.cancelReading), .prompt(.answer(number: prompt.answerNumber))]
  }

  package static func clear(_ prompt: inout PromptState) -> [Effect] {
    let stop: [Effect] = prompt.isAnswering ? [.prompt(.stopAnswer)] : []
    prompt.chat = []
    prompt.answer = nil
    prompt.reading = nil
    prompt.readText = nil
    prompt.tokenFromEnd = 0
    return stop
  }

  static func changeSide(_ state: inout AppState) -> [Effect] {
    guard var prompt = state.prompt, prompt.hasTuned else { return [] }
    prompt.answerSide = prompt.answerSide == .base ? .tuned : .base
    state.prompt = prompt
    state.message = AppState.Message(
      text: prompt.answerSide == .base ? "the base model answers" : "the tuned model answers",
      isError: false)
    return []
  }

  // MARK: tokens and text

  static func turnConcept(_ prompt: inout PromptState, by step: Int) {
    let count = max(1, prompt.concepts.count)
    prompt.concept = (prompt.concept + step + count) % count
  }

  static func moveToken(_ prompt: inout PromptState, by count: Int) {
    let tokens = prompt.reading?.tokens ?? []
    let last = tokens.lastIndex { $0.turn >= 0 } ?? 0
    prompt.tokenFromEnd = max(0, min(last, prompt.tokenFromEnd + count))
  }

  /// A line up or down; past the first and the last one what was sent is looked up.
  static func moveCaret(by step: Int, _ state: inout AppState) -> [Effect] {
    guard var prompt = state.prompt else { return [] }
    let page = EditorPage(prompt.editor, width: PromptLayout(state).editor.width)
    if !prompt.editor.move(by: step, on: page) { recall(&prompt, by: step) }
    state.prompt = prompt
    return []
  }

  /// What was sent before, or after it.
  private static func recall(_ prompt: inout PromptState, by step: Int) {
    let place = (prompt.historyPlace ?? prompt.history.count) + step
    if prompt.history.indices.contains(place) {
      prompt.historyPlace = place
      prompt.editor.replace(with: prompt.history[place])
    } else if step > 0, prompt.historyPlace != nil {
      prompt.historyPlace = nil
      prompt.editor.replace(with: "")
    }
  }

  /// What the state needs done: open the model, make the layer's monitors, read what is written.
  package static func followUp(_ state: inout AppState) -> [Effect] {
    guard var prompt = state.prompt else { return [] }
    defer { state.prompt = prompt }
    switch prompt.status {
    case .closed:
      prompt.status = .opening
      return [.prompt(.open)]
    case .opening, .failed: return []
    case .ready: break
    }
    var effects: [Effect] = []
    if prompt.preparing == nil {
      let missing = prompt.layers.indices.filter { !prompt.prepared.contains($0) }
      if let next = missing.min(by: { abs($0 - prompt.layer) < abs($1 - prompt.layer) }) {
        prompt.preparing = next
        effects.append(.prompt(.prepare(layer: next, isUrgent: next == prompt.layer)))
      }
    }
    let wanted = prompt.wanted
    if !prompt.isAnswering, wanted != prompt.readText {
      if let pending = prompt.pending {
        // What is nearly done is not thrown away; a long text that is no longer wanted is.
        if abs(pending.draft.utf8.count - wanted.draft.utf8.count) > 200 {
          effects.append(.prompt(.cancelReading))
        }
      } else {
        prompt.pending = wanted
        effects.append(.prompt(.read(wanted)))
      }
    }
    if prompt.showsTrajectory, !prompt.isTracing, !prompt.isAnswering, prompt.reading != nil,
      prompt.pending == nil,
      prompt.trajectory?.layer != prompt.layer
        || prompt.trajectory?.tokens.count != prompt.reading?.tokens.count
    {
      prompt.isTracing = true
      effects.append(.prompt(.trace(layer: prompt.layer)))
    }
    return effects
  }
}
