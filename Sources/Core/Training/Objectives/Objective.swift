import SeerRuns

/// An objective with its weights: a value that presets and files hold.
package struct Objective: Equatable, Sendable, Codable {
  package var name: ObjectiveName
  /// Cosines are divided by it.
  package var temperature: Double
  package var contrastiveWeight: Double
  package var retainWeight: Double
  package var klWeight: Double
  /// Target layers; LoRA sits on the blocks up to the highest.
  package var layers: [Int]
  /// Which tokens speak for a concept row: `last`, `prompt-end`, `mean`.
  package var positions: [Position]
  /// What only some objectives read, by key: ``ObjectiveKind/options``.
  private var more: [String: Double] = [:]

  /// An option of the objective: its standard value where it is not set.
  package subscript(option: ObjectiveOption) -> Double {
    get { more[option.key] ?? option.standard }
    set { more[option.key] = newValue == option.standard ? nil : newValue }
  }

  /// What another objective is trained with in this one's place: its own weights, where it has any,
  /// and the same layers.
  package func replaced(by name: ObjectiveName) -> Objective {
    guard name != self.name else { return self }
    var result = name.kind.weights ?? self
    result.name = name
    result.layers = layers
    return result
  }

  package enum CodingKeys: String, CodingKey {
    case name, temperature
    case contrastiveWeight = "contrastive_weight"
    case retainWeight = "retain_weight"
    case klWeight = "kl_weight"
    case layers, positions
  }

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
}

// An option of an objective stands beside the weights; others' options are not written.
extension Objective {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      name: try values.decode(ObjectiveName.self, forKey: .name),
      temperature: try values.decode(Double.self, forKey: .temperature),
      contrastiveWeight: try values.decode(Double.self, forKey: .contrastiveWeight),
      retainWeight: try values.decode(Double.self, forKey: .retainWeight),
      klWeight: try values.decode(Double.self, forKey: .klWeight),
      layers: try values.decode([Int].self, forKey: .layers),
      positions: try values.decode([Position].self, forKey: .positions))
    let own = try decoder.container(keyedBy: Key.self)
    for option in name.kind.options {
      if let value = try own.decodeIfPresent(Double.self, forKey: Key(option.key)) {
        self[option] = value
      }
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    try values.encode(temperature, forKey: .temperature)
    try values.encode(contrastiveWeight, forKey: .contrastiveWeight)
    try values.encode(retainWeight, forKey: .retainWeight)
    try values.encode(klWeight, forKey: .klWeight)
    try values.encode(layers, forKey: .layers)
    try values.encode(positions, forKey: .positions)
    var own = encoder.container(keyedBy: Key.self)
    for option in name.kind.options { try own.encode(self[option], forKey: Key(option.key)) }
  }
}

/// One row as training sees it: its tokens, and the spans that speak for it, one a position.
package struct TrainingRow: Sendable {
  package let ids: [Int32]
  package let spans: [Range<Int>]
  /// The row's index in the file, for messages.
  package let source: Int

  package init(ids: [Int32], spans: [Range<Int>], source: Int) {
    self.ids = ids
    self.spans = spans
    self.source = source
  }
}

/// The rows of one step.
package struct TrainingBatch: Sendable {
  /// Rows of concepts; rows 2k and 2k + 1 are a pair of one concept.
  package var rows: [TrainingRow]
  package var labels: [Int]
  package var retain: [[Int32]]

  package init(rows: [TrainingRow], labels: [Int], retain: [[Int32]]) {
    self.rows = rows
    self.labels = labels
    self.retain = retain
  }
}
