import SeerApp
import SeerSupport
import SeerTraining
import SeerWidgets

extension KeyContext {
  package static let form = KeyContext("form", isScreen: true, isWriting: true)
  package static let training = KeyContext("training", isScreen: true)
}

extension CommandGroup {
  package static let training: CommandGroup = "Training"
}

extension TrainScreen {
  package static let contexts: [KeyContext] = [.form, .training]
  package static let commands = [CommandSection(formCommands + steeringCommands)]

  private static func ask(
    _ change: @escaping @Sendable (inout TrainState) -> [Effect]
  ) -> Command.Action {
    { state, _ in
      guard var train = state.train else { return [] }
      let effects = change(&train)
      state.train = train
      return effects
    }
  }

  private static func change(
    _ change: @escaping @Sendable (inout TrainState) -> Void
  ) -> Command.Action {
    ask {
      change(&$0)
      return []
    }
  }

  /// Setting a training up.
  private static let formCommands: [Command] = [
    Command(
      "fieldDown", ["Down", "Tab"], .training, in: [.form], "Next line", hint: "line",
      do: change { moveField(&$0, by: 1) }),
    Command(
      "fieldUp", ["Up"], .training, in: [.form], "Line before", hint: "line",
      do: change { moveField(&$0, by: -1) }),
    Command(
      "fieldEnter", ["Enter"], .training, in: [.form], "Next line, or start",
      hint: "next/start",
      do: { state, _ in
        if state.train?.field == .start { return startForm(&state) }
        if var train = state.train {
          moveField(&train, by: 1)
          state.train = train
        }
        return []
      }),
    Command(
      "takeProposal", ["Ctrl-f"], .training, in: [.form], "Take the free name proposed",
      hint: "free name",
      when: { state in
        state.train?.faults.contains { state.train?.fault($0)?.proposal != nil } ?? false
      },
      do: change { takeProposal(&$0) }),
    Command(
      "fieldLeft", ["Left"], .training, in: [.form],
      "A character back; the objective before",
      do: change {
        if $0.field == .objective {
          turnObjective(&$0, by: -1)
        } else {
          $0.form[$0.field]?.left()
        }
      }),
    Command(
      "fieldRight", ["Right"], .training, in: [.form],
      "A character on; the next objective",
      do: change {
        if $0.field == .objective {
          turnObjective(&$0, by: 1)
        } else {
          $0.form[$0.field]?.right()
        }
      }),
    Command(
      "fieldBackspace", ["Backspace"], .training, in: [.form], "Delete what is before",
      do: change { edit(&$0) { $0.deleteBackward() } }),
    Command(
      "fieldDelete", ["Delete"], .training, in: [.form], "Delete what is after",
      do: change { edit(&$0) { $0.deleteForward() } }),
    Command(
      "fieldClear", ["Ctrl-u"], .training, in: [.form], "Clear the line", hint: "clear",
      do: change { edit(&$0) { $0.deleteToLineStart() } }),
  ]

  /// Steering a training.
  private static let steeringCommands: [Command] = [
    Command(
      "pauseTraining", ["Space"], .training, in: [.training], "Pause, or go on",
      word: { $0.train?.status == .paused ? "go on" : "pause" }, when: canStop,
      do: ask {
        let isPaused = $0.status == .running
        $0.status = isPaused ? .paused : .running
        return [.train(.pause(isPaused))]
      }),
    Command(
      "saveTraining", ["s"], .training, in: [.training], "Write a checkpoint now",
      hint: "checkpoint", when: { $0.train?.status == .running },
      do: { state, _ in
        state.message = AppState.Message(
          text: "A checkpoint is written after this step.", isError: false)
        return [.train(.save)]
      }),
    Command(
      "stopTraining", ["X"], .training, in: [.training], "Stop, leaving a checkpoint",
      hint: "stop", when: canStop,
      do: ask {
        $0.status = .stopping
        return [.train(.stop)]
      }),
    Command(
      "resumeTraining", ["r"], .training, in: [.training], "Go on from the checkpoint",
      hint: "resume", when: { $0.train.map { $0.status == .stopped && $0.lastStep > 0 } ?? false },
      do: ask { start(&$0, resumes: true) }),
    Command(
      "keptBefore", ["["], .training, in: [.training], "Clusters at the step before",
      hint: "clusters", when: hasClusters,
      do: ask {
        if $0.history.step(by: -1) || $0.history.hasReadKept { return [] }
        $0.history.hasReadKept = true
        return [.train(.readKept)]
      }),
    Command(
      "keptAfter", ["]"], .training, in: [.training], "Clusters at the step after, or now",
      hint: "clusters", when: hasClusters, do: change { $0.history.step(by: 1) }),
    Command(
      "playClusters", ["P"], .training, in: [.training],
      "Play the way the clusters went, or stop",
      word: { $0.train?.history.play == nil ? "play" : "stop playing" },
      when: { ($0.train?.history.frames.count ?? 0) > 1 }, do: change { $0.history.togglePlay() }),
    Command(
      "compareTrained", ["c", "Enter"], .training, in: [.training],
      "Compare what was trained with the run that is open", hint: "compare",
      when: { $0.train?.status == .finished && $0.train?.extraction == nil },
      do: ask {
        if $0.tuned != nil { return [.train(.compare)] }
        $0.wantsCompare = true
        $0.extraction = JobProgress()
        return [.train(.extract)]
      }),
    Command(
      "newTraining", ["n"], .training, in: [.training], "Another training", hint: "new",
      when: { !isTraining($0) && $0.train?.watched == nil }, do: change { $0.status = .setup }),
  ]

  private static let isTraining: Command.Condition = { $0.train?.isRunning ?? false }
  private static let hasClusters: Command.Condition = { $0.train?.history.latest != nil }
  private static let canStop: Command.Condition = {
    isTraining($0) && $0.train?.status != .stopping
  }
}
