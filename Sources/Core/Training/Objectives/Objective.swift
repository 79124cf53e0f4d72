import Foundation
import SeerRuns
import SeerSupport

/// An objective with its weights: a value that presets and files hold.
package struct Objective: Equatable, Sendable {
  package var name: ObjectiveName
  /// Cosines are divided by it.
  package var temperature: Double
  package var contrastiveWeight: Double
  package var retainWeight: Double
  package var klWeight: Double
  /// Target layers; LoRA sits on the blocks up to the highest, unless a preset says otherwise.
  package var layers: [Int]
  /// Target layers as shares of the model's depth, above 0 to 1, until the model is known:
  /// ``resolved(blocks:)``.
  package var shares: [Double] = []
  /// Which tokens speak for a concept row: `last`, `prompt-end`, `mean`.
  package var positions: [Position]
  /// Rows of a step that are contrasted with one another, as each of several GPUs contrasts its own;
  /// 0: all.
  package var group = 0
  /// The form of ``ReleasedObjective``'s contrast.
  package var contrastive = Contrast.infonce
  /// The concepts whose states ``RerouteObjective`` turns away; empty: all but `safe`.
  package var harmful: [String] = []
  /// What only some objectives read, by key: ``ObjectiveKind/options``.
  private var more: [String: Double] = [:]

  package init(
    name: ObjectiveName = .seer, temperature: Double = 0.1, contrastiveWeight: Double = 1,
    retainWeight: Double = 0.05, klWeight: Double = 1, layers: [Int],
    positions: [Position] = [.last]
  ) {
    self.name = name
    self.temperature = temperature
    self.contrastiveWeight = contrastiveWeight
    self.retainWeight = retainWeight
    self.klWeight = klWeight
    self.layers = layers
    self.positions = positions
  }

  /// An option of the objective: its standard value where it is not set.
  package subscript(option: ObjectiveOption) -> Double {
    get { more[option.key] ?? option.standard }
    set { more[option.key] = newValue == option.standard ? nil : newValue }
  }

  /// Whether a term of it is taken on retain rows and weighs something.
  package var needsRetainRows: Bool {
    let kind = name.kind
    func weighs(_ term: LossTerm, _ field: ObjectiveField, _ weight: Double) -> Bool {
      kind.terms.contains(term) && (!kind.reads.contains(field) || weight != 0)
    }
    return weighs(.retain, .retainWeight, retainWeight) || weighs(.kl, .klWeight, klWeight)
  }

  /// What another objective is trained with in this one's place: its own weights, where it has any,
  /// and the same layers. What it does not read is as in a new one.
  package func replaced(by name: ObjectiveName) -> Objective {
    guard name != self.name else { return self }
    var source = name.kind.weights ?? self
    source.name = name
    var result = Objective(name: name, layers: layers)
    result.shares = shares
    for field in name.kind.reads { result.take(field, from: source) }
    if !result.positions.allSatisfy(name.kind.positions.contains) { result.positions = [.last] }
    for option in name.kind.options { result[option] = source[option] }
    return result
  }

  private mutating func take(_ field: ObjectiveField, from other: Objective) {
    switch field {
    case .temperature: temperature = other.temperature
    case .contrastiveWeight: contrastiveWeight = other.contrastiveWeight
    case .retainWeight: retainWeight = other.retainWeight
    case .klWeight: klWeight = other.klWeight
    case .positions: positions = other.positions
    case .group: group = other.group
    case .contrastive: contrastive = other.contrastive
    case .harmful: harmful = other.harmful
    }
  }

  /// The same with every target layer a number, for a model of so many blocks: a share of the depth
  /// is the layer nearest to it.
  package func resolved(blocks: Int) -> Objective {
    var result = self
    result.shares = []
    for share in shares {
      let layer = max(1, min(blocks, Int((share * Double(blocks)).rounded())))
      if !result.layers.contains(layer) { result.layers.append(layer) }
    }
    return result
  }
}

