extension Command {
  /// What is measured of two runs.
  package static let figures: [Command] = [
    Command(
      .explainFigures, ["i"], .compare, in: [.compare],
      "All figures with their nulls, and what each one means", hint: "figures", when: isMeasured),
    Command(
      .measureFigures, ["u"], .compare, in: [.compare], "Stop measuring figures, or go on",
      when: isMeasured),
    Command(
      .nextMoved, ["e"], .compare, in: [.compare], "Next of the rows that moved most",
      when: hasMoved),
    Command(
      .previousMoved, ["E"], .compare, in: [.compare], "Row before among those that moved most",
      when: hasMoved),
    Command(
      .figuresDown, ["j", "Down"], .compare, in: [.figures], "Next figure", hint: "figure"),
    Command(.figuresUp, ["k", "Up"], .compare, in: [.figures], "Figure before", hint: "figure"),
    Command(
      .figuresTextDown, ["Space", "PageDown"], .compare, in: [.figures], "Scroll its text down",
      hint: "scroll"),
    Command(.figuresTextUp, ["PageUp"], .compare, in: [.figures], "Scroll its text up"),
    Command(
      .closeFigures, ["Esc", "i", "q", "Enter"], .compare, in: [.figures], "Close the figures",
      hint: "close"),
  ]

  private static let isMeasured: @Sendable (AppState) -> Bool = {
    $0.compare?.problem == nil && $0.explore.concepts.count > 1
  }
  private static let hasMoved: @Sendable (AppState) -> Bool = {
    $0.compare?.figures[$0.explore.layer]?.moved.isEmpty == false
  }
}
