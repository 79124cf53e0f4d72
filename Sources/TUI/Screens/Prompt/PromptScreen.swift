import SeerApp
import SeerSupport
import SeerTokenizers
import SeerWidgets

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
  package static let helpSections = [Glossary.promptHelp]

  package static func ground(_ state: AppState) -> KeyContext {
    switch state.prompt?.focus {
    case .tokens: .tokens
    case .why: .why
    case .editor, nil: .prompt
    }
  }

  package static func type(_ key: Key, _ state: inout AppState) {
    if case .character(let scalar) = key { paste(String(scalar), &state) }
  }

  package static func paste(_ text: String, _ state: inout AppState) {
    guard ground(state) == .prompt else { return }
    state.prompt?.editor.insert(text)
    state.prompt?.tokenFromEnd = 0
  }

  /// While what was asked for is not looked up yet: it is once text and cursor have rested a while.
  package static func motion(_ state: AppState) -> Motion? {
    guard let prompt = state.prompt, !prompt.openQuestions(state.size).isEmpty else { return nil }
    return Motion(interval: .milliseconds(100), ends: true)
  }

  package static func tick(_ state: inout AppState) -> [Effect] {
    guard state.screen == id, var prompt = state.prompt else { return [] }
    let questions = prompt.openQuestions(state.size)
    prompt.reasons.rest = questions == prompt.reasons.restOf ? prompt.reasons.rest + 1 : 0
    prompt.reasons.restOf = questions
    state.prompt = prompt
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
    prompt.variant = 0
    return answer(&prompt)
  }

  /// Answers the last message once more, by the next seed.
  package static func answerAgain(_ prompt: inout PromptState) -> [Effect] {
    guard prompt.status == .ready, !prompt.isAnswering,
      prompt.chat.last?.message.role == .assistant, prompt.chat.count > 1
    else { return [] }
    prompt.chat.removeLast()
    prompt.variant += 1
    return answer(&prompt)
  }

  private static func answer(_ prompt: inout PromptState) -> [Effect] {
    prompt.answer = ""
    prompt.writer = PromptState.Message(
      message: ChatMessage(.assistant, ""), side: prompt.answerSide, steering: prompt.steering)
    prompt.answerNumber += 1
    prompt.tokensPerSecond = nil
    prompt.tokenFromEnd = 0
    prompt.chatScroll = 0
    prompt.reasons.forget()
    return [
      .prompt(.cancelReading), .prompt(.cancelReasons),
      .prompt(.answer(number: prompt.answerNumber)),
    ]
  }

  package static func clear(_ prompt: inout PromptState) -> [Effect] {
    let stop: [Effect] = prompt.isAnswering ? [.prompt(.stopAnswer)] : []
    prompt.chat = []
    prompt.answer = nil
    prompt.reading = nil
    prompt.readText = nil
    prompt.tokenFromEnd = 0
    prompt.reasons = PromptReasonState()
    return stop + [.prompt(.cancelReasons)]
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

  /// All concepts, then one after the other alone.
  static func turnConcept(_ prompt: inout PromptState, by step: Int) {
    let count = prompt.concepts.count
    guard count > 0 else { return }
    if !prompt.isFiltered {
      prompt.isFiltered = true
      return
    }
    let next = prompt.concept + step
    prompt.isFiltered = (0..<count).contains(next)
    prompt.concept = (next + count) % count
  }

  /// To another token of the chat; the template's own are passed over.
  ///
  /// - Parameter count: towards the start.
  static func moveToken(_ prompt: inout PromptState, by count: Int) {
    guard let tokens = prompt.reading?.tokens, let current = prompt.tokenIndex,
      let last = tokens.lastIndex(where: { $0.turn >= 0 })
    else { return }
    let own = tokens.indices.filter { tokens[$0].turn >= 0 }
    let place = own.lastIndex { $0 <= current } ?? 0
    prompt.tokenFromEnd = last - own[max(0, min(own.count - 1, place - count))]
  }

  /// To the first token of the message, and from there to that of the chat.
  static func moveToFirst(_ prompt: inout PromptState) {
    guard let tokens = prompt.reading?.tokens, let last = tokens.lastIndex(where: { $0.turn >= 0 }),
      let first = prompt.shownTokens.first
    else { return }
    let start = tokens.firstIndex { $0.turn >= 0 } ?? first
    prompt.tokenFromEnd = last - (prompt.tokenIndex == first ? start : first)
  }

  /// Raises alerts for the chosen concept, or no longer.
  static func watch(_ state: inout AppState) {
    guard var prompt = state.prompt, prompt.concepts.indices.contains(prompt.concept) else {
      return
    }
    let concept = prompt.concept
    let name = prompt.concepts[concept].name
    let isWatched = prompt.watched.remove(concept) == nil
    if isWatched { prompt.watched.insert(concept) }
    state.prompt = prompt
    let rules = prompt.calibration(prompt.answerSide)?.alerts ?? []
    let hasRule = rules.indices.contains(concept) && rules[concept] != nil
    let text =
      !isWatched
      ? "No more alerts for \(name)."
      : hasRule
        ? "A message is marked ! where \(name) is as high as in 1 % of texts without it."
        : "No alert for \(name) at this layer: its run does not say what texts without it reach."
    state.message = AppState.Message(text: text, isError: isWatched && !hasRule)
  }

  static func moveChoice(_ prompt: inout PromptState, by step: Int) {
    let count = prompt.shownParts.count
    prompt.reasons.choice = max(0, min(count - 1, prompt.reasons.choice + step))
  }

  /// Opens or closes one of the panels beside the grid.
  static func toggle(_ panel: PromptState.Panel, _ prompt: inout PromptState) {
    let opens = prompt.panel != panel
    prompt.panel = opens ? panel : .concepts
    prompt.reasons.showsLayers = false
    prompt.focus = opens && panel == .why ? .why : .tokens
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
    effects += ask(&prompt, state.size)
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

  /// Ticks for which the text and the cursor rest before something is looked up.
  private static let restingTicks = 3

  /// Asks what the panels want to know, and stops looking up what nobody looks at any more.
  private static func ask(_ prompt: inout PromptState, _ size: Size) -> [Effect] {
    var effects: [Effect] = []
    let (why, parts, lens) = (prompt.whyQuestion, prompt.partsQuestion, prompt.lensQuestion)
    func isStale(
      _ asked: (number: Int, question: PromptReasonState.Question)?,
      _ now: PromptReasonState.Question?
    ) -> Bool {
      asked.map { $0.question != now } ?? false
    }
    if isStale(prompt.reasons.why.asked, why) || isStale(prompt.reasons.parts.asked, parts)
      || isStale(prompt.reasons.lens.asked, lens)
    {
      prompt.reasons.forget()
      effects.append(.prompt(.cancelReasons))
    }
    func next(_ question: PromptReasonState.Question) -> (
      number: Int, question: PromptReasonState.Question
    ) {
      prompt.reasons.number += 1
      return (prompt.reasons.number, question)
    }
    // What a key has asked for does not wait.
    if prompt.reasons.showsLayers, PromptLayout.shows(.why, prompt, size),
      prompt.reasons.parts.isOpen(parts), let parts
    {
      let asked = next(parts)
      prompt.reasons.parts.asked = asked
      effects.append(.prompt(.findParts(number: asked.number, parts)))
    }
    guard prompt.reasons.rest >= restingTicks else { return effects }
    let open = prompt.openQuestions(size)
    guard open == prompt.reasons.restOf else { return effects }
    prompt.reasons.rest = 0
    if let why, open.contains(why) {
      let asked = next(why)
      prompt.reasons.why.asked = asked
      prompt.reasons.choice = 0
      effects.append(.prompt(.explain(number: asked.number, why)))
    }
    if let lens, open.contains(lens) {
      let asked = next(lens)
      prompt.reasons.lens.asked = asked
      effects.append(.prompt(.look(number: asked.number, lens)))
    }
    return effects
  }
}
