import ArgumentParser
import Foundation
import LinearAlgebra

/// Arguments in, engine calls, text or JSON out.
@main
enum Main {
  static func main() {
    ProcessStart.endOnInterrupts()
    // OpenBLAS chooses its kernels when it is loaded: nothing may come before this.
    KernelChoice.relaunchIfBetter()
    ProcessStart.holdStandardStreams()
    // A limit on the size of files is an error to report, not a signal to die of.
    signal(SIGXFSZ, SIG_IGN)
    do {
      try ProcessStart.checkArguments()
      if let topic = HelpTopics.asked(Array(CommandLine.arguments.dropFirst())) {
        Report.line(topic.wrapped(to: helpWidth))
        Report.end(0)
      }
      var command = try Seer.parseAsRoot()
      try command.run()
      Report.end(0)
    } catch {
      Report.exit(error)
    }
  }
}

struct Seer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seer",
    abstract: "Explore what language models think, in the terminal.",
    discussion: """
      With no command, the last run is opened in the explorer, or else the sample.

      Example:
        seer extract --model smollm2 --concepts samples/concepts.csv --run my-run
        seer explore --run my-run

      `seer help TOPIC` explains a word: layers, positions, presets, templates.
      """.reflowed,
    version: Version.text,
    subcommands: [
      ExploreCommand.self, ModelCommand.self, TokenizeCommand.self, ExtractCommand.self,
      ImportCommand.self,
      ProjectCommand.self, GenerateCommand.self, ScoreCommand.self, ChatCommand.self,
      TrainCommand.self, EvaluateCommand.self, CompareCommand.self, ExportCommand.self,
      ReportCommand.self, PresetCommand.self, ControlVectorCommand.self, MergeCommand.self,
      DoctorCommand.self,
    ],
    defaultSubcommand: ExploreCommand.self)
}

enum Version {
  static let number = "0.1.0"
  static var tool: String { "seer \(number)" }

  /// What `--version` prints: also the kernels in use, since speed depends on them.
  static var text: String { "\(tool) (\(kernels))" }

  /// What multiplies, and on how many threads.
  static var kernels: String {
    let own =
      (BLAS.hasMatrixUnit ? "matrix unit, " : "") + (BLAS.hasOwnKernel ? "own AVX-512 sgemm, " : "")
    return "\(own)OpenBLAS \(BLAS.kernelName) kernels (\(KernelChoice.reason)), "
      + "\(Parallel.workers) thread\(Parallel.workers == 1 ? "" : "s")"
  }
}
