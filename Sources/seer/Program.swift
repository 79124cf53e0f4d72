import ArgumentParser
import Foundation
import LinearAlgebra

/// Arguments in, engine calls, text or JSON out: what a program of this package does.
package enum Program {
  /// Before anything else. May start the program again, with OpenBLAS's right kernels.
  package static func prepare() {
    ProcessStart.endOnInterrupts()
    // OpenBLAS chooses its kernels when it is loaded: nothing may come before this.
    KernelChoice.relaunchIfBetter()
    Allocator.shareArenas()
    ProcessStart.holdStandardStreams()
    // A limit on the size of files is an error to report, not a signal to die of.
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Every command that prints what it finds, in the order of the help.
  package static let commands: [any ParsableCommand.Type] = [
    ModelCommand.self, TokenizeCommand.self, ExtractCommand.self, JoinCommand.self,
    ImportCommand.self, ProjectCommand.self, GenerateCommand.self, ScoreCommand.self,
    ChatCommand.self, TrainCommand.self, EvaluateCommand.self, CompareCommand.self,
    ExportCommand.self, ReportCommand.self, PresetCommand.self, ControlVectorCommand.self,
    MergeCommand.self, DoctorCommand.self,
  ]

  /// Runs what the arguments say, and ends the process.
  ///
  /// - Parameter onFailure: called before a failure is told.
  package static func run(
    _ root: any ParsableCommand.Type, onFailure: (any Error) -> Void = { _ in }
  ) -> Never {
    do {
      try ProcessStart.checkArguments()
      if let topic = HelpTopics.asked(Array(CommandLine.arguments.dropFirst())) {
        Report.line(topic.wrapped(to: helpWidth))
        Report.end(0)
      }
      var command = try root.parseAsRoot()
      try command.run()
      Report.end(0)
    } catch {
      onFailure(error)
      Report.exit(error, root)
    }
  }
}

package enum Version {
  static let number = "0.2.0"
  package static var tool: String { "seer \(number)" }

  /// What `--version` prints: also the kernels in use, since speed depends on them.
  package static var text: String { "\(tool) (\(kernels))" }

  /// What multiplies, and on how many threads.
  static var kernels: String {
    "\(BLAS.summary) (\(KernelChoice.reason)), "
      + "\(Parallel.workers) thread\(Parallel.workers == 1 ? "" : "s")"
  }
}
