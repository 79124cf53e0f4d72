import SeerRuns
import SeerSupport

/// Two runs over the same rows, such as a model without and with its adapter; their widths may
/// differ.
package struct RunPair: Sendable {
  package enum Side: String, CaseIterable, Sendable { case base, tuned }

  package let base: LabelledRun
  package let tuned: LabelledRun
  /// The layers that both hold.
  package let layers: [Int]

  /// Opens the runs and checks that they belong together.
  ///
  /// - Parameters:
  ///   - train: runs of the same two models whose rows give prototypes and probe; both or none.
  ///
  /// Fails, with the reason, where the rows are not the same.
  package init(
    base: String, tuned: String, train: String? = nil, trainTuned: String? = nil, seed: UInt64 = 0
  ) throws(Failure) {
    guard (train == nil) == (trainTuned == nil) else {
      throw Failure(
        .usage, place: train == nil ? "--train" : "--train-tuned", found: "one training run",
        wanted: "two, one of each model", advice: "Give both --train and --train-tuned.")
    }
    let runs = (base: try Run.open(base), tuned: try Run.open(tuned))
    try Self.check(runs.base, runs.tuned)
    var training: (base: Run, tuned: Run)?
    if let train, let trainTuned {
      let opened = (base: try Run.open(train), tuned: try Run.open(trainTuned))
      try Self.check(opened.base, opened.tuned)
      training = opened
    }
    self.base = try LabelledRun(
      runs.base, training: training?.base, twin: runs.tuned, trainingTwin: training?.tuned,
      seed: seed)
    self.tuned = try LabelledRun(
      runs.tuned, training: training?.tuned, twin: runs.base, trainingTwin: training?.base,
      seed: seed)
    let all = [runs.base, runs.tuned] + (training.map { [$0.base, $0.tuned] } ?? [])
    layers = runs.base.manifest.layers.filter { layer in
      all.allSatisfy { $0.manifest.layers.contains(layer) }
    }
    guard !layers.isEmpty else {
      throw Failure(
        .badData, file: tuned, place: "run.json, layers",
        found: Run.described(runs.tuned.manifest.layers),
        wanted: "a layer that \(base) holds, too (\(Run.described(runs.base.manifest.layers)))",
        advice: "Extract both runs with the same layers.")
    }
  }

  /// Refuses runs over different rows, naming the first difference.
  private static func check(_ base: Run, _ tuned: Run) throws(Failure) {
    let file = tuned.folder + "/" + Run.rowsName
    let advice = "Extract both runs from the same concept file with the same options."
    guard base.rows.count == tuned.rows.count else {
      throw Failure(
        .badData, file: file, found: "\(tuned.rows.count) rows",
        wanted: "\(base.rows.count), the rows of \(base.folder)", advice: advice)
    }
    for (index, (first, second)) in zip(base.rows, tuned.rows).enumerated() {
      let differences = [
        ("text", first.text, second.text), ("concept", first.concept, second.concept),
        ("split", first.split ?? "", second.split ?? ""),
        ("token", first.token ?? "", second.token ?? ""),
        // A run of 0.1 says none.
        ("prompt", first.prompt ?? second.prompt ?? "", second.prompt ?? first.prompt ?? ""),
      ]
      for (column, wanted, found) in differences where !wanted.utf8.elementsEqual(found.utf8) {
        throw Failure(
          .badData, file: file, place: "row \(index), column \(column)",
          found: "`\(shortened(found))`",
          wanted: "`\(shortened(wanted))`, as in \(base.folder)", advice: advice)
      }
    }
  }

  private static func shortened(_ text: String) -> String {
    text.count <= 60 ? text : text.prefix(59) + "…"
  }

  /// What a reader should know though it is no error.
  package var notes: [String] {
    var notes = base.notes
    let (first, second) = (base.run.manifest, tuned.run.manifest)
    func note(_ what: String, _ a: String, _ b: String) {
      if a != b { notes.append("The runs differ in \(what): \(a) and \(b).") }
    }
    note("position", first.position.rawValue, second.position.rawValue)
    note("template", first.templateTitle, second.templateTitle)
    if first.template == .chat, second.template == .chat {
      note("how conversations are written", first.chat.description, second.chat.description)
    }
    note("precision", first.multiplied.rawValue, second.multiplied.rawValue)
    note("max_tokens", "\(first.maxTokens)", "\(second.maxTokens)")
    if first.layers != second.layers {
      notes.append("Only the \(layers.count) layers that both runs hold are compared.")
    }
    notes += routingNotes
    if first.modelSHA256 == second.modelSHA256, first.adapterSHA256 == second.adapterSHA256,
      first.statesSHA256 == second.statesSHA256
    {
      notes.append(
        first.isImported
          ? "Both runs are of the same file of states."
          : "Both runs are of the same model with the same adapter.")
    }
    return notes
  }
}
