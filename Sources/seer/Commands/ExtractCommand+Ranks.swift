import Foundation
import SeerRuns
import SeerSupport
import SeerTraining

extension ExtractCommand {
  /// Runs as one of several ranks: shards are dealt to them, and the first one joins what all have left
  /// in the folder that they share.
  ///
  /// - Parameter wanted: shards to deal; nil: one a rank.
  package func run(as ranks: any RankGroup, shards wanted: Int?) throws {
    if let shard {
      throw Failure(
        .usage, place: "--shard", found: "`\(shard)`",
        wanted: "none: the ranks' shards are dealt to them (--shards says how many)")
    }
    let count = wanted ?? ranks.count
    guard let first = Shard(1, of: count) else {
      throw Failure(
        .usage, place: "--shards", found: "\(count)", wanted: "1 to \(Shard.most)")
    }
    try RankFacts().check(ranks, checkpoint: {})
    let job = try extraction(telling: ranks.isFirst)
    // What is finished, or another run, is told by the first.
    let isThere = FileManager.default.fileExists(atPath: folder + "/" + Run.manifestName)
    let isDone = try ranks.all(isThere, checkpoint: {})[0]
    if isDone {
      if ranks.isFirst { try run() }
      return
    }
    let numbers = stride(from: first.number + ranks.rank, through: count, by: ranks.count)
    for shard in numbers.compactMap({ Shard($0, of: count) }) {
      var part = job
      part.shard = shard
      part.folder = shard.folder(of: folder)
      let extraction = part
      let summary = try runJob(
        "extract \(shard)", priority: .training, showsProgress: ranks.isFirst
      ) { context in
        try extraction.run(context)
      }
      if ranks.isFirst { for note in summary.notes { Report.note(note) } }
    }
    // Every rank has left its shards.
    _ = try ranks.all(true, checkpoint: {})
    guard ranks.isFirst else { return }
    let folders = (1...count).compactMap { Shard($0, of: count)?.folder(of: folder) }
    let join = ShardJoin(shards: folders, folder: folder)
    _ = try runJob("join", showsProgress: true) { try join.run($0) }
    let manifest = try Run.open(folder).manifest
    for shard in folders { removeShard(shard) }
    RunLocator.remember(folder)
    try tell(
      folder, rows: manifest.rows, tokens: manifest.tokens ?? 0, seconds: manifest.seconds ?? 0)
  }

  /// Takes away a shard that is in the run now; other files that somebody has put beside it stay.
  private func removeShard(_ folder: String) {
    for file in Run.files(folder) { unlink(file) }
    rmdir(folder)
  }
}
