extension Command {
  /// Setting a training up and steering it.
  package static let training: [Command] = [
    Command(.fieldDown, ["Down", "Tab"], .training, in: [.form], "Next line", hint: "line"),
    Command(.fieldUp, ["Up"], .training, in: [.form], "Line before", hint: "line"),
    Command(
      .fieldEnter, ["Enter"], .training, in: [.form], "Next line, or start",
      hint: "next/start"),
    Command(
      .fieldLeft, ["Left"], .training, in: [.form],
      "A character back; the objective before"),
    Command(
      .fieldRight, ["Right"], .training, in: [.form],
      "A character on; the next objective"),
    Command(.fieldBackspace, ["Backspace"], .training, in: [.form], "Delete what is before"),
    Command(.fieldDelete, ["Delete"], .training, in: [.form], "Delete what is after"),
    Command(.fieldClear, ["Ctrl-u"], .training, in: [.form], "Clear the line", hint: "clear"),
    Command(
      .pauseTraining, ["Space"], .training, in: [.training], "Pause, or go on",
      hint: "pause", when: { isTraining($0) && $0.train?.status != .stopping }),
    Command(
      .saveTraining, ["s"], .training, in: [.training], "Write a checkpoint now",
      hint: "save", when: { $0.train?.status == .running }),
    Command(
      .stopTraining, ["X"], .training, in: [.training],
      "Stop, leaving a checkpoint", hint: "stop",
      when: { isTraining($0) && $0.train?.status != .stopping }),
    Command(
      .resumeTraining, ["r"], .training, in: [.training], "Go on from the checkpoint",
      hint: "resume", when: { $0.train?.status == .stopped }),
    Command(
      .compareTrained, ["c", "Enter"], .training, in: [.training],
      "Compare what was trained with the run that is open", hint: "compare",
      when: { $0.train?.status == .finished && $0.train?.extraction == nil }),
    Command(
      .newTraining, ["n"], .training, in: [.training], "Another training", hint: "new",
      when: { !isTraining($0) && $0.train?.watched == nil }),
  ]

  private static func isTraining(_ state: AppState) -> Bool { state.train?.isRunning ?? false }
}
