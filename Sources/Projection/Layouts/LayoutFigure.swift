import Foundation

/// A figure that a layout gives beside its points.
package struct LayoutFigure: Hashable, Sendable {
  /// Its key in JSON, in snake case.
  package let key: String
  /// Its name in a line of text.
  package let label: String
  /// Whether it is a share of the whole for every coordinate rather than one number.
  package let isShares: Bool

  package init(_ key: String, _ label: String, isShares: Bool = false) {
    self.key = key
    self.label = label
    self.isShares = isShares
  }

  package enum Value: Equatable, Sendable, Encodable {
    /// One for each coordinate, 0...1; fewer where the states have fewer columns.
    case shares([Float])
    case number(Double)

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .shares(let values): try container.encode(values)
      case .number(let value): try container.encode(value)
      }
    }

    /// To three digits; shares as percentages.
    package var text: String {
      switch self {
      case .shares(let values):
        values.map { String(format: "%.1f %%", 100 * $0) }.joined(separator: ", ")
      case .number(let value): String(format: "%.3f", value)
      }
    }
  }
}
