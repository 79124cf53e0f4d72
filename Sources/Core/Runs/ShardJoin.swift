import Foundation
import SeerSupport

/// The run that one process would have written, put together from its shards.
///
///     try ShardJoin(shards: ["run.1of2", "run.2of2"], folder: "run").run(context)
package struct ShardJoin: Sendable {
  /// The folders of all shards, in any order.
  package var shards: [String]
  package var folder: String

  package init(shards: [String], folder: String) {
    self.shards = shards
    self.folder = folder
  }

  package struct Summary: Sendable {
    package var layers: [Int]
    package var rows: Int
    package var width: Int
    package var notes: [String]
  }

  /// One of the shards, opened.
  private struct Part {
    let run: Run
    let shard: Shard
    /// The lines of each of its rows of the concept file.
    let lines: [(row: Int, lines: Range<Int>)]

    init(_ run: Run, _ shard: Shard) {
      self.run = run
      self.shard = shard
      var lines: [(row: Int, lines: Range<Int>)] = []
      for (index, line) in run.rows.enumerated() {
        if let last = lines.last, last.row == line.row {
          lines[lines.count - 1].lines = last.lines.lowerBound..<index + 1
        } else {
          lines.append((line.row, index..<index + 1))
        }
      }
      self.lines = lines
    }
  }

  /// Checks that the shards are those of one extraction, each there once, then copies. Goes on with a
  /// join that was interrupted.
  ///
  /// O(bytes of the states), which are copied once as they are stored.
  package func run(_ context: JobContext) throws -> Summary {
    let parts = try opened(context)
    var manifest = parts[0].run.manifest
    let plan = try plan(parts, tokens: manifest.batchTokens)
    manifest.shard = nil
    manifest.rows = parts.reduce(0) { $0 + $1.run.rows.count }
    (manifest.tokens, manifest.seconds) = (nil, nil)
    var summary = Summary(
      layers: manifest.layers, rows: manifest.rows, width: manifest.width, notes: [])
    if try Run.finished(folder, as: manifest) != nil {
      summary.notes.append("\(folder) holds this run already; nothing was done.")
      return summary
    }
    let writer = try RunWriter(folder: folder, manifest: manifest)
    if !writer.done.isEmpty { summary.notes.append("Went on with an unfinished run.") }
    try writer.finish(try copy(parts, plan, into: writer, context))
    return summary
  }

  // MARK: Which shards there are

  /// The shards by their numbers.
  private func opened(_ context: JobContext) throws -> [Part] {
    var parts: [Int: Part] = [:]
    var first: Part?
    for folder in shards {
      try context.checkpoint()
      let part = try open(folder)
      if let first { try check(part, isLike: first) }
      if let twin = parts.updateValue(part, forKey: part.shard.number) {
        throw bad(
          part, "shard \(part.shard), which \(twin.run.folder) is, too", wanted: "each shard once",
          advice: "Leave one of them out.")
      }
      first = first ?? part
    }
    guard let first else {
      throw Failure(.usage, place: "SHARD", found: "none", wanted: "the folders of all shards")
    }
    let missing = (1...first.shard.count).filter { parts[$0] == nil }
      .compactMap { Shard($0, of: first.shard.count) }
    guard missing.isEmpty else {
      let run = first.shard.run(ofFolder: first.run.folder) ?? folder
      let names = missing.prefix(8).map { $0.folder(of: run) }.joined(separator: ", ")
      let more = missing.count > 8 ? " and \(missing.count - 8) more" : ""
      throw Failure(
        .badData, file: folder,
        found: "\(parts.count) of \(first.shard.count) shards, without \(names)\(more)",
        wanted: "all of them",
        advice: "Name them, or extract them with --shard \(missing[0]) and so on.")
    }
    return parts.sorted { $0.key < $1.key }.map(\.value)
  }

  private func open(_ folder: String) throws(Failure) -> Part {
    let run: Run
    do throws(Failure) {
      run = try Run.open(folder)
    } catch {
      // To the whole it is data that is not all there, whatever the shard lacks.
      var failure = error
      guard failure.kind == .missingInput else { throw failure }
      failure.kind = .badData
      failure.wanted = "a finished shard"
      throw failure
    }
    guard let shard = run.manifest.shard else {
      throw Failure(
        .badData, file: folder + "/" + Run.manifestName, place: "shard",
        found: "none: this is a whole run", wanted: "a shard of a run",
        advice: "Leave it out; shards are made with seer extract --shard.")
    }
    return Part(run, shard)
  }

  private func check(_ part: Part, isLike first: Part) throws(Failure) {
    guard part.shard.count == first.shard.count else {
      throw bad(
        part, "shard \(part.shard)",
        wanted: "one of \(first.shard.count), as \(first.run.folder) is",
        advice: "Give the shards of one extraction.")
    }
    // Which shard it is, and how many rows it has, is its own.
    var own = part.run.manifest
    own.shard = first.shard
    own.rows = first.run.manifest.rows
    let differences = own.differences(from: first.run.manifest)
    guard differences.isEmpty else {
      throw bad(
        part, "a shard that differs in \(differences.joined(separator: ", "))",
        wanted: "the recipe of \(first.run.folder)", advice: "Give the shards of one extraction.")
    }
  }

  private func bad(
    _ part: Part, _ found: String, wanted: String, advice: String
  ) -> Failure {
    Failure(
      .badData, file: part.run.folder + "/" + Run.manifestName, found: found, wanted: wanted,
      advice: advice)
  }

  /// The plan of the whole extraction, from the rows' lengths; fails where a shard's rows are not those
  /// of its batches.
  private func plan(_ parts: [Part], tokens: Int?) throws(Failure) -> BatchPlan {
    func wrong(_ part: Part) -> Failure {
      Failure(
        .badData, file: part.run.folder + "/" + Run.rowsName,
        found: "other rows than those of shard \(part.shard)",
        wanted: "the rows of every \(part.shard.count)th batch",
        advice: "Extract the shard again.")
    }
    var lengths = [Int](repeating: 0, count: parts.reduce(0) { $0 + $1.lines.count })
    for part in parts {
      for (row, lines) in part.lines {
        guard lengths.indices.contains(row) else { throw wrong(part) }
        lengths[row] = part.run.rows[lines.lowerBound].tokens
      }
    }
    guard let tokens else { throw wrong(parts[0]) }
    let plan = BatchPlan(lengths: lengths, tokens: tokens)
    for part in parts {
      let own = plan.batches(of: part.shard).flatMap(Array.init)
      guard own == part.lines.map(\.row) else { throw wrong(part) }
    }
    return plan
  }

  // MARK: Copying

  /// Copies batch after batch, and gives the rows of all.
  private func copy(
    _ parts: [Part], _ plan: BatchPlan, into writer: RunWriter, _ context: JobContext
  ) throws -> [RunRow] {
    var rows: [RunRow] = []
    rows.reserveCapacity(writer.manifest.rows)
    /// Rows of the concept file that each shard has given.
    var given = [Int](repeating: 0, count: parts.count)
    var progress = JobProgress(completed: 0, total: writer.manifest.rows, unit: "rows")
    for (index, batch) in plan.batches.enumerated() {
      try context.checkpoint()
      let place = index % parts.count
      let (run, lines) = (parts[place].run, parts[place].lines)
      let last = given[place] + batch.count
      let own = lines[given[place]].lines.lowerBound..<lines[last - 1].lines.upperBound
      let tokens = lines[given[place]..<last].reduce(0) {
        $0 + run.rows[$1.lines.lowerBound].tokens
      }
      given[place] = last
      let target = rows.count..<rows.count + own.count
      rows += run.rows[own]
      if !writer.isDone(target) {
        let share = Double(tokens) / Double(max(1, run.manifest.tokens ?? 0))
        try writer.copy(
          own, of: run, to: target.lowerBound, tokens: tokens,
          seconds: (run.manifest.seconds ?? 0) * share)
      }
      progress.completed = rows.count
      context.report(progress)
    }
    return rows
  }
}
