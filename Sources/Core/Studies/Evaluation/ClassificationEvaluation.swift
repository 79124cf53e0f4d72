import Foundation
import SeerAnalysis
import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers

/// Concepts told from hidden states: taught on one file, judged on another, with and without an
/// adapter, by several classifiers at every layer and position asked for.
package struct ClassificationEvaluation: Sendable {
  package var model: String
  package var adapter: String?
  package var train: String
  package var test: String
  package var columns = ConceptColumns()
  /// Nil for all.
  package var layers: [Int]?
  package var positions = [Position.last]
  package var template = RowTemplate.chat
  /// What the user says of how conversations are written.
  package var chat = ChatOptions()
  /// Tokens of a row that are kept; nil is the usual number.
  package var maxTokens: Int?
  package var classifiers = Classifier.allCases
  /// A run whose monitor, frozen, judges the test rows' states as well.
  package var monitor: String?
  /// Leaves out the test rows whose prompt is in the train file.
  package var leavesOutOverlap = false
  package var resamples = 1000
  package var permutations = 20
  package var seed: UInt64 = 0
  /// How exactly the model multiplies, as far as the machine has kernels for that.
  package var precision = Precision.exact
  package var memory = MemoryBudget()

  package init(model: String, adapter: String?, train: String, test: String) {
    self.model = model
    self.adapter = adapter
    self.train = train
    self.test = test
  }

  package func run(_ context: JobContext) throws -> ClassificationFigures {
    let data = try ClassificationData(self)
    let opened = try LanguageModel(model, chat: chat, precision: precision)
    let lora = try adapter.map { folder throws(Failure) in
      try AdapterFile.read(folder, for: opened.configuration)
    }
    let layers = try checkedLayers(opened)
    let kept = try opened.tokensKept(maxTokens)
    let rendered = try render(data, opened, tokensKept: kept)
    let language = try opened.planned(
      memory, leastTokens: rendered.reduce(1) { max($0, $1.ids.count) },
      otherBytes: positions.count * layers.count * rendered.count * opened.configuration.width
        * MemoryLayout<Float>.size)
    let total = rendered.reduce(0) { $0 + $1.ids.count } * (lora == nil ? 1 : 2)
    let started = ContinuousClock.now
    var judge = ClassificationJudge(self, data, layers)
    judge.stale = try monitor.map { folder throws(Failure) in
      try StaleMonitor(folder, self, data, language, layers: layers)
    }
    var done = 0
    for (name, adapter) in [("base", nil), ("tuned", lora)] where name == "base" || lora != nil {
      let states = try language.collectStates(
        of: rendered, positions: positions, layers: layers, adapter: adapter,
        checkpoint: context.checkpoint,
        report: { tokens in
          context.report(
            JobProgress(
              completed: done + tokens, total: total, unit: "tokens",
              elapsed: started.duration(to: .now), message: name))
        })
      done += total / (lora == nil ? 1 : 2)
      try judge.add(name, states, context)
    }
    let cut = rendered.count(where: \.isCut)
    return judge.figures(
      cut > 0 ? ["\(cut) rows were cut at \(kept) tokens (--max-tokens)."] : [])
  }

  private func checkedLayers(_ language: LanguageModel) throws(Failure) -> [Int] {
    let blocks = language.configuration.blocks
    let chosen = (layers.map { Set($0) }?.sorted()) ?? Array(0...blocks)
    guard !chosen.isEmpty, chosen.allSatisfy({ (0...blocks).contains($0) }) else {
      throw Failure(
        .usage, place: "--layer", found: chosen.map(String.init).joined(separator: ","),
        wanted: "all, or layers from 0 to \(blocks)")
    }
    guard !positions.isEmpty, !positions.contains(.all) else {
      throw Failure(
        .usage, place: "--position", found: positions.isEmpty ? "none" : "all",
        wanted: "last, prompt-end or mean", advice: "Every row has one concept, not every token.")
    }
    return chosen
  }

  /// Train rows, then test rows.
  private func render(
    _ data: ClassificationData, _ language: LanguageModel, tokensKept kept: Int
  ) throws(Failure) -> [RenderedRow] {
    let renderer = try RowRenderer(language.tokenizer, template: template, maxTokens: kept)
    var rendered: [RenderedRow] = []
    for (file, rows) in [(train, data.train), (test, data.test)] {
      for (index, row) in rows.enumerated() {
        do throws(Failure) {
          rendered.append(try renderer.render(row))
        } catch {
          var failure = error
          failure.file = failure.file ?? file
          failure.place = ["row \(index)", failure.place].compactMap { $0 }.joined(separator: ", ")
          throw failure
        }
      }
    }
    return rendered
  }
}

