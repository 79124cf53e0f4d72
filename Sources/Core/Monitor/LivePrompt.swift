import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers

/// A chat with every token scored at every layer while it is written and answered.
///
///     let prompt = try LivePrompt(model: "smollm2", adapter: nil, runs: [run], template: .chat)
///     let reading = try prompt.read([], draft: "He told her", layer: 24, context)
///     reading.tokens[0].text               // "He"
///     reading.scores(.base, layer: 24)     // one a token of the text
///
/// Base and tuned states come from one copy of the weights (``Conversation``); each side is scored
/// by its own run's monitors where there are two runs. It belongs to the job that made it, or to a
/// lock that one job at a time holds.
package final class LivePrompt {
  package let sides: [Conversation.Side]
  /// In the order given; scores are in this order.
  package let concepts: [String]
  package let layers: [Int]
  /// The layers whose tokens are scored by runs of words (``RunLocator/words(like:executable:environment:)``),
  /// on every side.
  package let wordLayers: [Int]
  /// What the user should know.
  package let notes: [String]
  /// Those of them that tell of conversations written in another way than the runs'.
  package let templateNotes: [String]
  /// How texts are put to the model: its own template where it has one.
  package var template: RowTemplate
  /// Whether the model has a template of its own.
  package let hasChatTemplate: Bool
  private let conversation: Conversation
  /// One for each side.
  private let runs: [Run]
  /// The same for ``wordLayers``; empty without them.
  private let words: [Run]
  /// By side and layer.
  private var monitors: [[Int: OrderedMonitor]]
  private var kept: [[Int: KeptScores]]
  /// What ``kept`` is of, by side.
  private var keptIDs: [[Int32]]

  /// - Parameters:
  ///   - runs: one for both sides, or the base's and the tuned one's.
  ///   - words: runs of words in the same order, which score the layers that all of them have in
  ///     place of the others.
  ///   - concepts: the order wanted; those that no monitor knows have a score of 0.
  ///   - template: the model's own where nil, and where it has none the text alone.
  ///   - chat: how conversations are written.
  ///   - precision: how exactly the model multiplies.
  package init(
    model: String, adapter: String?, runs: [Run], words: [Run] = [], concepts: [String],
    template asked: RowTemplate?,
    chat: ChatOptions = ChatOptions(), precision: Precision = .exact,
    memory: MemoryBudget = MemoryBudget()
  ) throws(Failure) {
    let opened = try LanguageModel(model, chat: chat, precision: precision)
    let modelHash = opened.hashing()
    let language = opened.following(
      try memory.plan(opened.costs(tokens: 512, measuring: false)))
    let lora = try adapter.map { folder throws(Failure) in
      try AdapterFile.read(folder, for: language.configuration)
    }
    let hash = try adapter.map { folder throws(Failure) in
      (folder: folder, sha256: try AdapterFile.sha256(of: folder))
    }
    conversation = Conversation(language, adapter: lora)
    sides = conversation.sides
    guard let first = runs.first, let last = runs.last else {
      throw Failure(
        .usage, found: "no run", wanted: "a run whose concepts are looked for",
        advice: "Extract one with seer extract.")
    }
    self.runs = sides.map { $0 == .base ? first : last }
    self.words = Self.words(words, of: sides)
    self.concepts = concepts
    let hasChatTemplate = (try? language.tokenizer.chat.check()) != nil
    self.hasChatTemplate = hasChatTemplate
    let template = asked ?? (hasChatTemplate ? .chat : .plain)
    self.template = template
    if template == .chat { try language.tokenizer.chat.check() }
    let model = try modelHash.value()
    var (notes, templateNotes): ([String], [String]) = ([], [])
    for (side, run) in zip(sides + sides, self.runs + self.words) {
      templateNotes += try run.templateNotes(language, template)
      notes += try run.notesForScoring(
        language, modelSHA256: model, adapter: side == .tuned ? hash : nil, template: template)
    }
    self.notes = notes
    self.templateNotes = templateNotes
    func common(_ runs: [Run]) -> Set<Int> {
      let layers = runs.map { Set($0.manifest.layers) }
      return layers.dropFirst().reduce(layers.first ?? []) { $0.intersection($1) }
        .filter { $0 <= language.configuration.blocks }
    }
    let wordLayers = common(self.words)
    self.wordLayers = wordLayers.sorted()
    layers = common(self.runs).union(wordLayers).sorted()
    monitors = sides.map { _ in [:] }
    kept = sides.map { _ in [:] }
    keptIDs = sides.map { _ in [] }
  }

  /// One for each side where there are two sides and two runs, or one side; else none: a side is not
  /// scored by the other's words.
  private static func words(_ words: [Run], of sides: [Conversation.Side]) -> [Run] {
    guard let base = words.first, let tuned = words.last, words.count == sides.count else {
      return []
    }
    return sides.map { $0 == .base ? base : tuned }
  }

  /// The run that scores a side's layer.
  private func run(_ side: Int, layer: Int) -> Run {
    wordLayers.contains(layer) ? words[side] : runs[side]
  }

  /// Makes a layer's monitors, which takes some ten milliseconds; layers without are not scored.
  ///
  /// - Returns: what each side's scores can be trusted with.
  @discardableResult
  package func prepare(layer: Int) throws -> [LayerCalibration] {
    try sides.indices.map { side in
      let kept = monitors[side][layer]
      let ordered =
        try kept
        ?? OrderedMonitor(
          Monitor(run: run(side, layer: layer), layer: layer), order: concepts)
      monitors[side][layer] = ordered
      return ordered.calibrationInOrder
    }
  }

  /// What the sides read a concept by, at each of the layers that are prepared, for
  /// ``PromptReasons``; nil where a side's run does not know it.
  package func readers(of concept: Int) -> [[Int: ConceptReader]]? {
    var sides: [[Int: ConceptReader]] = []
    for monitors in monitors {
      var readers: [Int: ConceptReader] = [:]
      for (layer, ordered) in monitors {
        guard ordered.places.indices.contains(concept), let place = ordered.places[concept] else {
          return nil
        }
        readers[layer] = ConceptReader(monitor: ordered.monitor, concept: place)
      }
      sides.append(readers)
    }
    return sides
  }

  /// The model that is talked to; its weights are shared by all copies.
  package var language: LanguageModel { conversation.language }

  /// What a layer's scores can be trusted with.
  package struct LayerCalibration: Equatable, Sendable {
    /// Mean distance between confidence and accuracy on held-out rows.
    package var expectedError: Double
    /// Where cosines with directions that mean nothing lie.
    package var randomBand: ClosedRange<Float>

    /// Whether a probe makes the scores: then no cosine says how sure they are.
    package var isProbe = false
    /// By concept: what turns without it raise by mistake, one in a hundred; nil where that was not
    /// measured.
    package var alerts: [AlertRule?] = []

    package static let alertRate = 0.01

    package init(
      expectedError: Double, randomBand: ClosedRange<Float>, isProbe: Bool = false,
      alerts: [AlertRule?] = []
    ) {
      self.expectedError = expectedError
      self.randomBand = randomBand
      self.isProbe = isProbe
      self.alerts = alerts
    }
  }

  /// Reads a chat and what is being written after it.
  ///
  /// - Parameters:
  ///   - draft: the next message, without its end; nil opens the answer to the last message.
  ///   - layer: where turns are rolled up.
  package func read(
    _ chat: [ChatMessage], draft: String?, layer: Int, _ context: JobContext
  ) throws -> PromptReading {
    let text = try render(chat, draft: draft)
    try conversation.update(to: text.ids, context)
    return reading(text, layer: layer)
  }

  /// A concept's direction that is added to every state of a layer while an answer is written.
  package struct Steering: Equatable, Sendable {
    /// Among ``LivePrompt/concepts``.
    package var concept: Int
    /// In lengths of a typical state; below 0 it steers away.
    package var strength: Float

    package init(concept: Int, strength: Float) {
      self.concept = concept
      self.strength = strength
    }
  }

  /// Answers the chat's last message; `onToken` gets all scores so far after every token.
  ///
  /// - Parameters:
  ///   - steering: added at `layer` by the writing side's own monitor; the scores of the steered
  ///     states are shown while it writes, and the next ``read(_:draft:layer:_:)`` is of the text
  ///     alone again.
  /// - Returns: the answer's text, and why it ended.
  package func answer(
    _ chat: [ChatMessage], by side: Conversation.Side, tokens: Int, sampling: SamplingOptions,
    steering: Steering? = nil, layer: Int, _ context: JobContext,
    onToken: (_ answer: String, PromptReading) -> Void
  ) throws -> Answer {
    try steer(steering, side, layer)
    defer { steer([]) }
    var text = try render(chat, draft: nil)
    try conversation.update(to: text.ids, context)
    let start = text.ids.count
    text.turns.append(start..<start)
    var answer = ""
    var watch = LoopWatch()
    do {
      let written = try conversation.generate(
        by: side, readers: sides, tokens: tokens, sampling: sampling, context
      ) { id, piece in
        answer += piece
        text.ids = conversation.ids
        text.turns[text.turns.count - 1] = start..<text.ids.count
        onToken(answer, reading(text, layer: layer))
        if watch.isLooping(after: id) { throw Looping() }
      }
      let isFinished = written.last.map(conversation.language.stopTokens.contains) ?? false
      return Answer(text: answer, ending: isFinished ? .finished : .tooLong)
    } catch is Looping {
      return Answer(text: answer, ending: .looping)
    }
  }

  /// What was written, and why it ended.
  package struct Answer: Equatable, Sendable {
    package enum Ending: Equatable, Sendable {
      /// By a stop token.
      case finished
      /// At the most tokens an answer may have.
      case tooLong
      /// Since it repeated itself (``LoopWatch``).
      case looping
    }

    package var text: String
    package var ending: Ending

    package init(text: String, ending: Ending) {
      self.text = text
      self.ending = ending
    }
  }

  private struct Looping: Error {}

  private func steer(_ wanted: Steering?, _ side: Conversation.Side, _ layer: Int) throws {
    guard let wanted, wanted.strength != 0, let index = sides.firstIndex(of: side) else {
      return steer([])
    }
    try prepare(layer: layer)
    guard let monitor = monitors[index][layer],
      let intervention = monitor.steering(wanted.concept, strength: wanted.strength)
    else {
      throw Failure(
        .usage, found: "a concept that the run of this side does not know",
        wanted: "one of its concepts to steer by")
    }
    steer([intervention])
  }

  /// What was read and scored under other steering is forgotten.
  private func steer(_ interventions: [Intervention]) {
    guard interventions != conversation.steering else { return }
    conversation.steering = interventions
    kept = sides.map { _ in [:] }
    keptIDs = sides.map { _ in [] }
  }

  private struct Text {
    var ids: [Int32]
    /// The tokens of each message's own words, the draft's last.
    var turns: [Range<Int>]
  }

  private func render(_ chat: [ChatMessage], draft: String?) throws -> Text {
    let tokenizer = conversation.language.tokenizer
    var text = ""
    var ranges: [Range<Int>] = []
    switch template {
    case .chat:
      let messages = chat + (draft.map { [ChatMessage(.user, $0)] } ?? [])
      guard !messages.isEmpty else { return Text(ids: [], turns: []) }
      let rendered = try tokenizer.chat.render(messages, generationHeader: draft == nil)
      text = rendered.text
      ranges = rendered.contents
      if draft != nil, let end = ranges.last?.upperBound {
        text = String(decoding: text.utf8.prefix(end), as: UTF8.self)
      }
    case .plain:
      for content in chat.map(\.content) + (draft.map { [$0] } ?? []) {
        if !text.isEmpty { text += "\n" }
        ranges.append(text.utf8.count..<text.utf8.count + content.utf8.count)
        text += content
      }
      if draft == nil && !text.isEmpty { text += "\n" }
    }
    let encoding = tokenizer.encoding(of: text, addSpecial: template == .plain)
    return Text(ids: encoding.ids, turns: ranges.map { encoding.tokens(overlapping: $0) })
  }

  private func reading(_ text: Text, layer: Int) -> PromptReading {
    let starts = turnStarts(text.turns, of: text.ids.count)
    for side in sides.indices { score(side, starts) }
    let texts = tokenTexts(text.ids, conversation.language.tokenizer)
    var turnOfToken = [Int](repeating: -1, count: text.ids.count)
    for (turn, range) in text.turns.enumerated() {
      for token in range.clamped(to: text.ids.indices) { turnOfToken[token] = turn }
    }
    let tokens = zip(texts, zip(text.ids, turnOfToken)).map {
      PromptToken(id: $1.0, text: $0, turn: $1.1)
    }
    let turns = text.turns.map { range in
      sides.indices.map { side in rollUp(range, side, layer) }
    }
    return PromptReading(tokens: tokens, turns: turns, scores: kept.map { $0.mapValues(\.scores) })
  }

  /// Scores of tokens, and what those of later ones go on from.
  private struct KeptScores {
    var scores: [ConceptScores] = []
    var means = TokenMeans()
  }

  /// Brings the scores of a side up to date: those of a common prefix are kept.
  ///
  /// - Parameter starts: where what each token is read with begins.
  private func score(_ side: Int, _ starts: [Int]) {
    let count = conversation.count(sides[side])
    let ids = Array(conversation.ids.prefix(count))
    let common = zip(ids, keptIDs[side]).prefix { $0 == $1 }.count
    for (layer, monitor) in monitors[side] {
      // Taken out, so that what is added copies nothing.
      var own = kept[side].removeValue(forKey: layer) ?? KeptScores()
      // The same tokens may be other turns now.
      let first = min(common, own.means.prefix(of: starts))
      own.scores.removeLast(max(0, own.scores.count - first))
      own.means.keep(first: first)
      if first < count {
        let states = conversation.states(
          layer: layer, side: sides[side], tokens: first..<count)
        own.scores += monitor.score(states, starts: Array(starts[first..<count]), &own.means)
      }
      kept[side][layer] = own
    }
    keptIDs[side] = ids
  }

  /// A turn's words together.
  private func rollUp(_ tokens: Range<Int>, _ side: Int, _ layer: Int) -> ConceptScores? {
    let range = tokens.clamped(to: 0..<conversation.count(sides[side]))
    guard let monitor = monitors[side][layer] else { return nil }
    return conversation.score(monitor.monitor, side: sides[side], together: range).map(
      monitor.ordered)
  }

  /// The states of the text's tokens at a layer, (tokens, width).
  package func states(layer: Int, side: Conversation.Side) -> Matrix {
    conversation.states(layer: layer, side: side)
  }
}

