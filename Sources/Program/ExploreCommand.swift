import ArgumentParser
import Foundation
import SeerApp
import SeerFormats
import SeerModels
import SeerRuns
import SeerScreens
import SeerSupport
import SeerWidgets
import seer

extension ColorDepth: ExpressibleByArgument {}
extension PixelChoice: ExpressibleByArgument {}

/// What the terminal's text stands on.
enum Ground: String, EnumerableFlag {
  case light, dark
}

struct ExploreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explore",
    abstract: "Open runs in the terminal explorer.",
    discussion: """
      With no run named, the last one extracted is opened, or else the sample.

      A second run over the same rows is compared with the first (F3), more of them side by side or
      in turn.

      The model of the runs, where it is found, answers on the Prompt screen (F4). Its chat template
      is used as it was for the first run, unless options say otherwise.

      Example:
        seer explore --run my-run
        seer explore --run base-run --run tuned-run
        seer explore --watch my-adapter
      """.reflowed)

  @Option(name: .customLong("run"), help: "A run folder; may be given again for more runs.")
  var runs: [String] = []
  @Option(help: "The model of the runs: a GGUF file or the name of a cached model.")
  var model: String?
  @Option(help: "An adapter folder for the model (default: the one a run was made with).")
  var adapter: String?
  @OptionGroup var chat: ChatArguments
  @Option(help: "How the model multiplies: exact, or fast (default: as the first run was made).")
  var precision: Precision?
  @OptionGroup var memory: MemoryArguments
  @Option(help: "Follow the training that writes this adapter folder in another terminal.")
  var watch: String?
  @Flag(help: "Begin with the guided tour of some five minutes, on the sample unless told.")
  var tour = false
  @Option(help: "A file of keys to play, without a terminal.") var script: String?
  @Flag(inversion: .prefixedNo, help: "Draw with ASCII only (default: as the terminal allows).")
  var ascii: Bool?
  @Option(help: "How many colours to use (default: as the terminal allows; see NO_COLOR).")
  var colors: ColorDepth?
  @Option(help: "Draw maps by the terminal's pixels (default: where it says that it has them).")
  var pixels = PixelChoice.auto
  @Flag(help: "Colours for that ground (default: as the terminal says).") var ground: Ground?
  @Flag(inversion: .prefixedNo, help: "Take mouse events from the terminal.") var mouse = true

  func run() throws {
    var options = ExplorerOptions(
      runs: runs.isEmpty ? defaultRuns() : runs, script: script, ascii: ascii, colors: colors)
    options.isMouseOn = mouse
    options.model = model
    options.adapter = adapter
    options.chat = try chat.options()
    options.precision = precision
    // Its plan on standard error would come out when the screen is left.
    options.memory = memory.budget(isTold: false)
    options.isLight = ground.map { $0 == .light }
    options.pixels = pixels
    options.watched = watch
    options.tool = Version.tool
    options.startsTour = tour
    let ending = try Explorer.run(options)
    if ending == .interrupted { throw Cancelled() }
  }

  /// The last run, or the sample before and after training; none: the Start screen shows what
  /// there is to open.
  private func defaultRuns() -> [String] {
    let sample = RunLocator.sample(executable: "/proc/self/exe")
    if !tour, let last = RunLocator.last() { return [last] }
    guard let sample else { return [] }
    let tuned = sample.replacing("run-base", with: "run-tuned")
    return FileManager.default.fileExists(atPath: tuned) ? [sample, tuned] : [sample]
  }
}
