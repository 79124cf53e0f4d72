import SeerMonitor
import SeerSupport
import SeerTokenizers

/// What the Prompt screen has computed.
package enum PromptEvent: ScreenEvent {
  case opened(Result<[String], Problem>)
  /// A layer's monitors are there, by the layer's index.
  case prepared(layer: Int, Result<LivePrompt.LayerCalibration, Problem>)
  case read(PromptState.ReadText, Result<PromptReading, Problem>)
  /// An answer as far as it is.
  case answering(number: Int, text: String, PromptReading, tokensPerSecond: Double)
  case answered(number: Int, Result<String, Problem>)
  case traced(Result<Trajectory, Problem>)
  case exported(Result<[String], Problem>)

  package func receive(_ state: inout AppState) -> [Effect] {
    guard var prompt = state.prompt else { return [] }
    defer { state.prompt = prompt }
    func report(_ problem: Problem) {
      state.message = AppState.Message(text: problem.text, isError: true)
    }
    switch self {
    case .opened(.success(let notes)):
      prompt.status = .ready
      if let note = notes.first { state.message = AppState.Message(text: note, isError: false) }
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
    return []
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
