/// A figure that says how far apart a layer's concepts are: all that tables, pictures, screens and
/// docs/metrics.md must know of it. How it is measured stands in its ``MetricGroup``.
package struct SeparationMetric: Sendable {
  /// What a larger value means.
  package enum Separation: Sendable {
    case larger, smaller
  }

  /// How a value is printed.
  package enum Unit: Sendable {
    /// Of the order of 1.
    case share
    case degrees
    /// Of any order.
    case number
  }

  /// The key of `seer compare --json`, in snake case.
  package let rawValue: String
  /// The name for a reader.
  package let title: String
  /// What it is, in a sentence or two.
  package let definition: String
  /// Which values it can take.
  package let range: String
  /// How it misleads.
  package let pitfall: String
  /// Whether a larger value means concepts further apart; nil where it does not say.
  package let largerIsSeparate: Bool?
  package let unit: Unit
  /// Whether the labels have no part in it, so that permuting them changes nothing.
  package let ignoresLabels: Bool
  /// Whether short tables have it.
  package let isPrincipal: Bool
  /// Its short name and its decimals below a picture; nil: pictures, and tables with a line for
  /// every layer, leave it out.
  package let caption: (name: String, digits: Int)?

  init(
    _ key: String, _ title: String, definition: String, range: String, pitfall: String,
    separates: Separation? = nil, unit: Unit = .number, ignoresLabels: Bool = false,
    isPrincipal: Bool = true, caption: (name: String, digits: Int)? = nil
  ) {
    rawValue = key
    self.title = title
    self.definition = definition
    self.range = range
    self.pitfall = pitfall
    largerIsSeparate = separates.map { $0 == .larger }
    self.unit = unit
    self.ignoresLabels = ignoresLabels
    self.isPrincipal = isPrincipal
    self.caption = caption
  }

  /// Those that say most, in the order of a table.
  package static let principal = allCases.filter(\.isPrincipal)

  /// The few for a line a layer and below pictures.
  package static let captioned = allCases.filter { $0.caption != nil }
}

extension SeparationMetric: CaseIterable, Hashable, CustomStringConvertible {
  /// Those of all groups, in their order.
  package static let allCases = MetricGroup.all.flatMap(\.metrics)

  package static func == (a: SeparationMetric, b: SeparationMetric) -> Bool {
    a.rawValue == b.rawValue
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

  package var description: String { rawValue }
}
