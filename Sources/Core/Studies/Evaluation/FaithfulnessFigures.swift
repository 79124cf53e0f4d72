import SeerAnalysis
import SeerMonitor

/// How well attributions know which earlier tokens a concept's logit rests on.
package struct FaithfulnessFigures: Equatable, Sendable, Codable {
  /// One way of ordering tokens.
  package struct Order: Equatable, Sendable, Codable {
    /// An ``Attribution``, or `random`.
    package var name: String
    /// Mean logits over the rows and the points of the curve: while the highest tokens are taken
    /// out, and with the highest alone.
    package var deletion: Estimate
    package var insertion: Estimate
    /// Insertion less deletion.
    package var area: Estimate
    /// The median time that a row's attribution takes, in milliseconds; nil for random orders.
    package var milliseconds: Double?
  }

  /// The areas of two orders, row by row.
  package struct Comparison: Equatable, Sendable, Codable {
    package var first: String
    package var second: String
    /// Of the first less the second.
    package var difference: Estimate
    /// The share of rows where the first has the larger area.
    package var wins: Double
    /// Of ``signFlipP(_:keys:flips:seed:)`` over prompts.
    package var p: Double
  }

  package var layer: Int
  /// Rows judged, and those left out: of concepts that the monitor has not, or too short.
  package var rows: Int
  package var leftOut: Int
  /// Tokens of the rows on the mean, up to the one explained.
  package var tokens: Double
  package var orders: [Order]
  package var comparisons: [Comparison]
  package var notes: [String]

  package static let random = "random"
}
