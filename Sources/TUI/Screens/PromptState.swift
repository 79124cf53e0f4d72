import Core

/// What the Prompt screen knows: a chat being written, scored and answered.
struct PromptState: Sendable {
  enum Status: Equatable, Sendable {
    /// The model is opened when the screen is first shown.
    case closed
    case opening
    case ready
    case failed(Problem)
  }

  /// Who gets the keys: the text, or what it was scored as.
  enum Focus: Sendable { case editor, tokens }

  /// How a row of the chat was said.
  struct Message: Equatable, Sendable {
    var message: ChatMessage
    /// Which side wrote it, for answers.
    var side: Conversation.Side?
    /// What the answer was steered by.
    var steering: String?
  }

  /// Tokens after which an answer ends at the latest.
  static let longestAnswer = 400

  let model: String
  let adapter: String?
  /// The concepts and layers are the run's.
  let concepts: [ConceptGroup]
  let layers: [Int]

  var status = Status.closed
  var notes: [String] = []
  var hasTuned: Bool { adapter != nil }

  var focus = Focus.editor
  var editor = Editor()
  /// What was sent before, the last one last, and which of them is shown.
  var history: [String] = []
  var historyPlace: Int?
  var chat: [Message] = []
  /// Index among ``layers``.
  var layer: Int
  var concept = 0
  /// The token looked at, from the end: 0 is the last word's.
  var tokenFromEnd = 0
  var answerSide: Conversation.Side

  /// The last scores, and the text they are of.
  var reading: PromptReading?
  var readText: ReadText?
  /// A reading under way.
  var pending: ReadText?
  /// Layers whose monitors are made or being made.
  var prepared: Set<Int> = []
  var preparing: Int?
  /// By layer number.
  var calibrations: [Int: LivePrompt.LayerCalibration] = [:]

  /// How far the next answer is steered towards the chosen concept at the layer, in twentieths of
  /// a typical state's length; 0 is off.
  var steer = 0
  static let steers = -40...40

  /// The answer being written, and by whom.
  var answer: String?
  var writer = Message(message: ChatMessage(.assistant, ""), side: nil)
  var answerNumber = 0
  var tokensPerSecond: Double?
  var chatScroll = 0
  var trajectory: Trajectory?
  var showsTrajectory = false
  var isTracing = false

  /// What was or is to be read.
  struct ReadText: Equatable, Sendable {
    var chat: [Message]
    var draft: String
    var layer: Int
    var prepared: Int
  }

  init(model: String, adapter: String?, explore: ExploreState) {
    self.model = model
    self.adapter = adapter
    concepts = explore.concepts
    layers = explore.layers
    layer = explore.layer
    answerSide = adapter == nil ? .base : .tuned
  }

  var layerNumber: Int { layers.indices.contains(layer) ? layers[layer] : 0 }
  var sides: [Conversation.Side] { hasTuned ? [.tuned, .base] : [.base] }
  var wanted: ReadText {
    ReadText(chat: chat, draft: editor.text, layer: layer, prepared: prepared.count)
  }
  var isAnswering: Bool { answer != nil }
  var strength: Float { Float(steer) / 20 }
  /// The steering in words; nil where it is off.
  var steering: String? {
    guard steer != 0, concepts.indices.contains(concept) else { return nil }
    return "\(concepts[concept].name) \(Numbers.signed(strength)) at layer \(layerNumber)"
  }
  var isBusy: Bool {
    status == .opening || pending != nil || preparing != nil || isAnswering || isTracing
  }

  /// The token that the figures are about: the last word's, where the template goes on after it.
  var tokenIndex: Int? {
    guard let tokens = reading?.tokens, !tokens.isEmpty else { return nil }
    let last = tokens.lastIndex { $0.turn >= 0 } ?? tokens.count - 1
    return max(0, last - tokenFromEnd)
  }
}

/// The tokens of the prompt on the map of a layer.
struct Trajectory: Equatable, Sendable {
  var layer: Int
  /// The run's rows, then the tokens, in one map.
  var rows: [SIMD2<Float>]
  var tokens: [SIMD2<Float>]
}
