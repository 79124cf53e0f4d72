import SeerMonitor
import SeerTokenizers

/// What the Prompt screen has computed.
package enum PromptEvent: Sendable {
  case opened(Result<[String], Problem>)
  /// A layer's monitors are there, by the layer's index.
  case prepared(layer: Int, Result<LivePrompt.LayerCalibration, Problem>)
  case read(PromptState.ReadText, Result<PromptReading, Problem>)
  /// An answer as far as it is.
  case answering(number: Int, text: String, PromptReading, tokensPerSecond: Double)
  case answered(number: Int, Result<String, Problem>)
  case traced(Result<Trajectory, Problem>)
  case exported(Result<[String], Problem>)
}

/// What the Prompt screen wants done.
package enum PromptEffect: Equatable, Sendable {
  case open
  case prepare(layer: Int, isUrgent: Bool)
  case read(PromptState.ReadText)
  case cancelReading
  case answer(number: Int)
  case stopAnswer
  case trace(layer: Int)
  case export
}

/// The Prompt screen: a chat scored token by token while it is typed and answered.
enum PromptScreen {
  static func perform(_ id: Command.ID, _ key: Key, _ state: inout AppState) -> [Effect] {
    guard var prompt = state.prompt else { return [] }
    defer { state.prompt = prompt }
    switch id {
    case .send:
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
    case .stopAnswer:
      if prompt.isAnswering { return [.prompt(.stopAnswer)] }
      prompt.focus = .tokens
    case .newLine: prompt.editor.insert("\n")
    case .write: prompt.focus = .editor
    case .clearChat:
      let stop: [Effect] = prompt.isAnswering ? [.prompt(.stopAnswer)] : []
      prompt.chat = []
      prompt.answer = nil
      prompt.reading = nil
      prompt.readText = nil
      prompt.tokenFromEnd = 0
      return stop
    case .nextConcept, .previousConcept:
      let count = max(1, prompt.concepts.count)
      prompt.concept = (prompt.concept + (id == .nextConcept ? 1 : count - 1)) % count
    case .promptLayerUp, .writingLayerUp:
      prompt.layer = min(prompt.layers.count - 1, prompt.layer + 1)
    case .promptLayerDown, .writingLayerDown:
      prompt.layer = max(0, prompt.layer - 1)
    case .tokenLeft: moveToken(&prompt, by: 1)
    case .tokenRight: moveToken(&prompt, by: -1)
    case .firstToken: moveToken(&prompt, by: .max / 2)
    case .lastToken: prompt.tokenFromEnd = 0
    case .answerSide:
      guard prompt.hasTuned else { break }
      prompt.answerSide = prompt.answerSide == .base ? .tuned : .base
      state.message = AppState.Message(
        text: prompt.answerSide == .base ? "the base model answers" : "the tuned model answers",
        isError: false)
    case .trajectory: prompt.showsTrajectory.toggle()
    case .steerMore: prompt.steer = min(PromptState.steers.upperBound, prompt.steer + 1)
    case .steerLess: prompt.steer = max(PromptState.steers.lowerBound, prompt.steer - 1)
    case .steerOff: prompt.steer = 0
    case .exportChat: return [.prompt(.export)]
    case .chatUp: prompt.chatScroll += 3
    case .chatDown: prompt.chatScroll = max(0, prompt.chatScroll - 3)
    default: edit(id, &prompt, width: PromptLayout(state).editor.width)
    }
    return []
  }

  private static func moveToken(_ prompt: inout PromptState, by count: Int) {
    let tokens = prompt.reading?.tokens ?? []
    let last = tokens.lastIndex { $0.turn >= 0 } ?? 0
    prompt.tokenFromEnd = max(0, min(last, prompt.tokenFromEnd + count))
  }

  private static func edit(_ id: Command.ID, _ prompt: inout PromptState, width: Int) {
    switch id {
    case .caretLeft: prompt.editor.left()
    case .caretRight: prompt.editor.right()
    case .caretHome: prompt.editor.toLineStart()
    case .caretEnd: prompt.editor.toLineEnd()
    case .caretUp:
      if !prompt.editor.move(by: -1, on: EditorPage(prompt.editor, width: width)) {
        recall(&prompt, by: -1)
      }
    case .caretDown:
      if !prompt.editor.move(by: 1, on: EditorPage(prompt.editor, width: width)) {
        recall(&prompt, by: 1)
      }
    case .deleteBackward: prompt.editor.deleteBackward()
    case .deleteForward: prompt.editor.deleteForward()
    case .deleteWord: prompt.editor.deleteWord()
    case .deleteToStart: prompt.editor.deleteToLineStart()
    case .deleteToEnd: prompt.editor.deleteToLineEnd()
    case .undo: prompt.editor.undo()
    case .redo: prompt.editor.redo()
    default: break
    }
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

  static func insert(_ text: String, _ state: inout AppState) {
    state.prompt?.editor.insert(text)
    state.prompt?.tokenFromEnd = 0
  }

  static func receive(_ state: inout AppState, _ event: PromptEvent) {
    guard var prompt = state.prompt else { return }
    defer { state.prompt = prompt }
    func report(_ problem: Problem) {
      state.message = AppState.Message(text: problem.text, isError: true)
    }
    switch event {
    case .opened(.success(let notes)):
      prompt.status = .ready
      prompt.notes = notes
    case .opened(.failure(let problem)): prompt.status = .failed(problem)
    case .prepared(let layer, let result):
      prompt.preparing = nil
      prompt.prepared.insert(layer)
      switch result {
      case .success(let calibration): prompt.calibrations[prompt.layers[layer]] = calibration
      case .failure(let problem): if problem != .cancelled { report(problem) }
      }
    case .read(let text, let result):
      prompt.pending = nil
      switch result {
      case .success(let reading):
        guard !prompt.isAnswering else { break }
        prompt.reading = reading
        prompt.readText = text
      case .failure(let problem):
        // Not again before something changes.
        prompt.readText = text
        if problem != .cancelled { report(problem) } else { prompt.readText = nil }
      }
    case .answering(let number, let text, let reading, let speed):
      guard number == prompt.answerNumber, prompt.isAnswering else { break }
      prompt.answer = text
      prompt.reading = reading
      prompt.tokensPerSecond = speed
    case .answered(let number, let result):
      guard number == prompt.answerNumber, let written = prompt.answer else { break }
      prompt.answer = nil
      let answer = (try? result.get()) ?? written
      if !answer.isEmpty {
        var message = prompt.writer
        message.message = ChatMessage(.assistant, answer)
        prompt.chat.append(message)
      }
      if case .failure(let problem) = result, problem != .cancelled { report(problem) }
    case .traced(let result):
      prompt.isTracing = false
      switch result {
      case .success(let trajectory): prompt.trajectory = trajectory
      case .failure(let problem):
        prompt.showsTrajectory = false
        if problem != .cancelled { report(problem) }
      }
    case .exported(.success(let files)):
      state.message = AppState.Message(
        text: "Saved \(files.joined(separator: ", "))", isError: false)
    case .exported(.failure(let problem)): report(problem)
    }
  }

  /// What the state needs done: open the model, make the layer's monitors, read what is written.
  static func followUp(_ state: inout AppState) -> [Effect] {
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
