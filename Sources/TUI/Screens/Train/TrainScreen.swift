import SeerApp
import SeerModels
import SeerTraining
import SeerWidgets

/// The Train screen: a form, then a training that goes on when the screen is left.
package enum TrainScreen: Screen {
  package static let id = ScreenID.train
  package static let helpSections = [Glossary.help]
  package static let entry = ScreenEntry(
    command: "showTrain", key: "F5", help: "Train: pull the concepts apart", hint: "train")

  package static func open(_ workspace: Workspace, in state: inout AppState) {
    guard let watched = workspace.watched else {
      state.train = TrainState(
        model: workspace.manifest?.model ?? ModelLocator.defaultName,
        concepts: workspace.manifest?.concepts ?? "", layers: (workspace.run.layers.last ?? 0) + 1)
      if let template = workspace.manifest?.template, template != .chat {
        state.train?.template = template.rawValue
      }
      state.train?.precision = workspace.precision
      return
    }
    state.train = TrainState(watching: watched)
    state.screen = id
  }

  package static func carry(from old: AppState, into next: inout AppState) {
    if old.train?.isRunning ?? false { next.train = old.train }
  }

  package static func isThere(_ state: AppState) -> Bool { state.train != nil }
  package static func status(_ state: AppState) -> String {
    guard let train = state.train, train.watched == nil else { return "" }
    let glyphs = state.theme.glyphs
    let total = train.progress?.total ?? 0
    let step = "\(train.steps.last?.step ?? 0)" + (total > 0 ? "/\(total)" : "")
    switch train.status {
    case .running, .stopping: return "\(glyphs.goesOn) \(step)"
    case .paused: return "\(glyphs.standsStill) \(step)"
    case .finished: return train.extraction == nil ? String(glyphs.checked) : glyphs.goesOn
    default: return ""
    }
  }
  package static func farewell(_ state: AppState) -> String? {
    guard let train = state.train, train.isRunning else { return nil }
    guard train.lastStep > 0 else {
      return "The training stops before its first step was done: nothing is kept."
    }
    return
      "The training stops at step \(train.lastStep); its checkpoint is kept, and it goes on by: "
      + train.resumeCommand
  }
  package static func isBusy(_ state: AppState) -> Bool { state.train?.isBusy ?? false }
  /// A training elsewhere is followed: that ends by itself only with it.
  package static func motion(_ state: AppState) -> Motion? {
    if state.train?.history.play != nil {
      return Motion(interval: .milliseconds(33), ends: true)
    }
    return state.train?.status == .watching ? Motion(interval: .seconds(1)) : nil
  }
  package static func ground(_ state: AppState) -> KeyContext {
    state.train?.status == .setup ? .form : .training
  }

  package static func type(_ key: Key, _ state: inout AppState) {
    if case .character(let scalar) = key { paste(String(scalar), &state) }
  }

  package static func paste(_ text: String, _ state: inout AppState) {
    guard ground(state) == .form, var train = state.train, train.field != .start else { return }
    edit(&train) { $0.insert(text.asOneLine) }
    state.train = train
  }

  /// A click on a word explains it.
  package static func update(_ state: inout AppState, _ mouse: Mouse) -> [Effect] {
    if mouse.action == .left { state.explain(mouse.place) }
    return []
  }

  // MARK: the form

  static func moveField(_ train: inout TrainState, by step: Int) {
    let fields = TrainState.Field.allCases
    let place = fields.firstIndex(of: train.field) ?? 0
    train.field = fields[max(0, min(fields.count - 1, place + step))]
  }

  static func turnObjective(_ train: inout TrainState, by step: Int) {
    let all = ObjectiveName.allCases
    let now = all.firstIndex { $0.rawValue == train.text(.objective) } ?? 0
    train.form[.objective] = Editor(all[(now + step + all.count) % all.count].rawValue)
    train.estimate = .none
  }

  package static func edit(_ train: inout TrainState, _ change: (inout Editor) -> Void) {
    guard var editor = train.form[train.field] else { return }
    change(&editor)
    train.form[train.field] = editor
    train.estimate = .none
  }

  package static func start(_ train: inout TrainState, resumes: Bool) -> [Effect] {
    train.status = .running
    train.progress = nil
    train.tuned = nil
    train.wantsCompare = false
    if !resumes {
      train.steps = []
      train.history = ClusterHistory()
    }
    return [.train(.start(resumes: resumes))]
  }

  /// Starts what the form says, or goes to the first line that is wrong.
  static func startForm(_ state: inout AppState) -> [Effect] {
    guard var train = state.train else { return [] }
    defer { state.train = train }
    guard let field = train.faults.first, let fault = train.fault(field) else {
      return start(&train, resumes: false)
    }
    train.field = field
    state.message = AppState.Message(text: fault.text, isError: true)
    return []
  }

  /// Puts the name that is proposed into its line.
  static func takeProposal(_ train: inout TrainState) {
    let fields = [train.field] + TrainState.Field.allCases
    for field in fields {
      guard let proposal = train.fault(field)?.proposal else { continue }
      train.form[field]?.replace(with: proposal)
      train.estimate = .none
      return
    }
  }

  /// Steps that come again, after a resume or a fresh start, replace those before.
  package static func append(_ steps: [TrainingStep], _ train: inout TrainState) {
    for step in steps {
      if step.step == 0, !train.steps.isEmpty { train.history = ClusterHistory() }
      while let last = train.steps.last, last.step >= step.step { train.steps.removeLast() }
      train.steps.append(step)
    }
  }

  package static func followUp(_ state: inout AppState) -> [Effect] {
    guard var train = state.train else { return [] }
    defer { state.train = train }
    if train.status == .setup {
      var effects: [Effect] = []
      let texts = train.form.mapValues(\.text).filter { FormFiles.fields.contains($0.key) }
      if !train.isLooking, train.files?.texts != texts {
        train.isLooking = true
        effects.append(.train(.look))
      }
      if train.field == .start, train.estimate == .none, train.faults.isEmpty {
        train.estimate = .computing
        effects.append(.train(.estimate))
      }
      return effects
    }
    if train.status == .watching, !train.hasPolled {
      train.hasPolled = true
      train.isPolling = true
      return [.train(.poll)]
    }
    return []
  }

  /// A frame of clusters that are played, else a second of a training that is watched.
  package static func tick(_ state: inout AppState) -> [Effect] {
    if state.screen == id, state.train?.history.play != nil {
      state.train?.history.advance()
      return []
    }
    guard state.screen == id, state.train?.status == .watching,
      state.train?.isPolling == false
    else { return [] }
    state.train?.isPolling = true
    return [.train(.poll)]
  }
}
