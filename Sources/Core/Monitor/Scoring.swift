import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers

/// A text whose tokens are to be scored.
package struct ScoringInput: Equatable, Sendable {
  package var prompt: String
  /// Where there is none, the model is about to answer: a chat prompt ends with the opening of the
  /// assistant's turn.
  package var response: String?
  /// The messages before the response, where they are more than the prompt.
  package var turns: [ChatMessage] = []

  package init(prompt: String, response: String? = nil) {
    self.prompt = prompt
    self.response = response
  }

  package init(_ row: ConceptSet.Row) {
    prompt = row.prompt
    response = row.response
    turns = row.turns
  }

  func rendered(by renderer: RowRenderer) throws(Failure) -> RenderedRow {
    let row = ConceptSet.Row(prompt: prompt, response: response, turns: turns)
    return response == nil
      ? try renderer.renderForGeneration(row) : try renderer.render(row)
  }
}

/// A token with its scores.
package struct ScoredToken: Equatable, Sendable {
  package var id: Int32
  /// The characters that it completes: put together they are the whole text.
  package var text: String
  package var scores: ConceptScores
  /// Of the model without its adapter, where both are scored.
  package var base: ConceptScores?

  package init(id: Int32, text: String, scores: ConceptScores, base: ConceptScores? = nil) {
    self.id = id
    self.text = text
    self.scores = scores
    self.base = base
  }
}

/// One side's words, scored together: the mean of their states, without the text's first token.
package struct ScoredTurn: Equatable, Sendable {
  package var role: ChatMessage.Role
  /// Places among the text's tokens.
  package var tokens: Range<Int>
  package var scores: ConceptScores
  /// Of the model without its adapter, where both are scored.
  package var base: ConceptScores?
}

/// A text's scores.
package struct ScoredText: Equatable, Sendable {
  package var tokens: [ScoredToken]
  package var turns: [ScoredTurn]
}

