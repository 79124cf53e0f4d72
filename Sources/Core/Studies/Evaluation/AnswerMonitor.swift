import SeerAnalysis
import SeerModels
import SeerMonitor
import SeerRuns
import SeerSupport
import SeerTokenizers

/// Where a monitor of answers learns: run folders, or a file of labelled rows.
package enum MonitorSource: Equatable, Sendable {
  /// One run of the base model, or one of it and one of the tuned model over the same rows.
  case runs([String])
  /// A concept file, which each model reads.
  case concepts(String)
}

/// What the monitor says of one answer.
package struct AnswerVerdict: Equatable {
  package enum Kind: Equatable { case safe, unsafe, unknown }
  package var kind: Kind
  /// Whatever the monitor calls the answer, or `unknown`.
  package var concept: String
}

/// The calibrated monitor (``Monitor``) of one model's states, which reads whole exchanges: a
/// prompt with its answer, rendered like the rows it learned from.
package struct AnswerMonitor {
  /// The concept of answers that do no harm; all others count as unsafe.
  package static let safe = "safe"

  /// `base` or `tuned`: whose states it reads.
  package let name: String
  package let monitor: Monitor
  private let position: Position
  private let template: RowTemplate
  private let adapter: Adapter?

  /// Fails where the monitor knows no `safe`, or nothing else.
  package init(
    name: String, monitor: Monitor, position: Position, template: RowTemplate, adapter: Adapter?,
    file: String
  ) throws(Failure) {
    guard monitor.concepts.contains(Self.safe), monitor.concepts.count > 1 else {
      throw Failure(
        .badData, file: file,
        found: "the concepts " + monitor.concepts.map { "`\($0)`" }.joined(separator: ", "),
        wanted: "`\(Self.safe)` and at least one other",
        advice: "Give rows whose harmless answers are called `\(Self.safe)`.")
    }
    guard position != .all else {
      throw Failure(
        .usage, file: file, place: "position", found: "all", wanted: "last, prompt-end or mean",
        advice: "An answer is judged as a whole: extract the run with another --position.")
    }
    self.name = name
    self.monitor = monitor
    self.position = position
    self.template = template
    self.adapter = adapter
  }

  /// A verdict for each answer; nil for those without a word.
  ///
  /// - Parameters:
  ///   - turns: the conversation that an answer belongs to; empty where that is its prompt alone.
  ///   - report: called with the answers read.
  package func verdicts(
    _ answers: [Answer], turns: (Answer) -> [ChatMessage], _ language: LanguageModel,
    checkpoint: () throws -> Void,
    report: (_ answers: Int) -> Void
  ) throws -> [AnswerVerdict?] {
    let renderer = try RowRenderer(
      language.tokenizer, template: template, maxTokens: language.configuration.context)
    let judged = answers.indices.filter { !answers[$0].isEmpty }
    var verdicts = [AnswerVerdict?](repeating: nil, count: answers.count)
    // The states of some rows at a time: all of them need not fit in memory.
    for first in stride(from: 0, to: judged.count, by: 64) {
      let part = judged[first..<min(first + 64, judged.count)]
      let rows = try part.map { place throws(Failure) in
        let answer = answers[place]
        return try renderer.render(
          ConceptSet.Row(prompt: answer.prompt, response: answer.answer, turns: turns(answer)))
      }
      let states = try language.collectStates(
        of: rows, positions: [position], layers: [monitor.layer], adapter: adapter,
        checkpoint: checkpoint, report: { _ in })
      for (place, scores) in zip(part, monitor.score(states.states[0][0], of: .turn)) {
        let concept = monitor.top(scores)
        let kind: AnswerVerdict.Kind =
          scores.isUnknown ? .unknown : concept == Self.safe ? .safe : .unsafe
        verdicts[place] = AnswerVerdict(kind: kind, concept: concept)
      }
      report(part.endIndex)
    }
    return verdicts
  }
}

extension DetoxEvaluation {
  /// The monitors that the evaluation asks for: the base model's, and the tuned one's where there
  /// is an adapter.
  package func monitors(
    _ language: LanguageModel, _ lora: Adapter?, _ notes: inout [String], _ context: JobContext
  ) throws -> [AnswerMonitor] {
    guard let source = monitor else { return [] }
    guard let layer, (0...language.configuration.blocks).contains(layer) else {
      throw Failure(
        .usage, place: "--layer", found: layer.map(String.init) ?? "none",
        wanted: "the layer the monitor reads, 0 to \(language.configuration.blocks)")
    }
    switch source {
    case .runs(let folders):
      return try monitors(ofRuns: folders, layer, language, lora, &notes)
    case .concepts(let path):
      return try monitors(of: path, layer, language, lora, &notes, context)
    }
  }

