import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerSupport
import SeerTokenizers

/// The hidden states of every layer for a concept set, written as a run.
package struct Extraction: Sendable {
  package var model: String
  /// A PEFT adapter folder, or nil for the base model.
  package var adapter: String?
  package var concepts: String
  /// What its columns are called, and which answers of conversations are rows.
  package var columns = ConceptColumns()
  package var folder: String
  package var position = Position.last
  package var template = RowTemplate.chat
  /// What the user says of how conversations are written.
  package var chat = ChatOptions()
  /// Only the first rows of the file.
  package var limit: Int?
  /// Tokens of a row that are kept; nil is the usual number.
  package var maxTokens: Int?
  /// `float32` or `float16`.
  package var usesHalf = false
  /// What the work may take of the machine's memory.
  package var memory = MemoryBudget()
  /// The program and version, for the manifest.
  package var tool: String

  package init(model: String, concepts: String, folder: String, tool: String) {
    self.model = model
    self.concepts = concepts
    self.folder = folder
    self.tool = tool
  }

  package struct Summary: Sendable {
    /// Rows of states in the run.
    package var rows: Int
    package var tokens: Int
    /// Of the forward passes, over all sittings.
    package var seconds: Double
    /// What the user should know: rows cut, a single concept.
    package var notes: [String]

    package init(rows: Int, tokens: Int, seconds: Double, notes: [String]) {
      self.rows = rows
      self.tokens = tokens
      self.seconds = seconds
      self.notes = notes
    }
  }

  /// Runs the job: reads, tokenizes, runs what is not done yet, writes.
  package func run(_ context: JobContext) throws -> Summary {
    let set = try ConceptSet(contentsOf: concepts, columns: columns)
    let chosen = Array(set.rows.prefix(limit ?? set.rows.count))
    let language = try LanguageModel(model, chat: chat)
    let hash = language.hashing()
    let lora = try adapter.map { folder throws(Failure) in
      try AdapterFile.read(folder, for: language.configuration)
    }
    let maxTokens = try language.tokensKept(maxTokens)
    let rendered = try render(
      chosen, set.places,
      RowRenderer(language.tokenizer, template: template, maxTokens: maxTokens))
    try context.checkpoint()
    let spans = rendered.map { position.spans(of: $0) }
    let starts = spans.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
    var manifest = RunManifest(
      tool: tool, model: model, modelSHA256: try hash.value(),
      adapter: adapter, adapterSHA256: try adapter.map { try AdapterFile.sha256(of: $0) },
      concepts: concepts, conceptsSHA256: try sha256(ofFile: concepts), columns: columns.recipe,
      template: template, position: position, maxTokens: maxTokens,
      layers: Array(0...language.configuration.blocks), rows: starts.last ?? 0,
      width: language.configuration.width, dtype: usesHalf ? .float16 : .float32)
    if template == .chat { manifest.chat = try ChatRecord(language.tokenizer.chat) }
    var summary = Summary(rows: manifest.rows, tokens: 0, seconds: 0, notes: set.notes)
    let cut = rendered.filter(\.isCut).count
    if position == .promptEnd, template == .chat, language.tokenizer.chat.opensAnswers {
      summary.notes.append(
        "The template opens the answer together with the question: prompt-end is the first special "
          + "token after the question's words, or where there is none the last one before the answer."
      )
    }
    if cut > 0 {
      summary.notes.append(
        "\(cut) row\(cut == 1 ? " was" : "s were") cut at \(maxTokens) tokens (--max-tokens).")
    }
    if let finished = try Run.finished(folder, as: manifest) {
      summary.tokens = finished.tokens ?? 0
      summary.seconds = finished.seconds ?? 0
      summary.notes.append("\(folder) holds this run already; nothing was done.")
      return summary
    }
    let writer = try RunWriter(folder: folder, manifest: manifest)
    if writer.tokens > 0 {
      summary.notes.append("Went on with an unfinished run: \(writer.tokens) tokens were done.")
    }
    try runBatches(
      language, lora, rendered, spans: spans, starts: starts, into: writer, manifest, context)
    try writer.finish(rows(chosen, rendered, language.tokenizer))
    summary.tokens = writer.tokens
    summary.seconds = writer.seconds
    return summary
  }

  private func render(
    _ rows: [ConceptSet.Row], _ places: [RecordPlace], _ renderer: RowRenderer
  ) throws -> [RenderedRow] {
    try Parallel.map(rows.count, grain: 8) { index in
      Result<RenderedRow, Failure> { () throws(Failure) in
        try renderer.render(rows[index], of: concepts, at: places[index])
      }
    }.map { try $0.get() }
  }

  private func runBatches(
    _ language: LanguageModel, _ adapter: Adapter?, _ rendered: [RenderedRow],
    spans: [[Range<Int>]], starts: [Int],
    into writer: RunWriter, _ manifest: RunManifest, _ context: JobContext
  ) throws {
    let total = rendered.reduce(0) { $0 + $1.ids.count }
    let longest = rendered.reduce(0) { max($0, $1.ids.count) }
    // States of all layers come with every batch.
    var costs = language.costs(
      tokens: max(longest, min(total, Batch.usualTokens)), measuring: false)
    let rows = Double(manifest.rows) / Double(max(1, total)) * Double(costs.tokens)
    costs.batchBytes += 4 * manifest.layers.count * manifest.width * Int(rows.rounded(.up))
    costs.cacheBytes = 0
    let plan = try memory.plan(costs, leastTokens: longest)
    let language = language.following(plan)
    let capacity = max(longest, plan.batchTokens)
    let state = language.activations(tokens: capacity)
    var progress = JobProgress(
      completed: writer.tokens, total: total, unit: "tokens",
      memory: plan.batchBytes)
    let started = ContinuousClock.now
    let before = writer.seconds
    context.report(progress)
    var first = 0
    while first < rendered.count {
      // Rows of a batch are consecutive, so that a layer's states are written in one piece.
      var end = first
      var tokens = 0
      while end < rendered.count, tokens == 0 || tokens + rendered[end].ids.count <= capacity {
        tokens += rendered[end].ids.count
        end += 1
      }
      let rows = first..<end
      first = end
      if writer.isDone(starts[rows.lowerBound]..<starts[rows.upperBound]) { continue }
      let batch = Batch(rows.map { rendered[$0].ids })
      let places = zip(rows, batch.rows).flatMap { row, place in
        spans[row].map { $0.lowerBound + place.start..<$0.upperBound + place.start }
      }
      var waited = Duration.zero
      let began = ContinuousClock.now
      let result = try language.transformer.forward(
        batch, adapter: adapter,
        request: ForwardRequest(layers: manifest.layers, spans: places), activations: state,
        checkpoint: {
          let asked = ContinuousClock.now
          try context.checkpoint()
          waited += asked.duration(to: .now)
        })
      let seconds = (began.duration(to: .now) - waited).seconds
      try writer.write(
        result.states, firstRow: starts[rows.lowerBound], tokens: tokens, seconds: seconds)
      progress.completed = writer.tokens
      progress.elapsed = .seconds(before) + started.duration(to: .now)
      progress.message = "\(Int(Double(writer.tokens) / max(writer.seconds, 1e-9))) tokens/s"
      context.report(progress)
    }
  }

  private func rows(
    _ chosen: [ConceptSet.Row], _ rendered: [RenderedRow], _ tokenizer: Tokenizer
  ) -> [RunRow] {
    var rows: [RunRow] = []
    for (index, row) in chosen.enumerated() {
      var entry = RunRow(
        row: index, text: row.text, concept: row.concept ?? "", tokens: rendered[index].ids.count,
        split: row.split?.rawValue, prompt: row.turns.isEmpty ? row.prompt : row.foldKey)
      guard position == .all else {
        rows.append(entry)
        continue
      }
      for id in rendered[index].ids {
        entry.token = tokenizer.text(of: id)
        rows.append(entry)
      }
    }
    return rows
  }
}