/// The rows of both files, with labels in common.
struct ClassificationData {
  let train: [ConceptSet.Row]
  let test: [ConceptSet.Row]
  let concepts: [String]
  let trainLabels: [Int]
  let testLabels: [Int]
  let overlap: TextOverlap
  let leftOut: Int
  let notes: [String]

  /// Reads both files; of one with the column `split`, only that side's rows.
  init(_ evaluation: ClassificationEvaluation) throws(Failure) {
    var fileNotes: [String] = []
    func rows(_ path: String, without side: ConceptSet.Side) throws(Failure) -> [ConceptSet.Row] {
      let set = try ConceptSet(contentsOf: path, columns: evaluation.columns)
      fileNotes += set.fileNotes
      let kept = set.rows.filter { $0.split != side }
      guard !kept.isEmpty else {
        throw Failure(
          .badData, file: path, place: "column split", found: "only `\(side.rawValue)` rows",
          wanted: side == .test ? "rows to learn from" : "rows to judge")
      }
      return kept
    }
    let train = try rows(evaluation.train, without: .test)
    var test = try rows(evaluation.test, without: .train)
    var places: [[UInt8]: Int] = [:]
    let keys = Set(train.map { Array(($0.concept ?? "").utf8) })
      .sorted { $0.lexicographicallyPrecedes($1) }
    for (place, key) in keys.enumerated() { places[key] = place }
    func label(_ row: ConceptSet.Row) -> Int? { places[Array((row.concept ?? "").utf8)] }
    let strangers = test.filter { label($0) == nil }
    if let stranger = strangers.first {
      throw Failure(
        .badData, file: evaluation.test,
        found: "\(strangers.count) row\(strangers.count == 1 ? "" : "s") of concepts that "
          + "\(evaluation.train) lacks, such as `\(stranger.concept ?? "")`",
        wanted: "the concepts "
          + keys.map { "`\(String(decoding: $0, as: UTF8.self))`" }.joined(separator: ", "),
        advice: "Add rows of them to the train file, or leave them out of the test file.")
    }
    let overlap = TextOverlap(train: train, test: test)
    let all = test.count
    if evaluation.leavesOutOverlap {
      let overlapping = Set(overlap.rows)
      test = test.indices.filter { !overlapping.contains($0) }.map { test[$0] }
      guard !test.isEmpty else {
        throw Failure(
          .badData, file: evaluation.test, found: "every row's prompt in \(evaluation.train) too",
          wanted: "rows that the train file does not have",
          advice: "Leave --without-overlap out, or split the rows by prompt.")
      }
    }
    var notes = fileNotes + overlap.notes(train: evaluation.train, test: evaluation.test)
    if keys.count == 1 {
      notes.append("There is one concept only: nothing to tell apart.")
    }
    let tested = Set(test.compactMap(label))
    let untested = keys.indices.filter { !tested.contains($0) }
    if !untested.isEmpty {
      let names = untested.map { "`\(String(decoding: keys[$0], as: UTF8.self))`" }
      notes.append("No test row has the concept \(names.joined(separator: ", ")).")
    }
    self.train = train
    self.test = test
    concepts = keys.map { String(decoding: $0, as: UTF8.self) }
    trainLabels = train.compactMap(label)
    testLabels = test.compactMap(label)
    self.overlap = overlap
    leftOut = all - test.count
    self.notes = notes
  }
}
