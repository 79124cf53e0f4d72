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
  /// - Parameters:
  ///   - folder: the run; nil for the recorded one of the model's words (``SeerRuns/Run/words(of:sha256:adapter:)``).
  ///   - baseRun: a run of the model without the adapter and of the same concepts, to score both side
  ///     by side.
  ///   - layer: nil for the one that the run is scored at.
  ///   - reader: nil for the one that was measured to be better, else prototypes.
  ///   - template: nil for the run's own.
  package init(
    model: String, adapter: String?, run folder: String? = nil, baseRun: String? = nil,
    layer: Int? = nil, reader: MonitorReader? = nil, template: RowTemplate?,
    chat: ChatOptions = ChatOptions(), precision: Precision = .exact,
    memory: MemoryBudget = MemoryBudget()
  ) throws(Failure) {
    let named = try folder.map { folder throws(Failure) in try Run.open(folder) }
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
    let run: Run
    if let named {
      run = named
    } else {
      run = try Run.words(of: model, sha256: sha256, adapter: hash)
    }
    let layer = try run.scoredLayer(layer)
    let template = template ?? run.manifest.template
    var notes = try run.notesForScoring(
      language, modelSHA256: sha256, adapter: hash, template: template)
    monitor = try Monitor(run: run, layer: layer, reader: reader)
    notes += monitor.notes
    if let baseRun {
      let base = try Run.open(baseRun)
      notes += try base.notesForScoring(
        language, modelSHA256: sha256, adapter: nil, template: template)
      let other = try Monitor(run: base, layer: layer, reader: reader)
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

  func render(_ inputs: [ScoringInput]) throws -> [Result<RenderedRow, Failure>] {
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
    /// The turns of each row, and the place of the first one's span.
    var turns: [(all: [TurnSpan], first: Int)] = []
    var starts: [Int] = []
    for case .success(let row) in rows {
      guard let start = places.next()?.start else { break }
      let own = TurnSpan.all(of: row)
      turns.append((own, spans.count))
      starts += turnStarts(own.map(\.tokens), of: row.ids.count).map { $0 + start }
      spans += own.map { $0.words.lowerBound + start..<$0.words.upperBound + start }
    }
    func scores(_ monitor: Monitor, _ adapter: Adapter?) throws -> [ConceptScores] {
      guard !batch.tokens.isEmpty else { return [] }
      let result = try language.transformer.forward(
        batch, adapter: adapter, request: ForwardRequest(layers: [monitor.layer], spans: spans),
        activations: activations, checkpoint: checkpoint)
      let states = result.states[0]
      let tokens = batch.tokens.count
      return monitor.score(states, rows: 0..<tokens, starts: starts)
        + monitor.score(states, rows: tokens..<states.rows, of: .turn)
    }
    let own = try scores(monitor, adapter)
    let base = try baseMonitor.map { try scores($0, nil) }
    var next = 0
    return rows.map { row in
      row.map { row in
        defer { next += 1 }
        return text(
          row, turns[next].all, from: batch.rows[next].start, turnsFrom: turns[next].first, own,
          base)
      }
    }
  }

  /// A row with its scores.
  ///
  /// - Parameters:
  ///   - start: the place of its first token among the scores.
  ///   - turnsStart: the place of its first turn.
  func text(
    _ row: RenderedRow, _ turns: [TurnSpan], from start: Int, turnsFrom turnsStart: Int,
    _ scores: [ConceptScores], _ base: [ConceptScores]?
  ) -> ScoredText {
    let texts = tokenTexts(row.ids, language.tokenizer)
    return ScoredText(
      tokens: texts.enumerated().map { place, text in
        ScoredToken(
          id: row.ids[place], text: text, scores: scores[start + place],
          base: base?[start + place])
      },
      turns: turns.enumerated().map { place, turn in
        ScoredTurn(
          role: turn.role, tokens: turn.tokens, scores: scores[turnsStart + place],
          base: base?[turnsStart + place])
      })
  }
}

/// One side's words in a text.
struct TurnSpan {
  var role: ChatMessage.Role
  var tokens: Range<Int>

  /// Those whose mean is scored.
  var words: Range<Int> { withoutFirst(tokens) }

  static func all(of row: RenderedRow) -> [TurnSpan] {
    [
      TurnSpan(role: .user, tokens: row.promptTokens),
      TurnSpan(role: .assistant, tokens: row.responseTokens),
    ].filter { !$0.tokens.isEmpty }
  }
}

/// The mean of some rows.
package func mean(of states: some ReadableMatrix, _ rows: Range<Int>) -> [Float] {
  var sum = [Double](repeating: 0, count: states.columns)
  for row in rows {
    let state = states.start + row * states.columns
    for column in sum.indices { sum[column] += Double(state[column]) }
  }
  return sum.map { Float($0 / Double(max(1, rows.count))) }
}

/// Places of tokens without the text's first one, unless it is the only one: every later token
/// looks at the first, whose state is many times longer than theirs and would be their mean.
package func withoutFirst(_ tokens: Range<Int>) -> Range<Int> {
  tokens.lowerBound == 0 && tokens.count > 1 ? 1..<tokens.upperBound : tokens
}

/// Each token's text: the characters that it completes, so that they make the whole text together.
package func tokenTexts(_ ids: [Int32], _ tokenizer: Tokenizer) -> [String] {
  var decoder = StreamingDecoder(tokenizer)
  var texts = ids.map { decoder.append($0) }
  if let last = texts.indices.last { texts[last] += decoder.finish() }
  return texts
}
