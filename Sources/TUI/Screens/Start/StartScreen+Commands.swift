import SeerFigures

extension Command {
  /// Choosing what to open.
  package static let start: [Command] = [
    Command(
      .entryDown, ["j", "Down"], .start, in: [.start], "Next entry", hint: "move",
      when: { $0.start.entries.count > 1 }),
    Command(
      .entryUp, ["k", "Up"], .start, in: [.start], "Entry before", hint: "move",
      when: { $0.start.entries.count > 1 }),
    Command(
      .openEntry, ["Enter"], .start, in: [.start],
      "Open the run, record states for the file, or use the model", hint: "open",
      when: { $0.start.current != nil || $0.start.plan != nil }),
    Command(
      .markRun, ["Space"], .start, in: [.start],
      "Mark a run: the next one opened is compared with it", hint: "compare with",
      when: { if case .run(let run)? = $0.start.current { run.isFinished } else { false } }),
    Command(
      .cancelPlan, ["Esc"], .start, in: [.start], "Do not record", hint: "not",
      when: { $0.start.plan != nil }),
    Command(
      .cancelExtraction, ["X"], .start, in: [.start],
      "Stop recording; Enter on the unfinished run goes on with it", hint: "stop",
      when: { $0.start.extracting != nil }),
    Command(.rescan, ["r"], .start, in: [.start], "Look again", hint: "look again"),
  ]
}
