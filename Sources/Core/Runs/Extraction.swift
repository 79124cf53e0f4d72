import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerSupport
import SeerTokenizers

/// The hidden states of every layer, or of some, for a concept set, written as a run or as a shard of
/// one.
package struct Extraction: Sendable {
  package var model: String
  /// A PEFT adapter folder, or nil for the base model.
  package var adapter: String?
  package var concepts: String
  /// What its columns are called, and which answers of conversations are rows.
  package var columns = ConceptColumns()
  /// The folder to write.
  package var folder: String
  /// Layers from 0, ascending; nil: all.
  package var layers: [Int]?
  /// The part of the run that is made; nil: the whole.
  package var shard: Shard?
  package var position = Position.last
  package var template = RowTemplate.chat
  /// What the user says of how conversations are written.
  package var chat = ChatOptions()
  /// Only the first rows of the file.
  package var limit: Int?
  /// Tokens of a row that are kept; nil is the usual number.
  package var maxTokens: Int?
  /// Whether the experts that rows go to are kept beside the states.
  package var keepsRouting = false
  /// `float32` or `float16`.
  package var usesHalf = false
  /// How exactly the model multiplies, as far as the machine has kernels for that.
  package var precision = Precision.exact
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

  /// Reads the same rows as another run of a model does, in the same way, and keeps its layers.
  package mutating func follow(_ manifest: RunManifest) {
    template = manifest.template
    position = manifest.position
    maxTokens = manifest.maxTokens
    precision = manifest.multiplied
    layers = manifest.isImported ? nil : manifest.layers
    shard = manifest.shard
    keepsRouting = manifest.routing != nil
    // A shard does not say how many rows there are in all, nor do tokens.
    if position != .all, shard == nil { limit = manifest.rows }
  }

  /// Runs the job: reads, tokenizes, runs what is not done yet, writes.
  package func run(_ context: JobContext) throws -> Summary {
    let set = try ConceptSet(contentsOf: concepts, columns: columns)
    let chosen = Array(set.rows.prefix(limit ?? set.rows.count))
    let language = try LanguageModel(model, chat: chat, precision: precision)
    let hash = language.hashing()
    let lora = try adapter.map { folder throws(Failure) in
      try AdapterFile.read(folder, for: language.configuration)
    }
    let maxTokens = try language.tokensKept(maxTokens)
    let layers = try layers(of: language)
    let all = try render(
      chosen, set.places,
      RowRenderer(language.tokenizer, template: template, maxTokens: maxTokens))
    try context.checkpoint()
    let plan = BatchPlan(lengths: all.map(\.ids.count))
    let part = Part(plan.batches(of: shard), all, position)
    var manifest = RunManifest(
      tool: tool, model: model, modelSHA256: try hash.value(),
      adapter: adapter, adapterSHA256: try adapter.map { try AdapterFile.sha256(of: $0) },
      concepts: concepts, conceptsSHA256: try sha256(ofFile: concepts), columns: columns.recipe,
      template: template, position: position, maxTokens: maxTokens,
      layers: layers, rows: part.starts.last ?? 0,
      width: language.configuration.width, dtype: usesHalf ? .float16 : .float32)
    manifest.precision = language.precision
    manifest.fastProducts = language.precision.products
    manifest.batchTokens = Batch.usualTokens
    manifest.shard = shard
    manifest.routing = try routing(of: language, layers)
    if template == .chat { manifest.chat = try ChatRecord(language.tokenizer.chat) }
    var summary = Summary(rows: manifest.rows, tokens: 0, seconds: 0, notes: set.notes)
    let cut = all.filter(\.isCut).count
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
    if let shard, part.batches.isEmpty {
      summary.notes.append(
        "Shard \(shard) is empty: the rows make \(plan.batches.count) batches only.")
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
    try runBatches(language, lora, part, into: writer, context)
    try writer.finish(part.rows.flatMap { rows(chosen[$0], $0, all[$0], language.tokenizer) })
    summary.tokens = writer.tokens
    summary.seconds = writer.seconds
    return summary
  }

  /// The rows that are run here, in their order.
  private struct Part {
    /// Their numbers in the concept file.
    let rows: [Int]
    let rendered: [RenderedRow]
    /// Which of a row's tokens are states of the run.
    let spans: [[Range<Int>]]
    /// The first state of each row, and after the last how many there are.
    let starts: [Int]
    /// Places in ``rows``.
    let batches: [Range<Int>]

    init(_ batches: [Range<Int>], _ all: [RenderedRow], _ position: Position) {
      rows = batches.flatMap(Array.init)
      rendered = rows.map { all[$0] }
      spans = rendered.map { position.spans(of: $0) }
      starts = spans.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
      var first = 0
      self.batches = batches.map { batch in
        defer { first += batch.count }
        return first..<first + batch.count
      }
    }

    /// The states of a batch.
    func states(_ batch: Range<Int>) -> Range<Int> {
      starts[batch.lowerBound]..<starts[batch.upperBound]
    }

    func tokens(_ batch: Range<Int>) -> Int { rendered[batch].reduce(0) { $0 + $1.ids.count } }
  }

  /// The layers asked for; all where none were.
  private func layers(of language: LanguageModel) throws(Failure) -> [Int] {
    let blocks = language.configuration.blocks
    guard let layers else { return Array(0...blocks) }
    if let wrong = layers.first(where: { !(0...blocks).contains($0) }) {
      throw Failure(
        .usage, place: "--layers", found: "\(wrong)",
        wanted: "layers from 0 to \(blocks), those of \(model)")
    }
    return layers
  }

  /// What is kept of routing.
  private func routing(
    of language: LanguageModel, _ layers: [Int]
  ) throws(Failure) -> RoutingRecipe? {
    guard keepsRouting else { return nil }
    guard let experts = language.configuration.experts else {
      throw Failure(
        .badData, file: language.path, place: "--routing",
        found: "a model without experts: it has no router",
        wanted: "a mixture of experts", advice: "Leave out --routing.")
    }
    guard let recipe = RoutingRecipe(language.configuration, layers: layers) else {
      throw Failure(
        .usage, place: "--routing", found: "layers without a router: \(Run.described(layers))",
        wanted: "one of \(Run.described(experts.blocks.map { $0 + 1 }.sorted()))",
        advice: "Name such a layer with --layers, or leave out --routing.")
    }
    return recipe
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
    _ language: LanguageModel, _ adapter: Adapter?, _ part: Part, into writer: RunWriter,
    _ context: JobContext
  ) throws {
    let manifest = writer.manifest
    let total = part.rendered.reduce(0) { $0 + $1.ids.count }
    // A batch is never made smaller for the sake of memory: that would be another plan.
    let capacity = max(1, part.batches.reduce(0) { max($0, part.tokens($1)) })
    var costs = language.costs(tokens: capacity, measuring: false)
    // States of all layers come with every batch.
    let states = part.batches.reduce(0) { max($0, part.states($1).count) }
    costs.batchBytes += 4 * manifest.layers.count * manifest.width * states
    if let routing = manifest.routing {
      costs.batchBytes += 2 * routing.tensorBytes(rows: states)
    }
    costs.cacheBytes = 0
    let plan = try memory.plan(costs, leastTokens: capacity)
    let language = language.following(plan)
    let state = language.activations(tokens: capacity)
    var progress = JobProgress(
      completed: writer.tokens, total: total, unit: "tokens",
      memory: plan.batchBytes)
    let started = ContinuousClock.now
    let before = writer.seconds
    context.report(progress)
    for rows in part.batches {
      let states = part.states(rows)
      if writer.isDone(states) { continue }
      let batch = Batch(part.rendered[rows].map(\.ids))
      let places = zip(rows, batch.rows).flatMap { row, place in
        part.spans[row].map { $0.lowerBound + place.start..<$0.upperBound + place.start }
      }
      var request = ForwardRequest(layers: manifest.layers, spans: places)
      request.keepsRouting = manifest.routing != nil
      var waited = Duration.zero
      let began = ContinuousClock.now
      let result = try language.transformer.forward(
        batch, adapter: adapter, request: request, activations: state,
        checkpoint: {
          let asked = ContinuousClock.now
          try context.checkpoint()
          waited += asked.duration(to: .now)
        })
      let seconds = (began.duration(to: .now) - waited).seconds
      try writer.write(
        result.states, firstRow: states.lowerBound, tokens: part.tokens(rows), seconds: seconds,
        routing: result.routing.filter {
          manifest.routing?.layers.contains($0.block + 1) == true
        })
      progress.completed = writer.tokens
      progress.elapsed = .seconds(before) + started.duration(to: .now)
      progress.message = "\(Int(Double(writer.tokens) / max(writer.seconds, 1e-9))) tokens/s"
      context.report(progress)
    }
  }

  /// The lines of a row of the concept file: one, or with position `all` one a token.
  private func rows(
    _ row: ConceptSet.Row, _ index: Int, _ rendered: RenderedRow, _ tokenizer: Tokenizer
  ) -> [RunRow] {
    var entry = RunRow(
      row: index, text: row.text, concept: row.concept ?? "", tokens: rendered.ids.count,
      split: row.split?.rawValue, prompt: row.turns.isEmpty ? row.prompt : row.foldKey)
    guard position == .all else { return [entry] }
    return rendered.ids.map { id in
      entry.token = tokenizer.text(of: id)
      return entry
    }
  }
}