/// A token of the chat as the model reads it.
package struct PromptToken: Equatable, Sendable {
  package var id: Int32
  /// The characters that it completes.
  package var text: String
  /// The message it belongs to; -1 for the template's own.
  package var turn: Int

  package init(id: Int32, text: String, turn: Int) {
    self.id = id
    self.text = text
    self.turn = turn
  }
}

/// A chat's scores.
package struct PromptReading: Sendable {
  package var tokens: [PromptToken]
  /// Each message's words together, by message and side; nil where the layer is not prepared.
  package var turns: [[ConceptScores?]]
  /// By side and layer, one a token; layers that are not prepared are missing.
  private var scores: [[Int: [ConceptScores]]]

  package init(
    tokens: [PromptToken], turns: [[ConceptScores?]], scores: [[Int: [ConceptScores]]]
  ) {
    self.tokens = tokens
    self.turns = turns
    self.scores = scores
  }

  /// One a token; nil where the layer is not prepared.
  package func scores(_ side: Conversation.Side, layer: Int) -> [ConceptScores]? {
    scores.indices.contains(side.rawValue) ? scores[side.rawValue][layer] : nil
  }
}

/// A monitor whose scores come in an order of concepts that somebody else chose.
private struct OrderedMonitor {
  let monitor: Monitor
  /// The monitor's place of each concept; nil: it does not know it.
  let places: [Int?]
  /// The wanted place of each of the monitor's.
  let targets: [Int]

