/// A figure that says how far apart a layer's concepts are. The raw values are the keys of
/// `seer compare --json`.
package enum SeparationMetric: String, CaseIterable, Sendable {
  case nearestPrototype = "nearest_prototype"
  case linearProbe = "linear_probe"
  case silhouette
  case angleBetween = "angle_between"
  case angleWithin = "angle_within"
  case rDiff = "r_diff"
  case rSame = "r_same"
  case rGap = "r_gap"
  case erank
  case l1
  case l2
  case hausdorff
  case kVariance = "k_variance"
  case wasserstein
  case margin
  case marginTrain = "margin_train"
  case rDiffRows = "r_diff_rows"
  case rSameRows = "r_same_rows"
  case rGapRows = "r_gap_rows"

  /// Those that say most, in the order of a table: without the other scale of the coding rates and
  /// the training rows' margin.
  package static let principal: [SeparationMetric] = allCases.filter {
    ![.marginTrain, .rDiffRows, .rSameRows, .rGapRows].contains($0)
  }

  /// Whether a larger value means concepts further apart; nil where it does not say.
  package var largerIsSeparate: Bool? {
    switch self {
    case .nearestPrototype, .linearProbe, .silhouette, .angleBetween, .wasserstein, .margin,
      .marginTrain, .hausdorff, .l1, .l2, .rGap, .rGapRows:
      true
    case .angleWithin, .rSame, .rSameRows, .kVariance: false
    case .rDiff, .rDiffRows, .erank: nil
    }
  }

  /// Whether the labels have no part in it, so that permuting them changes nothing.
  package var ignoresLabels: Bool {
    switch self {
    case .rDiff, .rDiffRows, .erank: true
    default: false
    }
  }
}
