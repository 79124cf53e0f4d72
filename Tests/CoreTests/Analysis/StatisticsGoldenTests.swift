import Foundation
import SeerAnalysis
import TestSupport
import Testing

/// Against numpy, scipy and scikit-learn (Fixtures/Statistics/make_statistics.py).
struct StatisticsGoldenTests {
  struct Golden: Decodable {
    struct ConfusionFigures: Decodable {
      let actual, predicted: [Int]
      let counts: [[Int]]
      let accuracy: Double
      let precision, recall, f1: [Double]
      let macroF1, macroPrecision, macroRecall: Double
    }
    struct Weighted: Decodable {
      let weights: [Int]
      let accuracy, macroF1: Double
    }
    struct Area: Decodable {
      let positive: [Bool]
      let scores: [Double]
      let weights: [Int]
      let area, weightedArea: Double
    }
    struct Pair: Decodable {
      let first, second: Int
      let exact, statistic, p: Double
    }
    struct Share: Decodable {
      let k, n: Int
      let low, high: Double
    }
    struct Quantiles: Decodable {
      let values, shares, quantiles: [Double]
    }
    struct Confidences: Decodable {
      let confidence: [Double]
      let right: [Bool]
      let rows: [Int]
      let expectedError, brier: Double
    }
    struct Resampled: Decodable {
      let sample: [Bool]
      let low, high: Double
    }
    let confusion: ConfusionFigures
    let weighted: Weighted
    let roc: Area
    let mcnemar: [Pair]
    let proportion: [Share]
    let quantile: Quantiles
    let calibration: Confidences
    let bootstrap: Resampled
  }

  let golden: Golden

  init() throws { golden = try Fixtures.golden("Statistics/statistics.json") }

  func close(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
    a.map { abs($0 - b) <= tolerance * max(1, abs(b)) } ?? false
  }

  @Test func confusion() {
    let want = golden.confusion
    let confusion = Confusion(actual: want.actual, predicted: want.predicted, concepts: 5)
    #expect(confusion.counts == want.counts)
    #expect(close(confusion.accuracy, want.accuracy))
    for concept in 0..<5 {
      // What is undefined scikit-learn calls 0.
      #expect(close(confusion.precision(concept) ?? 0, want.precision[concept]))
      #expect(close(confusion.recall(concept) ?? 0, want.recall[concept]))
      #expect(close(confusion.f1(concept) ?? 0, want.f1[concept]))
    }
    #expect(close(confusion.macroF1, want.macroF1))
    #expect(close(confusion.macroPrecision, want.macroPrecision))
    #expect(close(confusion.macroRecall, want.macroRecall))
  }

  @Test func confusionOfWeightedRows() {
    let confusion = Confusion(
      actual: golden.confusion.actual, predicted: golden.confusion.predicted, concepts: 5,
      weights: golden.weighted.weights)
    #expect(close(confusion.accuracy, golden.weighted.accuracy))
    #expect(close(confusion.macroF1, golden.weighted.macroF1))
  }

  @Test func roc() {
    let roc = ROC(scores: golden.roc.scores, isPositive: golden.roc.positive)
    #expect(close(roc.area(), golden.roc.area))
    #expect(close(roc.area(weights: golden.roc.weights), golden.roc.weightedArea))
  }

  @Test func mcNemar() {
    for pair in golden.mcnemar {
      let test = McNemar(onlyFirst: pair.first, onlySecond: pair.second)
      #expect(close(test.exactP, pair.exact, 1e-10), "\(pair)")
      #expect(close(test.chiSquared, pair.statistic), "\(pair)")
      #expect(abs(test.chiSquaredP - pair.p) <= 1e-10 * max(pair.p, 1e-300), "\(pair)")
    }
  }

  @Test func proportions() throws {
    for share in golden.proportion {
      let estimate = try #require(proportion(share.k, of: share.n))
      #expect(close(estimate.value, Double(share.k) / Double(share.n)))
      #expect(close(estimate.low, share.low) && close(estimate.high, share.high), "\(share)")
    }
  }

  @Test func quantiles() {
    for (share, want) in zip(golden.quantile.shares, golden.quantile.quantiles) {
      #expect(close(quantile(share, ofSorted: golden.quantile.values), want))
    }
  }

  @Test func reliability() throws {
    let want = golden.calibration
    let reliability = try #require(
      Reliability(confidences: want.confidence, isRight: want.right))
    #expect(reliability.bins.map(\.rows) == want.rows)
    #expect(close(reliability.expectedError, want.expectedError))
    #expect(close(reliability.brier, want.brier))
  }

  @Test func bootstrap() throws {
    let sample = golden.bootstrap.sample
    let estimate = try #require(
      Bootstrap(groups: Array(0..<sample.count), resamples: 10_000).estimate { share(sample, $0) })
    #expect(abs(estimate.low - golden.bootstrap.low) < 0.01)
    #expect(abs(estimate.high - golden.bootstrap.high) < 0.01)
    #expect(close(estimate.value, Double(sample.count { $0 }) / Double(sample.count)))
  }
}
