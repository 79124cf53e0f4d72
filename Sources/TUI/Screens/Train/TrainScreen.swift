import SeerSupport
import SeerTraining

/// What the Train screen has heard.
package enum TrainEvent: Sendable {
  case step(TrainingStep)
  case progress(JobProgress)
  case clusters(step: Int, PairMap, labels: [Int], concepts: [String])
  case finished(Result<Training.Summary, Problem>)
  case estimated(Result<TrainingEstimate, Problem>)
  /// The steps logged by a training that is watched.
  case polled(Result<[TrainingStep], Problem>, isFinished: Bool)
  case extracting(JobProgress)
  /// The tuned run is there, or why not.
  case extracted(Result<RunSource, Problem>)
  /// It stands beside the run that is open.
  case comparable(CompareState)
}

/// What the Train screen wants done.
package enum TrainEffect: Equatable, Sendable {
  case estimate
  case start(resumes: Bool)
  case pause(Bool)
  case save
  case stop
  case poll
  /// Extracts the tuned run, to compare it with the one that is open.
  case extract
}

/// The Train screen: a form, then a training that goes on when the screen is left.
enum TrainScreen {
  static func perform(_ id: Command.ID, _ state: inout AppState) -> [Effect] {
    guard var train = state.train else { return [] }
    defer { state.train = train }
    let fields = TrainState.Field.allCases
    let place = fields.firstIndex(of: train.field) ?? 0
    switch id {
    case .fieldDown: train.field = fields[min(fields.count - 1, place + 1)]
    case .fieldUp: train.field = fields[max(0, place - 1)]
    case .fieldEnter:
      guard train.field == .start else {
        train.field = fields[min(fields.count - 1, place + 1)]
        return []
      }
      return start(&train, resumes: false)
    case .fieldLeft, .fieldRight:
      if train.field == .objective {
        let all = ObjectiveName.allCases
        let now = all.firstIndex { $0.rawValue == train.text(.objective) } ?? 0
        let next = (now + (id == .fieldRight ? 1 : all.count - 1)) % all.count
        train.form[.objective] = Editor(all[next].rawValue)
        train.estimate = .none
      } else if id == .fieldLeft {
        train.form[train.field]?.left()
      } else {
        train.form[train.field]?.right()
      }
    case .fieldBackspace: edit(&train) { $0.deleteBackward() }
    case .fieldDelete: edit(&train) { $0.deleteForward() }
    case .fieldClear: edit(&train) { $0.deleteToLineStart() }
    case .pauseTraining:
      let isPaused = train.status == .running
      train.status = isPaused ? .paused : .running
      return [.train(.pause(isPaused))]
    case .saveTraining:
      state.message = AppState.Message(
        text: "A checkpoint is written after this step.", isError: false)
      return [.train(.save)]
    case .stopTraining:
      train.status = .stopping
      return [.train(.stop)]
    case .resumeTraining: return start(&train, resumes: true)
    case .newTraining: train.status = .setup
    case .compareTrained:
      train.extraction = JobProgress()
      return [.train(.extract)]
    default: break
    }
    return []
  }

  private static func start(_ train: inout TrainState, resumes: Bool) -> [Effect] {
    switch train.training(tool: "") {
    case .failure(let problem):
      train.status = .failed(problem)
      return []
    case .success:
      train.status = .running
      train.progress = nil
      if !resumes {
        train.steps = []
        train.clusters = nil
      }
      return [.train(.start(resumes: resumes))]
    }
  }

  static func insert(_ text: String, _ state: inout AppState) {
    guard var train = state.train, train.field != .start else { return }
    edit(&train) { $0.insert(text.filter { !$0.isNewline }) }
    state.train = train
  }

  private static func edit(_ train: inout TrainState, _ change: (inout Editor) -> Void) {
    guard var editor = train.form[train.field] else { return }
    change(&editor)
    train.form[train.field] = editor
    train.estimate = .none
  }

  static func receive(_ state: inout AppState, _ event: TrainEvent) -> [Effect] {
    guard var train = state.train else { return [] }
    defer { state.train = train }
    switch event {
    case .step(let step): append([step], &train)
    case .progress(let progress): train.progress = progress
    case .clusters(let step, let map, let labels, let concepts):
      train.clusters = map
      train.clusterStep = step
      train.labels = labels
      train.concepts = concepts
    case .finished(.success(let summary)):
      train.status = .finished
      train.chosenStep = summary.chosenStep
      train.notes = summary.notes
      if state.screen != .train {
        state.message = AppState.Message(text: "The training is finished (F5).", isError: false)
      }
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
      case .success(let steps): append(steps, &train)
      case .failure(let problem): train.status = .failed(problem)
      }
      if isFinished, train.status == .watching { train.status = .finished }
    case .extracting(let progress): train.extraction = progress
    case .extracted(.success): train.extraction = nil
    case .comparable(let compare):
      state.compare = compare
      if state.screen == .train {
        state.screen = .compare
      } else {
        state.message = AppState.Message(
          text: "What was trained can be compared (F3).", isError: false)
      }
    case .extracted(.failure(let problem)):
      train.extraction = nil
      if problem != .cancelled {
        state.message = AppState.Message(text: problem.text, isError: true)
      }
    }
    return []
  }

  /// Steps that come again, after a resume or a fresh start, replace those before.
  private static func append(_ steps: [TrainingStep], _ train: inout TrainState) {
    for step in steps {
      while let last = train.steps.last, last.step >= step.step { train.steps.removeLast() }
      train.steps.append(step)
    }
  }

  static func followUp(_ state: inout AppState) -> [Effect] {
    guard var train = state.train else { return [] }
    defer { state.train = train }
    if train.status == .setup, train.field == .start, train.estimate == .none {
      train.estimate = .computing
      return [.train(.estimate)]
    }
    if train.status == .watching, !train.hasPolled {
      train.hasPolled = true
      train.isPolling = true
      return [.train(.poll)]
    }
    return []
  }

  /// A second went by on a training that is watched.
  static func tick(_ state: inout AppState) -> [Effect] {
    guard state.screen == .train, state.train?.status == .watching,
      state.train?.isPolling == false
    else { return [] }
    state.train?.isPolling = true
    return [.train(.poll)]
  }
}
