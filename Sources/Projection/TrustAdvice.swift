/// Which of two maps of the same rows to trust for what: for which rows belong together, the one that
/// is higher in the figures of what lies close; for which groups lie near each other, the one that is
/// higher in those of what lies far apart.
package struct TrustAdvice: Equatable, Sendable {
  /// A map's name, and what is known of it.
  package typealias Judged = (title: String, figures: [TrustFigure: Float])

  /// The map to trust for what lies close; nil where figures do not say, or contradict each other.
  package let near: String?
  /// The same for what lies far apart.
  package let far: String?

  package init(_ one: Judged, _ other: Judged) {
    near = Self.better(one, other, in: [.trustworthiness, .neighboursKept])
    far = Self.better(one, other, in: [.randomTriplets, .distanceCorrelation])
  }

  private static func better(
    _ one: Judged, _ other: Judged, in figures: [TrustFigure]
  ) -> String? {
    let leads = figures.compactMap { figure in
      one.figures[figure].flatMap { own in other.figures[figure].map { own - $0 } }
    }
    guard leads.contains(where: { $0 != 0 }) else { return nil }
    if leads.allSatisfy({ $0 >= 0 }) { return one.title }
    return leads.allSatisfy { $0 <= 0 } ? other.title : nil
  }

  /// In full and in few words; none where nothing can be said.
  package var wordings: [String] {
    switch (near, far) {
    case (let near?, let far?) where near == far: ["trust \(near) near and far", "trust \(near)"]
    case (let near?, let far?):
      ["trust \(near) for neighbours, \(far) between groups", "near \(near), far \(far)"]
    case (let near?, nil): ["trust \(near) for neighbours", "near \(near)"]
    case (nil, let far?): ["trust \(far) between groups", "far \(far)"]
    case (nil, nil): []
    }
  }
}
