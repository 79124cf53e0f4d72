extension SeparationMetric {
  /// The name for a reader.
  package var title: String {
    switch self {
    case .nearestPrototype: "nearest prototype"
    case .linearProbe: "linear probe"
    case .silhouette: "silhouette"
    case .angleBetween: "angle between"
    case .angleWithin: "angle within"
    case .rDiff: "R diff"
    case .rSame: "R same"
    case .rGap: "R gap"
    case .erank: "effective rank"
    case .l1: "L1"
    case .l2: "L2"
    case .hausdorff: "Hausdorff"
    case .kVariance: "k-variance"
    case .wasserstein: "Wasserstein-1"
    case .margin: "median margin"
    case .marginTrain: "median margin, train"
    case .rDiffRows: "R diff, unit rows"
    case .rSameRows: "R same, unit rows"
    case .rGapRows: "R gap, unit rows"
    }
  }

  /// What it is, in a sentence or two.
  package var definition: String {
    switch self {
    case .nearestPrototype:
      "The share of held-out rows whose nearest prototype is their own concept's. A prototype is "
        + "the mean of the unit-normalised states of a concept's training rows; near is a large "
        + "cosine."
    case .linearProbe:
      "The share of held-out rows that a linear classifier gets right: multinomial logistic "
        + "regression on columns standardised over the training rows, penalty 100 / 2 ||W||² on "
        + "the summed cross-entropy."
    case .silhouette:
      "The mean over all rows of (b - a) / max(a, b), with a the mean distance to the other rows "
        + "of the same concept, b that to the nearest other concept, distance 1 - cosine."
    case .angleBetween: "The mean angle in degrees between the prototypes of two concepts."
    case .angleWithin:
      "The mean angle in degrees between a row and the prototype of its own concept."
    case .rDiff:
      "The coding rate of all rows, 1/2 logdet(I + d / (m eps) Z'Z) in nats, Z with unit columns, "
        + "eps = 0.1."
    case .rSame:
      "The coding rate within concepts, the sum of m_j / (2m) logdet(I + d / (m_j eps) Zj'Zj), "
        + "scaled as R diff."
    case .rGap: "R diff - R same: what knowing the concept saves."
    case .erank:
      "exp of the entropy of the shares of variance: rows centred, then unit; p = eig(Z'Z) / tr."
    case .l1: "The mean over pairs of concepts of the sum of absolute differences of their means."
    case .l2: "The mean over pairs of concepts of the Euclidean distance of their means."
    case .hausdorff:
      "The mean over pairs of concepts of the Hausdorff distance: how far the most remote row is "
        + "from the nearest row of the other concept."
    case .kVariance:
      "The mean over concepts of the Wasserstein-1 distance between two seeded samples of the same "
        + "concept without a common row, on unit-normalised states."
    case .wasserstein:
      "The mean over pairs of concepts of the Wasserstein-1 distance (exact assignment) between "
        + "seeded samples of equal size, on unit-normalised states."
    case .margin:
      "The median over held-out rows of the cosine to the own prototype less the largest other "
        + "one, over the classifier's Lipschitz constant times the k-variance."
    case .marginTrain: "The median margin of the training rows, scaled like that of held-out rows."
    case .rDiffRows: "R diff with unit rows and eps² = 0.01 (MCR²)."
    case .rSameRows: "R same with unit rows and eps² = 0.01 (MCR²)."
    case .rGapRows: "R gap with unit rows and eps² = 0.01 (MCR²)."
    }
  }

  /// Which values it can take.
  package var range: String {
    switch self {
    case .nearestPrototype, .linearProbe:
      "0 to 1; chance is about the share of the largest concept or 1 / concepts"
    case .silhouette: "-1 to 1; 0 is mixed"
    case .angleBetween: "0 to 180 degrees"
    case .angleWithin: "0 to 180 degrees"
    case .rDiff, .rSame, .rDiffRows, .rSameRows: "0 and up, nats"
    case .rGap, .rGapRows: "0 and up, nats"
    case .erank: "1 to the width"
    case .l1, .l2, .hausdorff: "0 and up, in the states' own scale"
    case .kVariance, .wasserstein: "0 to 2"
    case .margin, .marginTrain: "any; above 0 when most rows are right"
    }
  }

  /// How it misleads.
  package var pitfall: String {
    switch self {
    case .nearestPrototype:
      "It falls where one direction that all states share outweighs the rest; the monitor centres "
        + "its states and can be better."
    case .linearProbe:
      "A probe finds what is linearly there, not what the model uses; more columns than rows make "
        + "it overfit. It is the control that a trained model has to beat."
    case .silhouette:
      "Small in high dimensions even for good clusters; a few rows of a scattered concept pull it "
        + "down."
    case .angleBetween: "Says nothing of the spread: read it with the angle within."
    case .angleWithin: "Falls when all states collapse to one direction."
    case .rDiff: "Knows of no labels: its null is itself."
    case .rSame, .rGap, .rSameRows, .rGapRows:
      "Not monotone in separation and large for random labels too: only what lies outside of the "
        + "null's band counts."
    case .erank:
      "Knows of no labels: its null is itself. Falls when states collapse, together or apart."
    case .l1, .l2, .hausdorff:
      "Grows with the states' norm alone, which grows with the layer: compare with the null, not "
        + "across layers or models."
    case .kVariance, .wasserstein:
      "Both depend on the size of the samples, one for the whole run: read their ratio."
    case .margin:
      "Divided by a k-variance near 0 it grows without bound; its sign is what is certain."
    case .marginTrain: "Far above that of held-out rows: the prototypes fit noise."
    case .rDiffRows: "Knows of no labels: its null is itself."
    }
  }
}
