extension Command {
  /// Two runs side by side.
  package static let compare: [Command] = [
    Command(
      .flicker, ["t"], .compare, in: [.compare], "One map that jumps between base and tuned",
      hint: "flicker", when: isPaired),
    Command(
      .morph, ["T"], .compare, in: [.compare], "One map that glides between base and tuned",
      hint: "morph", when: isPaired),
    Command(
      .bothMaps, ["Enter"], .compare, in: [.compare], "Both maps side by side", hint: "both",
      when: { $0.compare?.shown != .both }),
    Command(
      .arrows, ["v"], .compare, in: [.compare], "Arrows from base to tuned: the row's, all found",
      hint: "arrows", when: isPaired),
    Command(
      .swapSides, ["S"], .compare, in: [.compare], "Swap the sides", when: isPaired),
    Command(
      .comparePanel, ["Tab"], .compare, in: [.compare], "Figures, confusions, rows that moved",
      hint: "panel", when: isPaired),
  ]
}