  init(_ monitor: Monitor, order: [String]) throws(Failure) {
    self.monitor = monitor
    let wanted = ConceptNames(inOrderOf: order)
    let known = ConceptNames(inOrderOf: monitor.concepts)
    places = order.map(known.place)
    let targets = monitor.concepts.map(wanted.place)
    guard !targets.contains(nil) else {
      throw Failure(
        .badData, found: "runs of different concepts", wanted: "one concept set for both sides",
        advice: "Extract both runs from the same concept file.")
    }
    self.targets = targets.compactMap { $0 }
  }

  /// What its scores can be trusted with, concepts in the order wanted.
  var calibrationInOrder: LivePrompt.LayerCalibration {
    let alerts = places.enumerated().map { index, place -> AlertRule? in
      let name = place.map { monitor.concepts[$0] }
      let rule = name.flatMap {
        try? monitor.rule($0, rate: LivePrompt.LayerCalibration.alertRate, by: nil)
      }
      return rule.map { AlertRule(concept: index, limit: $0.limit) }
    }
    return LivePrompt.LayerCalibration(
      expectedError: monitor.calibration.expectedError, randomBand: monitor.randomBand,
      isProbe: monitor.probe != nil, alerts: alerts)
  }

  /// Nil for a concept that the monitor does not know.
  func steering(_ concept: Int, strength: Float) -> Intervention? {
    guard places.indices.contains(concept), let place = places[concept] else { return nil }
    return monitor.steering(place, strength: strength)
  }

  /// The scores of tokens that follow those of `means`.
  func score(_ states: Matrix, starts: [Int], _ means: inout TokenMeans) -> [ConceptScores] {
    monitor.score(states, starts: starts, after: &means).map(ordered)
  }

  /// The monitor's scores in the order wanted.
  func ordered(_ scores: ConceptScores) -> ConceptScores {
    ConceptScores(
      scores: places.map { $0.map { scores.scores[$0] } ?? 0 }, best: targets[scores.best],
      cosine: scores.cosine, isUnknown: scores.isUnknown)
  }
}
