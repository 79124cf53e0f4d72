import ArgumentParser
import SeerRuns
import SeerSupport

struct JoinCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "join",
    abstract: "Put a run together from its shards.",
    discussion: """
      The run is the one that a single seer extract would have written. All shards must be there,
      each once; given again after an interruption, it goes on where it stopped.

      Example:
        seer extract --model smollm2 --concepts my.csv --run my-run --shard 1/2
        seer extract --model smollm2 --concepts my.csv --run my-run --shard 2/2
        seer join --run my-run my-run.*of2
      """.reflowed)

  @Option(name: .customLong("run"), help: "The folder to write.") var folder: String
  @Argument(help: "The folders of all shards, in any order.") var shards: [String]
  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    let layers: [Int]
    let rows: Int
    let width: Int
    let shards: Int
  }

  func run() throws {
    let join = ShardJoin(shards: shards, folder: folder)
    let summary = try runJob("join", showsProgress: true) { try join.run($0) }
    RunLocator.remember(folder)
    for note in summary.notes { Report.note(note) }
    let result = Result(
      layers: summary.layers, rows: summary.rows, width: summary.width, shards: shards.count)
    if json { return try Report.json(result) }
    Report.line(
      "\(folder): \(result.rows) rows of \(result.shards) shards, "
        + "layers \(Run.described(result.layers))")
  }
}
