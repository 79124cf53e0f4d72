/// A figure of how far a map can be trusted, and all that pages and the screens' help say of it:
/// the first two are ``MapQuality``'s, the next two ``GlobalQuality``'s, the last ``DensityQuality``'s.
package enum TrustFigure: String, CaseIterable, Sendable {
  case trustworthiness
  case neighboursKept = "neighbours_kept"
  case randomTriplets = "random_triplets"
  case distanceCorrelation = "distance_correlation"
  case densityCorrelation = "density_correlation"

  /// As `project --json` writes it.
  package var key: String { rawValue }

  /// As lines of text have it.
  package var title: String { rawValue.replacing("_", with: " ") }

  /// What it says, after "It is".
  package var meaning: String {
    switch self {
    case .trustworthiness: "whether neighbours on the map are neighbours in the states"
    case .neighboursKept:
      "the share of the 10 nearest rows that are among the 10 nearest on the map"
    case .randomTriplets:
      "how often map and states agree on which of two random rows is nearer to a third"
    case .distanceCorrelation:
      "the correlation (Pearson's) of the distances of random pairs on the map and in the states"
    case .densityCorrelation:
      "the correlation (Pearson's) of how crowded rows are on the map and in the states"
    }
  }

  /// What a map without any meaning has.
  package var chance: String {
    switch self {
    case .trustworthiness, .randomTriplets: "0.5"
    case .neighboursKept: "about 0"
    case .distanceCorrelation, .densityCorrelation: "0"
    }
  }

  /// Which of two maps to trust for what.
  package static let advice = [
    "Trustworthiness and neighbours kept are about what lies close: of two maps, trust the one "
      + "that is higher in them for which rows belong together.",
    "Random triplets and distance correlation are about what lies far apart: of two maps, trust "
      + "the one that is higher in them for which groups lie near each other.",
    "Density correlation is about how wide groups are: of two maps, trust the one that is higher "
      + "in it for which groups are tight and which are loose. Explore tells it of maps that keep "
      + "densities.",
  ]

  /// The table and the advice of docs/maps.md.
  package static var page: String {
    let rows = allCases.map { "| `\($0.key)` | \($0.meaning) | \($0.chance) | 1 |\n" }.joined()
    return "| key | what it says | chance | best |\n|---|---|---|---|\n" + rows + "\n"
      + advice.joined(separator: "\n") + "\n"
  }
}
