import SeerApp
import SeerFigures
import SeerWidgets

extension KeyContext {
  package static let start = KeyContext("start", isScreen: true)
}

extension CommandGroup {
  package static let start: CommandGroup = "Start"
}

/// Choosing what to open.
extension StartScreen {
  package static let contexts: [KeyContext] = [.start]

  package static let commands = [
    CommandSection([
      Command(
        "entryDown", ["j", "Down"], .start, in: [.start], "Next entry", hint: "move",
        when: hasChoice,
        do: change { $0.index = min(max(0, $0.entries.count - 1), $0.index + 1) }),
      Command(
        "entryUp", ["k", "Up"], .start, in: [.start], "Entry before", hint: "move",
        when: hasChoice, do: change { $0.index = max(0, $0.index - 1) }),
      Command(
        "openEntry", ["Enter"], .start, in: [.start],
        "Open the run, record states for the file, or use the model", hint: "open",
        when: { $0.start.current != nil || $0.start.plan != nil },
        do: { state, _ in openEntry(&state) }),
      Command(
        "markRun", ["Space"], .start, in: [.start],
        "Mark a run: the next one opened is compared with it", hint: "compare with",
        when: { if case .run(let run)? = $0.start.current { run.isFinished } else { false } },
        do: change {
          if case .run(let run)? = $0.current, run.isFinished {
            $0.markedRun = $0.markedRun == run.folder ? nil : run.folder
          }
        }),
      Command(
        "cancelPlan", ["Esc"], .start, in: [.start], "Do not record", hint: "not",
        when: { $0.start.plan != nil }, do: change { $0.plan = nil }),
      Command(
        "cancelExtraction", ["X"], .start, in: [.start],
        "Stop recording; Enter on the unfinished run goes on with it", hint: "stop",
        when: { $0.start.extracting != nil }, do: { _, _ in [.start(.cancel)] }),
      Command(
        "rescan", ["r"], .start, in: [.start], "Look again", hint: "look again",
        do: change {
          $0.wanted = $0.current?.path
          $0.library = nil
        }),
    ])
  ]

  private static let hasChoice: Command.Condition = { $0.start.entries.count > 1 }

  private static func change(
    _ change: @escaping @Sendable (inout StartState) -> Void
  ) -> Command.Action {
    { state, _ in
      change(&state.start)
      return []
    }
  }
}
