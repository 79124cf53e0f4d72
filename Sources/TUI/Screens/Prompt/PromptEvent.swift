import SeerApp
import SeerMonitor
import SeerSupport
import SeerTokenizers

/// What the Prompt screen has computed.
package enum PromptEvent: ScreenEvent {
  case opened(Result<PromptOpening, Problem>)
  /// A layer's monitors are there, by the layer's index.
  case prepared(layer: Int, Result<[LivePrompt.LayerCalibration], Problem>)
  case read(PromptState.ReadText, Result<PromptReading, Problem>)
  /// An answer as far as it is.
  case answering(number: Int, text: String, PromptReading, tokensPerSecond: Double)
  case answered(number: Int, Result<LivePrompt.Answer, Problem>)
  /// What was looked up, by the number it was asked under; of one side or of all.
  case explained(number: Int, Result<PromptWhy, Problem>, isWhole: Bool)
  case foundParts(number: Int, Result<PartsByLayer, Problem>)
  case looked(number: Int, Result<PromptLens, Problem>)
  case traced(Result<Trajectory, Problem>)
  case exported(Result<[String], Problem>)

  package func receive(_ state: inout AppState) -> [Effect] {
    guard var prompt = state.prompt else { return [] }
    defer { state.prompt = prompt }
    func report(_ problem: Problem) {
      state.message = AppState.Message(text: problem.text, isError: true)
    }
    switch self {
    case .opened(.success(let opening)):
      prompt.status = .ready
      prompt.hasTemplate = opening.hasTemplate
      prompt.usesTemplate = opening.hasTemplate
      prompt.wordLayers = opening.wordLayers
      // Where words have a run of their own, tokens are read by it first.
      let own = prompt.layers.indices.filter { opening.wordLayers.contains(prompt.layers[$0]) }
      let here = prompt.layer
      if let nearest = own.min(by: { abs($0 - here) < abs($1 - here) }) { prompt.layer = nearest }
      if let note = opening.notes.first {
        state.message = AppState.Message(text: note, isError: false)
      }
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
        // Another layer of the same text leaves what was looked up of it.
        if prompt.reading?.tokens != reading.tokens { prompt.readingNumber += 1 }
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
      let answer = try? result.get()
      let text = answer?.text ?? written
      if !text.isEmpty {
        var message = prompt.writer
        message.message = ChatMessage(.assistant, text)
        switch answer?.ending {
        case .looping:
          message.ending = "stopped: it went round in circles"
          state.message = AppState.Message(
            text: "The answer repeated itself and was stopped. r answers anew, P makes words "
              + "that were said less likely.", isError: false)
        case .tooLong: message.ending = "stopped after \(PromptState.longestAnswer) tokens"
        case .finished, nil: break
        }
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
    case .explained(let number, let result, let isWhole):
      if let problem = prompt.reasons.why.receive(number, result, isWhole: isWhole) {
        report(problem)
      }
    case .foundParts(let number, let result):
      if let problem = prompt.reasons.parts.receive(number, result, isWhole: true) {
        report(problem)
      }
    case .looked(let number, let result):
      if let problem = prompt.reasons.lens.receive(number, result, isWhole: true) {
        report(problem)
      }
    case .exported(.success(let files)):
      state.message = AppState.Message(
        text: "Saved \(files.joined(separator: ", "))", isError: false)
    case .exported(.failure(let problem)): report(problem)
    }
    return []
  }
}

/// What is known of a model once it is open.
package struct PromptOpening: Equatable, Sendable {
  /// Whether it has a template of its own.
  package var hasTemplate: Bool
  /// What the user should know.
  package var notes: [String]
  /// Layers that runs of words score.
  package var wordLayers: [Int]

  package init(hasTemplate: Bool, notes: [String], wordLayers: [Int] = []) {
    self.hasTemplate = hasTemplate
    self.notes = notes
    self.wordLayers = wordLayers
  }
}

/// What the Prompt screen wants done.
package enum PromptEffect: ScreenEffect {
  case open
  case prepare(layer: Int, isUrgent: Bool)
  case read(PromptState.ReadText)
  case cancelReading
  case answer(number: Int)
  case stopAnswer
  /// Looks up what wrote a token's score, what every part gave at every layer, and what follows.
  case explain(number: Int, PromptReasonState.Question)
  case findParts(number: Int, PromptReasonState.Question)
  case look(number: Int, PromptReasonState.Question)
  case cancelReasons
  case trace(layer: Int)
  case export

  package func run(in session: Session) { session.run(self) }
}

extension Event {
  package static func prompt(_ event: PromptEvent) -> Event { .screen(event) }
}

extension Effect {
  package static func prompt(_ effect: PromptEffect) -> Effect { .screen(effect) }
}
