import LinearAlgebra
import SeerModels
import SeerSupport
import SeerTokenizers

/// A text that a model reads again and again while it is edited: every layer's state of every
/// token, for the base model and, side by side, for an adapter on the same weights.
///
///     let conversation = Conversation(model, adapter: adapter)
///     try conversation.update(to: model.tokenizer.encode("How do I"), context)
///     conversation.states(layer: 24, side: .tuned)                  // (tokens, width)
///     conversation.scores(monitor, side: .tuned, turn: 0..<3)       // one a token
///
/// Only what follows the longest common prefix with the text before is computed. An update that is
/// cancelled keeps the tokens it finished: the next one goes on from there. It belongs to the job
/// that made it, or to what guards it (``LivePrompt``).
package final class Conversation {
  package enum Side: Int, CaseIterable, Sendable {
    case base, tuned
  }

  package let language: LanguageModel
  /// ``Side/base``, and ``Side/tuned`` where there is an adapter.
  package let sides: [Side]
  /// The text, in tokens, of the last update.
  package private(set) var ids: [Int32] = []
  /// What is added to every token's states, on all sides; another value forgets all that was read.
  package var steering: [Intervention] = [] {
    didSet {
      guard steering != oldValue else { return }
      for reader in readers { reader.truncate(to: 0) }
    }
  }
  private let readers: [Reader]
  /// Shared by the sides: they take turns.
  private var activations: Activations

  /// Tokens that go through at once while a text is read; a cancelled update loses at most these.
  static let pieceTokens = 512

  package init(_ language: LanguageModel, adapter: Adapter? = nil) {
    self.language = language
    sides = adapter == nil ? [.base] : [.base, .tuned]
    readers = [Reader(language, nil)] + (adapter.map { [Reader(language, $0)] } ?? [])
    activations = language.activations(tokens: 64)
  }

  /// Makes this the text: reads what is new of it, for the given sides.
  ///
  /// - Returns: how many tokens at the start were known already, for the side that knew fewest.
  ///
  /// Throws where the text is longer than the model's context, or when the job is cancelled.
  @discardableResult
  package func update(
    to ids: [Int32], sides: [Side]? = nil, _ context: JobContext
  ) throws -> Int {
    try update(to: ids, sides: sides, checkpoint: context.checkpoint)
  }

  package func update(
    to ids: [Int32], sides: [Side]? = nil, checkpoint: () throws -> Void
  ) throws -> Int {
    try language.check(ids)
    guard ids.count <= language.configuration.context else {
      throw Failure(
        .usage, place: "the text", found: "\(ids.count) tokens",
        wanted: "at most \(language.configuration.context), the model's context",
        advice: "Shorten it.")
    }
    self.ids = ids
    let known = readers.map { $0.keep(commonPrefixWith: ids) }
    let sides = sides ?? self.sides
    try read(sides, checkpoint)
    return sides.map { known[$0.rawValue] }.min() ?? ids.count
  }

  /// Whether a side has read the whole text.
  package func isCurrent(_ side: Side) -> Bool { readers[side.rawValue].ids == ids }

  /// The tokens of the text that a side has read so far.
  package func count(_ side: Side) -> Int { readers[side.rawValue].ids.count }

  /// A copy of a layer's states of some of the tokens read (all where nil), (tokens, width).
  ///
  /// Precondition: the layer exists, the tokens were read.
  package func states(layer: Int, side: Side, tokens: Range<Int>? = nil) -> Matrix {
    let reader = readers[side.rawValue]
    return reader.states(layer: layer, tokens: tokens ?? 0..<reader.ids.count)
  }

  /// The scores of the tokens of one turn, all of which were read, at the monitor's layer.
  package func scores(_ monitor: Monitor, side: Side, turn tokens: Range<Int>) -> [ConceptScores] {
    let starts = turnStarts([tokens], of: tokens.upperBound)
    return monitor.score(
      states(layer: monitor.layer, side: side, tokens: tokens), starts: Array(starts[tokens]))
  }

  /// The scores of some tokens together, by the mean of their states, as a run of `--position
  /// mean` has them, without the text's first token (``withoutFirst(_:)``); nil for none.
  package func score(_ monitor: Monitor, side: Side, together tokens: Range<Int>) -> ConceptScores?
  {
    guard !tokens.isEmpty else { return nil }
    let states = states(layer: monitor.layer, side: side, tokens: withoutFirst(tokens))
    let mean = Matrix(rows: 1, columns: states.columns, values: mean(of: states, 0..<states.rows))
    return monitor.score(mean, of: .turn)[0]
  }

  /// The logits of the token after the text, for a side; reads what it has not read.
  package func logits(_ side: Side, _ context: JobContext) throws -> [Float] {
    guard !ids.isEmpty else {
      throw Failure(.usage, place: "the text", found: "no tokens", wanted: "a text to go on from")
    }
    let reader = readers[side.rawValue]
    if reader.logits.isEmpty || reader.ids != ids {
      // The last token is read again where its logits were not asked for.
      let known = reader.keep(commonPrefixWith: ids)
      reader.truncate(to: min(known, ids.count - 1))
      try read([side], logitsOf: side, context.checkpoint)
    }
    return reader.logits
  }

  /// Lets a side go on from the text; what it writes becomes part of the text.
  ///
  /// - Parameters:
  ///   - readers: the sides that read along (the writing one always does).
  ///   - onToken: called with each token when all its states are known, and the text that it
  ///     completes (a stop token's is empty); what it throws ends the answer.
  /// - Returns: the tokens written; a stop token ends them and is the last.
  ///
  /// A cancelled answer keeps the tokens written so far.
  package func generate(
    by side: Side, readers also: [Side] = [], tokens limit: Int, sampling: SamplingOptions,
    ignoresStop: Bool = false, _ context: JobContext,
    onToken: (_ id: Int32, _ text: String) throws -> Void = { _, _ in }
  ) throws -> [Int32] {
    var sampler = Sampler(sampling)
    var decoder = StreamingDecoder(language.tokenizer)
    let stops = ignoresStop ? [] : language.stopTokens
    var written: [Int32] = []
    while written.count < limit, ids.count < language.configuration.context {
      try context.checkpoint()
      let id = sampler.next(try logits(side, context), after: ids)
      written.append(id)
      let isStop = stops.contains(id)
      ids.append(id)
      do {
        let goesOn = !isStop && written.count < limit
        try read(
          sides.filter { $0 == side || also.contains($0) }, logitsOf: goesOn ? side : nil,
          context.checkpoint)
      } catch {
        ids.removeLast()
        for reader in readers { reader.truncate(to: ids.count) }
        throw error
      }
      try onToken(id, isStop ? "" : decoder.append(id))
      if isStop { break }
    }
    let rest = decoder.finish()
    if !rest.isEmpty, let last = written.last { try onToken(last, rest) }
    return written
  }

  /// Reads the text from where each side stands to its end, all sides in one pass: the weights are
  /// the same, and are expanded once.
  ///
  /// - logitsOf: the side whose next token is wanted.
  private func read(
    _ sides: [Side], logitsOf wanted: Side? = nil, _ checkpoint: () throws -> Void
  ) throws {
    while true {
      let behind = sides.filter { count($0) < ids.count }
      guard !behind.isEmpty else { return }
      let parts = behind.map { side in
        let reader = readers[side.rawValue]
        let piece = ids[reader.ids.count...].prefix(Self.pieceTokens / behind.count)
        let isLast = reader.ids.count + piece.count == ids.count
        return (reader: reader, piece: Array(piece), wantsLogits: isLast && side == wanted)
      }
      let tokens = parts.reduce(0) { $0 + $1.piece.count }
      if tokens > activations.capacity {
        activations = language.activations(tokens: max(tokens, 2 * activations.capacity))
      }
      var batch = Batch()
      for part in parts { batch.append(part.piece, of: ids.count) }
      let adapted = parts.firstIndex { $0.reader.adapter != nil }
      let result = try language.transformer.forward(
        batch, caches: parts.map(\.reader.cache),
        adapter: adapted.flatMap { parts[$0].reader.adapter },
        adaptedRows: adapted.map { $0..<$0 + 1 },
        request: ForwardRequest(
          layers: Array(0...language.configuration.blocks),
          spans: batch.tokens.indices.map { $0..<$0 + 1 },
          logitsAt: zip(batch.rows, parts).filter(\.1.wantsLogits).map {
            $0.0.range.upperBound - 1
          },
          interventions: steering),
        activations: activations, checkpoint: checkpoint)
      for (row, part) in zip(batch.rows, parts) {
        part.reader.append(
          part.piece, result.states, from: row.start,
          logits: part.wantsLogits ? result.logits?.values ?? [] : [])
      }
    }
  }
}

