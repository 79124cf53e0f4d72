/// The terms of one step's loss, unweighted.
package struct LossTerms: Equatable, Sendable {
  package var total = 0.0
  /// By column.
  private var values: [String: Double]

  /// Zeros of an objective's terms.
  package init(_ terms: [LossTerm] = LossTerm.usual + LossTerm.cosines) {
    values = Dictionary(uniqueKeysWithValues: terms.map { ($0.column, 0) })
  }

  /// A term; 0 where the objective has no such one.
  package subscript(term: LossTerm) -> Double {
    get { values[term.column] ?? 0 }
    set { values[term.column] = newValue }
  }

  /// All terms by their column, in the columns' order.
  var columns: [(column: String, value: Double)] {
    values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  package var contrastive: Double {
    get { self[.contrastive] }
    set { self[.contrastive] = newValue }
  }
  /// l2 to the base states.
  package var retain: Double {
    get { self[.retain] }
    set { self[.retain] = newValue }
  }
  /// Nats.
  package var kl: Double {
    get { self[.kl] }
    set { self[.kl] = newValue }
  }
}

// One object: `total` and the objective's columns, whatever they are.
extension LossTerms: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
    static let total = Key("total")
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    total = try container.decode(Double.self, forKey: .total)
    values = [:]
    for key in container.allKeys where key.stringValue != Key.total.stringValue {
      values[key.stringValue] = try container.decode(Double.self, forKey: key)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(total, forKey: .total)
    for (column, value) in values { try container.encode(value, forKey: Key(column)) }
  }
}
