import SeerApp
import SeerProjection
import SeerSupport
import SeerTraining

/// What the Train screen has heard.
package enum TrainEvent: ScreenEvent {
  case step(TrainingStep)
  case progress(JobProgress)
  case clusters(step: Int, PairMap, labels: [Int], concepts: [String])
  /// The clusters of steps that were kept; why there are none.
  case kept(Result<[ClusterHistory.Frame], Problem>, labels: [Int], concepts: [String])
  /// What is known of the files that the form names.
  case looked(FormFiles)
  case finished(Result<Training.Summary, Problem>)
  case estimated(Result<TrainingEstimate, Problem>)
  /// The steps logged by a training that is watched.
  case polled(Result<[TrainingStep], Problem>, isFinished: Bool)
  case extracting(JobProgress)
  /// The tuned run is there, or why not.
  case extracted(Result<RunSource, Problem>)

  package func receive(_ state: inout AppState) -> [Effect] {
    guard var train = state.train else { return [] }
    defer { state.train = train }
    switch self {
    case .step(let step): TrainScreen.append([step], &train)
    case .progress(let progress): train.progress = progress
    case .clusters(let step, let map, let labels, let concepts):
      train.history.append(ClusterHistory.Frame(step: step, map: map))
      train.labels = labels
      train.concepts = concepts
    case .kept(.success(let frames), let labels, let concepts):
      let isEmpty = train.history.latest == nil
      for frame in frames { train.history.append(frame) }
      if isEmpty { (train.labels, train.concepts) = (labels, concepts) }
      train.history.step(by: -1)
    case .kept(.failure(let problem), _, _):
      state.message = AppState.Message(text: problem.text, isError: true)
    case .looked(let files):
      train.isLooking = false
      train.files = files
    case .finished(.success(let summary)):
      train.status = .finished
      train.chosenStep = summary.chosenStep
      train.notes = summary.notes
      if state.screen != TrainScreen.id {
        state.message = AppState.Message(text: "The training is finished (F5).", isError: false)
      }
      train.tuned = nil
      if state.hasRun {
        train.extraction = JobProgress()
        return [.train(.extract)]
      }
    case .finished(.failure(let problem)):
      train.status = problem == .cancelled ? .stopped : .failed(problem)
    case .estimated(let result):
      switch result {
      case .success(let estimate): train.estimate = .ready(estimate)
      case .failure(let problem): train.estimate = problem == .cancelled ? .none : .failed(problem)
      }
    case .polled(let result, let isFinished):
      train.isPolling = false
      switch result {
      case .success(let steps): TrainScreen.append(steps, &train)
      case .failure(let problem): train.status = .failed(problem)
      }
      if isFinished, train.status == .watching { train.status = .finished }
    case .extracting(let progress): train.extraction = progress
    case .extracted(.success(let tuned)):
      train.extraction = nil
      train.tuned = tuned
      if train.wantsCompare {
        train.wantsCompare = false
        return [.train(.compare)]
      }
      state.message = AppState.Message(
        text: state.screen == TrainScreen.id
          ? "The training is finished: c compares it with the run that is open."
          : "The training is finished: F5, then c compares it with the run that is open.",
        isError: false)
    case .extracted(.failure(let problem)):
      train.extraction = nil
      train.wantsCompare = false
      if problem != .cancelled {
        state.message = AppState.Message(text: problem.text, isError: true)
      }
    }
    return []
  }
}

/// What the Train screen wants done.
package enum TrainEffect: ScreenEffect {
  case estimate
  case start(resumes: Bool)
  case pause(Bool)
  case save
  case stop
  case poll
  /// Extracts the tuned run, to compare it with the one that is open.
  case extract
  /// Puts it beside the run that is open.
  case compare
  /// Reads the clusters that the training kept.
  case readKept
  /// Looks up the files that the form names.
  case look

  package func run(in session: Session) { session.run(self) }
}

extension Event {
  package static func train(_ event: TrainEvent) -> Event { .screen(event) }
}

extension Effect {
  package static func train(_ effect: TrainEffect) -> Effect { .screen(effect) }
}
