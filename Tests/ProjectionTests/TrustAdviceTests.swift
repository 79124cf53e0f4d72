import SeerProjection
import Testing

struct TrustAdviceTests {
  private func advice(
    _ one: [TrustFigure: Float], _ other: [TrustFigure: Float]
  ) -> TrustAdvice { TrustAdvice(("A", one), ("B", other)) }

  @Test func eachMapIsTrustedForWhatItShowsBetter() {
    let near: [TrustFigure: Float] = [
      .trustworthiness: 0.98, .neighboursKept: 0.5, .randomTriplets: 0.6,
      .distanceCorrelation: 0.3,
    ]
    let far: [TrustFigure: Float] = [
      .trustworthiness: 0.8, .neighboursKept: 0.1, .randomTriplets: 0.8, .distanceCorrelation: 0.7,
    ]
    let found = advice(near, far)
    #expect(found.near == "A" && found.far == "B")
    #expect(found.wordings == ["trust A for neighbours, B between groups", "near A, far B"])
    #expect(
      advice(far, near).wordings == ["trust B for neighbours, A between groups", "near B, far A"])
    let best = near.merging(far) { max($0, $1) }
    let least = near.merging(far) { min($0, $1) }
    #expect(advice(best, least).wordings == ["trust A near and far", "trust A"])
  }

  /// Figures that contradict each other, that are alike or that one map lacks say nothing.
  @Test func whatFiguresDoNotSayIsNotSaid() {
    #expect(
      advice(
        [.trustworthiness: 0.9, .neighboursKept: 0.2],
        [.trustworthiness: 0.8, .neighboursKept: 0.3]
      ).near == nil)
    #expect(advice([.trustworthiness: 0.9], [.trustworthiness: 0.9]).near == nil)
    #expect(advice([.trustworthiness: 0.9], [:]).wordings.isEmpty)
    #expect(advice([:], [:]).wordings.isEmpty)
    let one = advice(
      [.trustworthiness: 0.9, .randomTriplets: 0.7], [.trustworthiness: 0.8, .randomTriplets: 0.7])
    #expect(one.wordings == ["trust A for neighbours", "near A"])
    #expect(
      advice([.randomTriplets: 0.7], [.randomTriplets: 0.9]).wordings.first
        == "trust B between groups")
  }
}