/// A model, perhaps with its adapter, and the monitor of a run: scores texts, many at a time. It
/// stays in the job that made it.
package struct Scorer {
  package let language: LanguageModel
  package let adapter: Adapter?
  package let monitor: Monitor
  /// Of a run of the model without its adapter, which is then scored, too, from the same weights.
  package let baseMonitor: Monitor?
  /// The run that the monitor was made from.
  package let run: Run
  package let template: RowTemplate
  /// What the user should know.
  package let notes: [String]

  /// Opens everything by path; fails where a run is not of this model.
  ///
  /// - Parameter baseRun: a run of the model without the adapter and of the same concepts, to score
  ///   both side by side.
  package init(
    model: String, adapter: String?, run: String, baseRun: String? = nil, layer: Int,
    template: RowTemplate, chat: ChatOptions = ChatOptions(), precision: Precision = .exact,
    memory: MemoryBudget = MemoryBudget()
  ) throws(Failure) {
    let run = try Run.open(run)
    let opened = try LanguageModel(model, chat: chat, precision: precision)
    let modelHash = opened.hashing()
    let language = try opened.planned(memory)
    self.language = language
    self.adapter = try adapter.map { folder throws(Failure) in
      try AdapterFile.read(folder, for: language.configuration)
    }
    let hash = try adapter.map { folder throws(Failure) in
      (folder: folder, sha256: try AdapterFile.sha256(of: folder))
    }
    let sha256 = try modelHash.value()
    var notes = try run.notesForScoring(
      language, modelSHA256: sha256, adapter: hash, template: template)
    monitor = try Monitor(run: run, layer: layer)
    notes += monitor.notes
    if let baseRun {
      let base = try Run.open(baseRun)
      notes += try base.notesForScoring(
        language, modelSHA256: sha256, adapter: nil, template: template)
      let other = try Monitor(run: base, layer: layer)
      guard other.concepts.map({ Array($0.utf8) }) == monitor.concepts.map({ Array($0.utf8) })
      else {
        throw Failure(
          .badData, file: baseRun, place: "rows.csv, column concept",
          found: other.concepts.joined(separator: ", "),
          wanted: "the concepts of \(run.folder): \(monitor.concepts.joined(separator: ", "))",
          advice: "Extract both runs from the same concept file.")
      }
      notes += other.notes
      baseMonitor = other
    } else {
      baseMonitor = nil
    }
    self.run = run
    self.template = template
    self.notes = notes
  }

  /// Scores texts in packed batches, in order.
  ///
  /// - Parameter each: called with a text's place and its scores, or what is wrong with it, as
  ///   soon as they are known.
  package func score(
    _ inputs: [ScoringInput], checkpoint: Checkpoint = {},
    each: (Int, Result<ScoredText, Failure>) throws -> Void
  ) throws {
    let rendered = try render(inputs)
    let longest = rendered.reduce(0) { max($0, (try? $1.get().ids.count) ?? 0) }
    let total = rendered.reduce(0) { $0 + ((try? $1.get().ids.count) ?? 0) }
    let activations = language.activations(
      tokens: max(longest, min(total, language.batchTokens)))
    var first = 0
    while first < rendered.count {
      var batch = Batch()
      var end = first
      while end < rendered.count {
        if case .success(let row) = rendered[end] {
          guard batch.rows.isEmpty || batch.tokens.count + row.ids.count <= activations.capacity
          else { break }
          batch.append(row.ids)
        }
        end += 1
      }
      let scored = try score(batch, rendered[first..<end], activations, checkpoint)
      for (offset, result) in scored.enumerated() { try each(first + offset, result) }
      first = end
    }
  }

  private func render(_ inputs: [ScoringInput]) throws -> [Result<RenderedRow, Failure>] {
    let limit = language.configuration.context
    let renderer = try RowRenderer(language.tokenizer, template: template, maxTokens: limit)
    return Parallel.map(inputs.count, grain: 8) { index in
      Result<RenderedRow, Failure> { () throws(Failure) in
        let row = try inputs[index].rendered(by: renderer)
        guard !row.isCut else {
          throw Failure(
            .badData, found: "a text of more tokens than the model's context",
            wanted: "at most \(limit)", advice: "Shorten it.")
        }
        return row
      }
    }
  }

  /// One batch: the rendered rows that succeeded, in order, are its rows.
  private func score(
    _ batch: Batch, _ rows: ArraySlice<Result<RenderedRow, Failure>>, _ activations: Activations,
    _ checkpoint: Checkpoint
  ) throws -> [Result<ScoredText, Failure>] {
    var spans = batch.tokens.indices.map { $0..<$0 + 1 }
    var places = batch.rows.makeIterator()
    /// The first token of each row, and its turns with the place of their span.
    var turns: [[(role: ChatMessage.Role, tokens: Range<Int>, span: Int)]] = []
    for case .success(let row) in rows {
      guard let start = places.next()?.start else { break }
      var own: [(ChatMessage.Role, Range<Int>, Int)] = []
      for (role, tokens) in [
        (ChatMessage.Role.user, row.promptTokens), (.assistant, row.responseTokens),
      ] where !tokens.isEmpty {
        own.append((role, tokens, spans.count))
        let words = withoutFirst(tokens)
        spans.append(words.lowerBound + start..<words.upperBound + start)
      }
      turns.append(own)
    }
    func scores(_ monitor: Monitor, _ adapter: Adapter?) throws -> [ConceptScores] {
      guard !batch.tokens.isEmpty else { return [] }
      let result = try language.transformer.forward(
        batch, adapter: adapter, request: ForwardRequest(layers: [monitor.layer], spans: spans),
        activations: activations, checkpoint: checkpoint)
      return monitor.score(result.states[0])
    }
    let own = try scores(monitor, adapter)
    let base = try baseMonitor.map { try scores($0, nil) }
    var next = 0
    return rows.map { row in
      row.map { row in
        defer { next += 1 }
        let start = batch.rows[next].start
        return ScoredText(
          tokens: scoredTokens(row.ids, from: start, own, base),
          turns: turns[next].map {
            ScoredTurn(
              role: $0.role, tokens: $0.tokens, scores: own[$0.span], base: base?[$0.span])
          })
      }
    }
  }

  private func scoredTokens(
    _ ids: [Int32], from start: Int, _ scores: [ConceptScores], _ base: [ConceptScores]?
  ) -> [ScoredToken] {
    tokenTexts(ids, language.tokenizer).enumerated().map { place, text in
      ScoredToken(
        id: ids[place], text: text, scores: scores[start + place], base: base?[start + place])
    }
  }
}

/// Places of tokens without the text's first one, unless it is the only one: every later token
/// looks at the first, whose state is many times longer than theirs and would be their mean.
func withoutFirst(_ tokens: Range<Int>) -> Range<Int> {
  tokens.lowerBound == 0 && tokens.count > 1 ? 1..<tokens.upperBound : tokens
}

/// Each token's text: the characters that it completes, so that they make the whole text together.
package func tokenTexts(_ ids: [Int32], _ tokenizer: Tokenizer) -> [String] {
  var decoder = StreamingDecoder(tokenizer)
  var texts = ids.map { decoder.append($0) }
  if let last = texts.indices.last { texts[last] += decoder.finish() }
  return texts
}
