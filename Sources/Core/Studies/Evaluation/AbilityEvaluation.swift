import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers
import SeerTraining

/// What an adapter does to a model's ability on general texts.
package struct AbilityEvaluation: Sendable {
  package var model: String
  package var adapter: String?
  /// A file with `prompt` and, perhaps, `response`.
  package var texts: String
  package var columns = ConceptColumns()
  /// A file of ``MultipleChoice``.
  package var choices: String?
  package var template = RowTemplate.chat
  /// What the user says of how conversations are written.
  package var chat = ChatOptions()
  /// Tokens of a row that are kept; nil is the usual number.
  package var maxTokens: Int?
  /// Whether tokens of the text that the template writes before every conversation count, too.
  package var countsConstantText = false
  /// How exactly the model multiplies, as far as the machine has kernels for that.
  package var precision = Precision.exact
  package var memory = MemoryBudget()

  package init(model: String, adapter: String?, texts: String) {
    self.model = model
    self.adapter = adapter
    self.texts = texts
  }

  package struct Figures: Equatable, Sendable, Codable {
    package var rows: Int
    /// Next-token positions judged.
    package var tokens: Int
    /// Those left out, since their tokens are the template's, the same in every text; nil in files
    /// of 0.1, which counted them.
    package var constantTokens: Int?
    /// exp(mean negative log-likelihood of the texts' own next tokens).
    package var perplexityBase: Double
    package var perplexityTuned: Double
    /// KL(base || tuned) a position, in nats.
    package var kl: Double
    /// The share of positions where both find the same token likeliest.
    package var agreement: Double
    package var choices: MultipleChoiceFigures?
    /// How the texts were read, where that is not as usual.
    package var notes: [String]?
  }

  package func run(_ context: JobContext) throws -> Figures {
    let opened = try LanguageModel(model, chat: chat, precision: precision)
    let maxTokens = try opened.tokensKept(maxTokens)
    let language = try opened.planned(memory, leastTokens: maxTokens)
    let lora = try adapter.map { folder throws(Failure) in
      try AdapterFile.read(folder, for: language.configuration)
    }
    let renderer = try RowRenderer(language.tokenizer, template: template, maxTokens: maxTokens)
    let set = try ConceptSet(contentsOf: texts, columns: columns, requiresConcepts: false)
    let questions = try choices.map { path throws(Failure) in
      try MultipleChoice(contentsOf: path)
    }
    let rows = try renderer.render(set, of: texts).map(\.ids)
    let constant = countsConstantText ? [] : try renderer.constantText()
    var leftOut = 0
    var sums = (base: 0.0, tuned: 0.0, kl: 0.0, agreeing: 0, places: 0)
    let outputs = OutputDivergence(model: language.transformer)
    var first = 0
    while first < rows.count {
      var batch = Batch()
      while first < rows.count,
        batch.rows.isEmpty || batch.tokens.count + rows[first].count <= language.batchTokens
      {
        batch.append(rows[first])
        first += 1
      }
      let places = batch.rows.flatMap { row in
        let same = zip(batch.tokens[row.range], constant).prefix { $0 == $1 }.count
        // A place stands for the token after it; the first of a text is never judged.
        let skipped = min(max(0, same - 1), row.range.count - 1)
        leftOut += skipped
        return row.range.dropLast().dropFirst(skipped)
      }
      guard !places.isEmpty else { continue }
      let next = places.map { batch.tokens[$0 + 1] }
      let base = try top(language, nil, batch, context)
      let tuned = lora == nil ? base : try top(language, lora, batch, context)
      let part = try outputs.comparison(
        tuned, base: base, at: places, tokens: next, checkpoint: context.checkpoint)
      sums.base += part.base
      sums.tuned += part.tuned
      sums.kl += part.kl
      sums.agreeing += part.agreeing
      sums.places += places.count
      context.report(JobProgress(completed: first, total: rows.count, unit: "rows"))
    }
    guard sums.places > 0 else {
      throw Failure(
        .badData, file: texts, found: "no text of two tokens or more", wanted: "texts to judge")
    }
    let count = Double(sums.places)
    var figures = Figures(
      rows: rows.count, tokens: sums.places, constantTokens: leftOut,
      perplexityBase: exp(sums.base / count),
      perplexityTuned: exp(sums.tuned / count), kl: sums.kl / count,
      agreement: Double(sums.agreeing) / count)
    if !set.fileNotes.isEmpty { figures.notes = set.fileNotes }
    if let questions, let choices {
      func judge(_ name: String, _ adapter: Adapter?) throws -> ChoiceJudgement {
        try questions.judge(
          language, adapter, renderer, file: choices, checkpoint: context.checkpoint,
          report: {
            context.report(
              JobProgress(
                completed: $0, total: questions.questions.count, unit: "questions", message: name))
          })
      }
      let base = try judge("base", nil)
      figures.choices = MultipleChoiceFigures(
        base: base, tuned: lora == nil ? base : try judge("tuned", lora))
    }
    return figures
  }

  private func top(
    _ language: LanguageModel, _ adapter: Adapter?, _ batch: Batch, _ context: JobContext
  ) throws -> Matrix {
    try language.transformer.forward(
      batch, adapter: adapter,
      request: ForwardRequest(
        layers: [language.configuration.blocks],
        spans: batch.tokens.indices.map { $0..<$0 + 1 }),
      activations: language.activations(tokens: batch.tokens.count),
      checkpoint: context.checkpoint
    ).states[0]
  }
}
