import ArgumentParser
import SeerTraining
import seer

struct SeerMPI: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seer-mpi",
    abstract: "Train and extract on several machines, under mpirun.",
    discussion: """
      Every rank is a process on some machine; all have the same files and the same build.

      Example:
        mpirun -n 4 seer-mpi train --model smollm2 --concepts samples/concepts.csv \\
          --retain samples/retain.csv --layer 24 --parts 8 --adapter my-adapter
      """,
    version: Version.text, subcommands: [TrainOnRanks.self, ExtractOnRanks.self])
}

struct TrainOnRanks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train an adapter, the parts of each step dealt to the ranks.",
    discussion: """
      The parts belong to the recipe, the ranks do not: any number of ranks gives the same adapter,
      and any number goes on with --resume. The first rank writes the folder.

      Example:
        mpirun -n 4 seer-mpi train --model smollm2 --concepts samples/concepts.csv \\
          --retain samples/retain.csv --layer 24 --parts 8 --adapter my-adapter
      """)

  @OptionGroup var train: TrainCommand
  @Option(help: "Seconds that a rank waits for the others before it ends the job.")
  var watchdog: Double?

  func validate() throws { try checkNumber("watchdog", watchdog, from: 1, to: 1e6) }

  func run() throws {
    let ranks = MPIRanks(watchdog.map { .seconds($0) } ?? .ofWork)
    try train.run(as: ranks)
    if ranks.isFirst, ranks.count > 1 { Report.note(ranks.summary) }
  }
}

struct ExtractOnRanks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Record hidden states, shards dealt to the ranks and joined.",
    discussion: """
      All ranks see the run's folder. Given again after an interruption, it goes on where it stopped,
      as long as the number of shards is the same.

      Example:
        mpirun -n 4 seer-mpi extract --model smollm2 --concepts samples/concepts.csv --run my-run
      """)

  @OptionGroup var extract: ExtractCommand
  @Option(help: "Shards to deal (default: one a rank).") var shards: Int?

  func run() throws { try extract.run(as: MPIRanks(.endless), shards: shards) }
}