  private func monitors(
    ofRuns folders: [String], _ layer: Int, _ language: LanguageModel, _ lora: Adapter?,
    _ notes: inout [String]
  ) throws -> [AnswerMonitor] {
    let hash = try adapter.map { folder throws(Failure) in
      (folder: folder, sha256: try AdapterFile.sha256(of: folder))
    }
    let runs = try folders.map { folder throws(Failure) in try Run.open(folder) }
    var monitors: [AnswerMonitor] = []
    for run in runs {
      let own = run.manifest.adapterSHA256
      // Notes are on single words and adapters; here answers are read whole, and by their own.
      _ = try run.notesForScoring(
        language, modelSHA256: language.sha256(), adapter: hash, template: nil)
      guard own == nil || own == hash?.sha256 else {
        throw Failure(
          .badData, file: run.folder, place: "adapter_sha256",
          found: "a run of the adapter \(run.manifest.adapter ?? "")",
          wanted: hash.map { "one of \($0.folder), or of the base model" }
            ?? "one of the base model", advice: "Give that adapter as --adapter.")
      }
      let name = own == nil ? "base" : "tuned"
      if let first = runs.first, first.folder != run.folder {
        try run.checkRows(like: first)
        guard !monitors.contains(where: { $0.name == name }) else {
          throw Failure(
            .usage, place: "--run", found: "two runs of the \(name) model",
            wanted: "one of the base model and one of the tuned one")
        }
      }
      notes += run.precisionNotes(language)
      notes += try run.templateNotes(language, run.manifest.template)
      let monitor = try Monitor(run: run, layer: layer)
      notes += monitor.notes.map { "\(run.folder): \($0)" }
      monitors.append(
        try AnswerMonitor(
          name: name, monitor: monitor, position: run.manifest.position,
          template: run.manifest.template, adapter: own == nil ? nil : lora, file: run.folder))
    }
    return monitors.sorted { $0.name < $1.name }
  }

  private func monitors(
    of path: String, _ layer: Int, _ language: LanguageModel, _ lora: Adapter?,
    _ notes: inout [String], _ context: JobContext
  ) throws -> [AnswerMonitor] {
    guard position != .all else {
      throw Failure(
        .usage, place: "--position", found: "all", wanted: "last, prompt-end or mean",
        advice: "An answer is judged as a whole.")
    }
    let set = try ConceptSet(contentsOf: path, columns: columns)
    notes += set.fileNotes
    let renderer = try RowRenderer(
      language.tokenizer, template: template,
      maxTokens: min(512, language.configuration.context))
    let rows = try renderer.render(set, of: path)
    let cut = rows.count(where: \.isCut)
    if cut > 0 { notes.append("\(cut) rows of \(path) were cut at \(renderer.maxTokens) tokens.") }
    let total = rows.reduce(0) { $0 + $1.ids.count }
    var monitors: [AnswerMonitor] = []
    for (name, adapter) in [("base", nil), ("tuned", lora)] where name == "base" || lora != nil {
      let states = try language.collectStates(
        of: rows, positions: [position], layers: [layer], adapter: adapter,
        checkpoint: context.checkpoint,
        report: {
          context.report(
            JobProgress(
              completed: $0, total: total, unit: "tokens", message: "teaching the \(name) monitor"))
        })
      let monitor: Monitor
      do throws(Failure) {
        monitor = try Monitor(
          states.states[0][0], labels: set.labels, concepts: set.concepts, folds: set.folds(),
          layer: layer)
      } catch {
        var failure = error
        failure.file = failure.file ?? path
        throw failure
      }
      if monitors.isEmpty { notes += monitor.notes.map { "\(path): \($0)" } }
      monitors.append(
        try AnswerMonitor(
          name: name, monitor: monitor, position: position, template: template, adapter: adapter,
          file: path))
    }
    return monitors
  }
}

extension Run {
  /// Fails where another run's rows are not these.
  package func checkRows(like other: Run) throws(Failure) {
    guard rows.elementsEqual(other.rows, by: { $0.text == $1.text && $0.concept == $1.concept })
    else {
      throw Failure(
        .badData, file: folder, found: "other rows than \(other.folder) has",
        wanted: "runs over the same concept file",
        advice: "Extract both from one concept file.")
    }
  }
}
