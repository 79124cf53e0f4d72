import SeerAnalysis
import Testing

/// What the statistics do where no other library says.
struct StatisticsTests {
  // MARK: Confusion

  @Test func unknownIsWrongButNoOtherConcepts() {
    let confusion = Confusion(actual: [0, 0, 1], predicted: [0, nil, 1], concepts: 2)
    #expect(confusion.accuracy == 2.0 / 3)
    #expect(confusion.unknown == [1, 0])
    #expect(confusion.precision(0) == 1 && confusion.recall(0) == 0.5)
    #expect(confusion.support(0) == 2 && confusion.total == 3)
  }

  @Test func nothingToJudge() {
    let confusion = Confusion(actual: [], predicted: [], concepts: 2)
    #expect(confusion.accuracy == nil && confusion.macroF1 == nil)
    #expect(confusion.precision(0) == nil && confusion.recall(1) == nil && confusion.f1(0) == nil)
    #expect(Reliability(confidences: [], isRight: []) == nil)
    #expect(ROC(scores: [], isPositive: []).area() == nil)
    #expect(ROC(scores: [1, 2], isPositive: [true, true]).area() == nil)
    #expect(quantile(0.5, ofSorted: [Double]()) == nil)
    #expect(proportion(0, of: 0) == nil)
    #expect(Bootstrap(groups: Array(0..<0)).estimate { share([], $0) } == nil)
  }

  // MARK: McNemar

  @Test func pairsThatAgreeDoNotCount() {
    let first = [true, true, true, false, false]
    let second = [true, false, false, false, true]
    let test = McNemar(first: first, second: second)
    #expect(test.onlyFirst == 2 && test.onlySecond == 1)
    #expect(test == McNemar(onlyFirst: 2, onlySecond: 1))
    #expect(McNemar(first: first, second: first).exactP == 1)
  }

  // MARK: Bootstrap

  @Test func theSameSeedGivesTheSameInterval() {
    let rows = (0..<40).map { $0 % 3 == 0 }
    func estimate(_ seed: UInt64) -> Estimate? {
      Bootstrap(groups: Array(0..<40), resamples: 200, seed: seed).estimate { share(rows, $0) }
    }
    #expect(estimate(1) == estimate(1))
    #expect(estimate(1) != estimate(2))
  }

  @Test func rowsOfOneGroupComeTogether() throws {
    // Ten groups of ten equal rows hold no more than ten rows do.
    let rows = (0..<100).map { ($0 / 10) % 2 == 0 }
    let alone = try #require(Bootstrap(groups: Array(0..<100)).estimate { share(rows, $0) })
    let keys = rows.indices.map { "prompt \($0 / 10)" }
    let grouped = try #require(Bootstrap(keys: keys).estimate { share(rows, $0) })
    #expect(alone.value == 0.5 && grouped.value == 0.5)
    #expect(grouped.high - grouped.low > 2 * (alone.high - alone.low))
    _ = Bootstrap(keys: keys).estimate { weights in
      #expect(weights.indices.allSatisfy { weights[$0] == weights[$0 / 10 * 10] })
      return 0
    }
  }

  @Test func resamplesWithoutAValueAreLeftOut() throws {
    // The only row of one kind is missing from a third of the resamples.
    let isPositive = [true, false, false, false]
    let roc = ROC(scores: [1, 0, 0, 0], isPositive: isPositive)
    let estimate = try #require(Bootstrap(groups: Array(0..<4)).estimate { roc.area(weights: $0) })
    #expect(estimate == Estimate(value: 1, low: 1, high: 1))
  }

  // MARK: Permuted labels

  @Test func labelsThatSayNothingDoAsWellAsShuffledOnes() throws {
    let labels = (0..<60).map { $0 % 2 }
    let truth = labels
    func accuracy(_ labels: [Int]) -> Double {
      Double(zip(labels, truth).count { $0 == $1 }) / 60
    }
    let real = try #require(
      PermutedLabels(labels: labels, figure: accuracy(labels), permutations: 99, accuracy))
    #expect(real.p == 0.01 && real.permutations == 99)
    #expect(abs(real.mean - 0.5) < 0.05 && real.low < 0.5 && real.high > 0.5)
    let chance = try #require(
      PermutedLabels(labels: labels, figure: 0.5, permutations: 99, accuracy))
    #expect(chance.p > 0.3)
  }

  @Test func permutationsKeepTheCounts() {
    let labels = [0, 0, 0, 1, 2]
    _ = PermutedLabels(labels: labels, figure: 0, permutations: 5) { shuffled in
      #expect(shuffled.sorted() == labels)
      return 0
    }
  }
}