/// A target layer as users write it: its number, or a share of the model's depth like `80%`.
package enum TargetLayer: Equatable, Sendable {
  case layer(Int)
  case share(Double)

  /// Nil where the text is neither.
  package init?(_ text: String) {
    guard text.hasSuffix("%") else {
      guard let layer = Int(text) else { return nil }
      self = .layer(layer)
      return
    }
    guard let percent = Double(text.dropLast()), percent > 0, percent <= 100 else { return nil }
    self = .share(percent / 100)
  }

  package static let wanted = "layers like 24, or shares of the model's depth like 80%"
}

extension Objective {
  /// The target layers, numbers first.
  package var targets: [TargetLayer] {
    get { layers.map { .layer($0) } + shares.map { .share($0) } }
    set {
      layers = newValue.compactMap { if case .layer(let layer) = $0 { layer } else { nil } }
      shares = newValue.compactMap { if case .share(let share) = $0 { share } else { nil } }
    }
  }
}

// Only what the objective reads is written; its options stand beside the weights.
extension Objective: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
    static let name = Key("name")
    static let layers = Key("layers")
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      name: try values.decode(ObjectiveName.self, forKey: .name), layers: [])
    targets = try values.decode([TargetLayer].self, forKey: .layers)
    func read<T: Decodable>(_ field: ObjectiveField, _ value: inout T) throws {
      guard name.kind.reads.contains(field) else { return }
      value = try values.decodeIfPresent(T.self, forKey: Key(field.rawValue)) ?? value
    }
    try read(.temperature, &temperature)
    try read(.contrastiveWeight, &contrastiveWeight)
    try read(.retainWeight, &retainWeight)
    try read(.klWeight, &klWeight)
    try read(.positions, &positions)
    try read(.group, &group)
    try read(.contrastive, &contrastive)
    try read(.harmful, &harmful)
    for option in name.kind.options {
      if let value = try values.decodeIfPresent(Double.self, forKey: Key(option.key)) {
        self[option] = value
      }
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(name, forKey: .name)
    try values.encode(targets, forKey: .layers)
    func write(_ field: ObjectiveField, _ value: any Encodable) throws {
      guard name.kind.reads.contains(field) else { return }
      try values.encode(value, forKey: Key(field.rawValue))
    }
    try write(.temperature, temperature)
    try write(.contrastiveWeight, contrastiveWeight)
    try write(.retainWeight, retainWeight)
    try write(.klWeight, klWeight)
    try write(.positions, positions)
    try write(.group, group)
    try write(.contrastive, contrastive)
    try write(.harmful, harmful)
    for option in name.kind.options { try values.encode(self[option], forKey: Key(option.key)) }
  }
}

extension TargetLayer: Codable {
  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let layer = try? value.decode(Int.self) {
      self = .layer(layer)
      return
    }
    let text = try value.decode(String.self)
    guard let target = TargetLayer(text) else {
      throw Failure(
        .badData, place: "objective.layers", found: "`\(text)`", wanted: TargetLayer.wanted)
    }
    self = target
  }

  package func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .layer(let layer): try value.encode(layer)
    case .share(let share):
      // Seven digits: 0.8125 x 100 is what a person wrote.
      try value.encode(String(format: "%.7g%%", 100 * share))
    }
  }
}

/// One row as training sees it: its tokens, and the spans that speak for it, one a position.
package struct TrainingRow: Sendable {
  package let ids: [Int32]
  package let spans: [Range<Int>]
  /// The first so many tokens are the request, those after are the response
  /// (``RowKind/requestsAndResponses``).
  package let request: Int
  /// The row's index in the file, for messages.
  package let source: Int

  package init(ids: [Int32], spans: [Range<Int>], request: Int = 0, source: Int) {
    self.ids = ids
    self.spans = spans
    self.request = request
    self.source = source
  }
}

/// The rows of one step.
package struct TrainingBatch: Sendable {
  /// Rows of concepts; rows 2k and 2k + 1 are a pair of one concept.
  package var rows: [TrainingRow]
  package var labels: [Int]
  package var retain: [[Int32]]
  /// The same rows put as a question with its answer, for objectives that learn from it.
  package var verdicts: [Verdict.Row] = []
  /// How far the training is: step t of T, counted from 1, divided by T.
  package var progress = 1.0

  package init(rows: [TrainingRow], labels: [Int], retain: [[Int32]]) {
    self.rows = rows
    self.labels = labels
    self.retain = retain
  }
}
