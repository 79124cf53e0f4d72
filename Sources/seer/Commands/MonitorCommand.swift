import ArgumentParser
import Foundation
import SeerAnalysis
import SeerMonitor
import SeerRuns
import SeerStudies
import SeerSupport

struct MonitorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "monitor",
    abstract: "How well a run's monitors tell the concepts of tokens and turns.",
    discussion: """
      The texts of the run are read token by token, at every layer that it holds, and each sentence of
      their responses by itself. Prototypes are those of the run; regularised linear probes are taught
      by the tokens of the training rows, and by their turns (whole rows, stretches and single
      sentences), their shrinkage chosen by folds of the prompts. A token's logits are averaged with
      those of the tokens before it in its turn; half-life says over how many, the fewest that do as
      well as any. By such folds layers and readers are compared (taught); the rest is measured on the
      rows held out. Rates, such as that of a turn's window, are areas under the ROC curve, the mean
      over concepts.

      --record keeps probe, calibrations, thresholds and the best layer in the run's folder
      (monitor.json), and seer score, chat and the Prompt screen use them.

      Example:
        seer extract --concepts samples/concepts.csv --position mean --layers 20-28 --run words
        seer evaluate monitor --run words --record
        seer score --run words --template plain "He was beaten badly."
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String?
  @Option(name: .customLong("run"), help: "A run of the model, of --position mean.")
  var folder: String
  @Option(help: "The file that the run was made of, where it is not where it was.")
  var concepts: String?
  @OptionGroup var columns: RowColumnArguments
  @Option(help: "Some of the run's layers, numbers and ranges: 16,24-30; else all.")
  var layers: String?
  @OptionGroup var chat: ChatArguments
  @OptionGroup var memory: MemoryArguments
  @Flag(help: "Keep what was measured in the run's folder.") var record = false
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    var evaluation = MonitorEvaluation(
      model: model, adapter: adapter, run: folder, tool: Version.tool)
    evaluation.concepts = concepts
    evaluation.columns = columns.names
    evaluation.layers = try layers.map { text throws(Failure) in
      let wanted = "layers and ranges of them, like 16,24-30"
      return Set(try rangeOption(text, "--layers", wanted: wanted)).sorted()
    }
    evaluation.chat = try chat.options()
    evaluation.memory = memory.budget
    let job = evaluation
    let (figures, found) = try runJob("evaluate", priority: .training, showsProgress: true) {
      try job.run($0)
    }
    if record { try found.write(to: Run.open(folder)) }
    for note in figures.notes { Report.note(note) }
    if json { try Report.json(figures) } else { show(figures) }
  }

  private func show(_ figures: MonitorEvaluation.Measurement) {
    Report.line(
      "\(figures.trainingRows) rows taught, \(figures.heldOutRows) held out, \(figures.tokens) tokens"
    )
    Report.line(
      "                   half-  taught: tokens   turns  held out: tokens                    "
        + "turns           as \(SequenceScore.allCases.map(\.rawValue).joined(separator: ", "))")
    Report.line(
      "  layer reader      life   AUC    right   right   AUC    right  calibration error  right   AUC"
    )
    for result in figures.results {
      let (taught, held) = (result.taught, result.heldOut)
      let ways = SequenceScore.allCases.map { number(held.turnAUC?[$0.rawValue] ?? .nan) }
      let isBest = result.layer == figures.layer && result.reader == figures.reader
      Report.line(
        (isBest ? "* " : "  ") + pad("\(result.layer)", 6) + pad(result.reader.rawValue, 12)
          + pad(Report.rounded(result.halfLife, 0), 7) + pad(number(taught.tokenAUC), 7)
          + pad(number(taught.tokenAccuracy), 8)
          + pad(number(taught.turnAccuracy), 8) + pad(number(held.tokenAUC), 7)
          + pad(number(held.tokenAccuracy), 7) + pad(number(result.calibrationError), 19)
          + pad(number(held.turnAccuracy), 8) + ways.joined(separator: "  "))
    }
    if record { Report.line("Kept in \(folder)/\(MonitorRecord.name).") }
  }

  private func number(_ value: Double) -> String { Report.rounded(value, 3) }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