/// What one side has read, and what it found.
private final class Reader {
  let adapter: Adapter?
  let cache: KVCache
  private(set) var ids: [Int32] = []
  /// After the last token; empty where they were not asked for.
  private(set) var logits: [Float] = []
  /// By layer, (capacity, width).
  private var layers: [MutableMatrix]

  init(_ language: LanguageModel, _ adapter: Adapter?) {
    self.adapter = adapter
    cache = language.cache()
    layers = (0...language.configuration.blocks).map { _ in
      MutableMatrix(rows: 0, columns: language.configuration.width)
    }
  }

  /// Forgets what differs from a text; returns how many tokens are left.
  func keep(commonPrefixWith text: [Int32]) -> Int {
    let count = zip(ids, text).prefix { $0 == $1 }.count
    truncate(to: count)
    return count
  }

  func truncate(to count: Int) {
    guard count < ids.count else { return }
    ids.removeLast(ids.count - count)
    cache.truncate(to: count)
    logits = []
  }

  /// Keeps what a pass found of tokens that follow those read.
  ///
  /// - Parameters:
  ///   - states: by layer, those of all tokens of the pass.
  ///   - start: the first of them that is this side's.
  func append(_ piece: [Int32], _ states: [Matrix], from start: Int, logits: [Float]) {
    reserve(ids.count + piece.count)
    for (layer, states) in zip(layers, states) {
      layer.row(ids.count).update(
        from: states.row(start), count: piece.count * states.columns)
    }
    ids += piece
    self.logits = logits
  }

  func states(layer: Int, tokens: Range<Int>) -> Matrix {
    precondition(layers.indices.contains(layer) && tokens.upperBound <= ids.count)
    let result = MatrixBuilder(unfilled: tokens.count, columns: layers[layer].columns)
    result.elements.update(from: layers[layer].row(tokens.lowerBound), count: result.count)
    return result.frozen()
  }

  private func reserve(_ tokens: Int) {
    guard let first = layers.first, tokens > first.rows else { return }
    layers = layers.map { layer in
      let larger = MutableMatrix(rows: max(tokens, 2 * layer.rows, 64), columns: layer.columns)
      larger.elements.update(from: layer.elements, count: ids.count * layer.columns)
      return larger
    }
  }
}
