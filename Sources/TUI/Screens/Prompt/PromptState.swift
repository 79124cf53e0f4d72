import SeerApp
import SeerModels
import SeerMonitor
import SeerSupport
import SeerTokenizers
import SeerWidgets

/// What the Prompt screen knows: a chat being written, scored and answered.
package struct PromptState: Sendable {
  package enum Status: Equatable, Sendable {
    /// The model is opened when the screen is first shown.
    case closed
    case opening
    case ready
    case failed(Problem)
  }

  /// Who gets the keys: the text, what it was scored as, or what wrote that.
  package enum Focus: Sendable { case editor, tokens, why }

  /// What stands beside the grid; where there is room, more than this.
  package enum Panel: Sendable { case concepts, why, lens }

  /// How a row of the chat was said.
  package struct Message: Equatable, Sendable {
    package var message: ChatMessage
    /// Which side wrote it, for answers.
    package var side: Conversation.Side?
    /// What the answer was steered by.
    package var steering: String?
    /// Why the answer ended, where that is not its own end.
    package var ending: String?
  }

  /// Tokens after which an answer ends at the latest.
  static let longestAnswer = 400

  package let model: String
  package let adapter: String?
  /// The concepts and layers are the run's.
  package let concepts: [ConceptGroup]
  package let layers: [Int]

  package var status = Status.closed
  var hasTuned: Bool { adapter != nil }

  package var focus = Focus.editor
  package var panel = Panel.concepts
  package var editor = Editor()
  /// What was sent before, the last one last, and which of them is shown.
  package var history: [String] = []
  var historyPlace: Int?
  package var chat: [Message] = []
  /// Index among ``layers``.
  package var layer: Int
  /// The concept that is steered by, and the only one in the grid where that is filtered.
  package var concept = 0
  package var isFiltered = false
  /// The token looked at, from the end: 0 is the last word's.
  package var tokenFromEnd = 0
  package var answerSide: Conversation.Side
  /// Whether the model has a template of its own, and whether chats are written with it.
  package var hasTemplate = false
  package var usesTemplate = false

  /// The last scores, and the text they are of.
  package var reading: PromptReading?
  package var readText: ReadText?
  /// Layers that runs of words score.
  package var wordLayers: [Int] = []
  /// Concepts that raise an alert.
  package var watched: Set<Int> = []
  /// Counts the readings.
  package var readingNumber = 0
  /// A reading under way.
  package var pending: ReadText?
  /// Layers whose monitors are made or being made.
  package var prepared: Set<Int> = []
  var preparing: Int?
  /// By layer number, then by side.
  package var calibrations: [Int: [LivePrompt.LayerCalibration]] = [:]
  /// What wrote the score of the token looked at, and what follows it.
  package var reasons = PromptReasonState()

  /// How far the next answer is steered towards the chosen concept at the layer, in twentieths of
  /// a typical state's length; 0 is off.
  package var steer = 0
  static let steers = -40...40
  /// Tenths of a temperature, and hundredths of a repetition penalty.
  package var temperature = 5
  static let temperatures = 0...20
  package var penalty = 110
  static let penalties = 100...150
  /// Which of the answers to the same text: the seed.
  package var variant = 0

  /// The answer being written, and by whom.
  package var answer: String?
  package var writer = Message(message: ChatMessage(.assistant, ""), side: nil)
  var answerNumber = 0
  package var tokensPerSecond: Double?
  var chatScroll = 0
  package var trajectory: Trajectory?
  var showsTrajectory = false
  var isTracing = false

  /// What was or is to be read.
  package struct ReadText: Equatable, Sendable {
    package var chat: [Message]
    package var draft: String
    package var layer: Int
    package var prepared: Int
    package var usesTemplate: Bool
  }

  package init(model: String, adapter: String?, explore: ExploreState) {
    self.model = model
    self.adapter = adapter
    concepts = explore.run.concepts
    layers = explore.run.layers
    layer = explore.layer
    answerSide = adapter == nil ? .base : .tuned
  }

  var layerNumber: Int { layers.indices.contains(layer) ? layers[layer] : 0 }
  package var sides: [Conversation.Side] { hasTuned ? [.tuned, .base] : [.base] }
  /// The one concept of the grid; nil: all.
  var filter: Int? { isFiltered && concepts.indices.contains(concept) ? concept : nil }
  package var wanted: ReadText {
    ReadText(
      chat: chat, draft: editor.text, layer: layer, prepared: prepared.count,
      usesTemplate: usesTemplate)
  }
  package var isAnswering: Bool { answer != nil }
  package var strength: Float { Float(steer) / 20 }
  /// The steering in words; nil where it is off.
  package var steering: String? {
    guard steer != 0, concepts.indices.contains(concept) else { return nil }
    return "\(concepts[concept].name) \(Numbers.signed(strength)) at layer \(layerNumber)"
  }
  package var isBusy: Bool {
    status == .opening || pending != nil || preparing != nil || isAnswering || isTracing
      || reasons.isBusy
  }

  /// The same text, seed and settings give the same words.
  package var sampling: SamplingOptions {
    SamplingOptions(
      temperature: Float(temperature) / 10, topP: 0.95, repetitionPenalty: Float(penalty) / 100,
      seed: UInt64(variant))
  }
  var temperatureText: String { "temperature \(Numbers.tenths(temperature))" }
  var penaltyText: String { "penalty \(Numbers.hundredths(penalty))" }

  /// The token that the figures are about: the last word's, where the template goes on after it.
  package var tokenIndex: Int? {
    guard let tokens = reading?.tokens, !tokens.isEmpty else { return nil }
    let last = tokens.lastIndex { $0.turn >= 0 } ?? tokens.count - 1
    return max(0, last - tokenFromEnd)
  }

  /// The tokens of the message that the token looked at is in.
  var shownTokens: [Int] {
    guard let tokens = reading?.tokens, let current = tokenIndex else { return [] }
    let last = tokens.last { $0.turn >= 0 }?.turn ?? -1
    let turn = tokens[current].turn >= 0 ? tokens[current].turn : last
    return tokens.indices.filter { tokens[$0].turn == turn }
  }
}

extension Numbers {
  /// `7` as `.7`, `13` as `1.3`.
  static func tenths(_ value: Int) -> String {
    "\(value >= 10 ? "\(value / 10)" : "").\(value % 10)"
  }

  /// `110` as `1.10`.
  static func hundredths(_ value: Int) -> String {
    "\(value / 100).\(value / 10 % 10)\(value % 10)"
  }
}

/// The tokens of the prompt on the map of a layer.
package struct Trajectory: Equatable, Sendable {
  package var layer: Int
  /// The run's rows, then the tokens, in one map.
  package var rows: [SIMD2<Float>]
  package var tokens: [SIMD2<Float>]

  package init(layer: Int, rows: [SIMD2<Float>], tokens: [SIMD2<Float>]) {
    self.layer = layer
    self.rows = rows
    self.tokens = tokens
  }
}

extension AppState {
  /// A chat with the run's model; nil where that is not at hand.
  package var prompt: PromptState? {
    get { self[PromptState.self] }
    set { self[PromptState.self] = newValue }
  }
}
