import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerStudies
import TestSupport
import Testing

/// Against the definitions in numpy (Fixtures/Statistics/make_transport.py).
struct TransportAccountTests {
  struct Golden: Decodable {
    struct Rows: Decodable {
      let states: [Float]
      let labels: [Int]
      let halves: [[[Int]]]

      var sample: TransportSample {
        TransportSample(halves: halves.map { ($0[0], $0[1]) }, size: halves[0][0].count)
      }
    }
    let train, test: Rows
    let lipschitz, gamma, marginLoss, transport, confidence, total: Double
    let trainSide, testSide: TransportAccount.Side
  }

  let golden: Golden
  let account: TransportAccount

  init() throws {
    golden = try Fixtures.golden("Statistics/transport.json")
    let (train, test) = (golden.train, golden.test)
    let rows = train.labels.count + test.labels.count
    let states = Matrix(rows: rows, columns: 6, values: train.states + test.states)
    account = try #require(
      TransportAccount(
        states, trainLabels: train.labels, testLabels: test.labels, concepts: 3,
        samples: (train.sample, test.sample)))
  }

  @Test func bothSides() throws {
    for (side, want) in [(account.train, golden.trainSide), (account.test, golden.testSide)] {
      #expect(side.rows == want.rows && side.accuracy == want.accuracy)
      #expect(abs(side.medianMargin - want.medianMargin) < 1e-6)
      #expect(abs(side.kVariance - want.kVariance) < 1e-6)
      #expect(abs(side.wasserstein - want.wasserstein) < 1e-6)
      let (own, other) = try (
        #require(side.normalisedMargin), #require(want.normalisedMargin)
      )
      #expect(abs(own - other) < 1e-5)
    }
    #expect(account.gap == account.train.accuracy - account.test.accuracy)
  }

  @Test func theBound() {
    #expect(abs(account.lipschitz - golden.lipschitz) < 1e-6)
    #expect(account.bound.gamma == golden.gamma)
    #expect(account.bound.marginLoss == golden.marginLoss)
    #expect(abs(account.bound.transport - golden.transport) < 1e-6)
    #expect(abs(account.bound.confidence - golden.confidence) < 1e-12)
    #expect(abs(account.bound.total - golden.total) < 1e-6)
  }

  @Test func samplesAreOfOneSizeOnBothSides() {
    let labels = (0..<60).map { $0 % 3 }
    let samples = TransportAccount.samples(
      train: labels, test: Array(labels.prefix(27)), concepts: 3, seed: 1)
    #expect(samples.train.size == 4 && samples.test.size == 4)
    for sample in [samples.train, samples.test] {
      #expect(sample.halves.allSatisfy { $0.first.count == 4 && $0.second.count == 4 })
    }
  }

  @Test func tooFewRowsGiveNone() {
    let samples = TransportAccount.samples(train: [0, 0, 1], test: [0, 1], concepts: 2, seed: 0)
    let account = TransportAccount(
      Matrix(rows: 5, columns: 2), trainLabels: [0, 0, 1], testLabels: [0, 1], concepts: 2,
      samples: samples)
    #expect(account == nil)
  }

  @Test func statesThatAreAllTheSame() throws {
    let labels = (0..<16).map { $0 % 2 }
    let samples = TransportAccount.samples(train: labels, test: labels, concepts: 2, seed: 0)
    let same = try #require(
      TransportAccount(
        Matrix(rows: 32, columns: 3) { _, _ in 1 }, trainLabels: labels, testLabels: labels,
        concepts: 2, samples: samples))
    #expect(same.train.normalisedMargin == nil && same.train.ratio == nil)
    #expect(same.bound.total >= 1)
    // Nothing is below anything.
    #expect(TransportFinding.all(base: same, tuned: same).filter(\.holds).count <= 2)
  }

  @Test func whatIsClaimed() {
    var tuned = account
    tuned.bound.total /= 2
    tuned.test.ratio = 0
    tuned.test.accuracy = 0.5
    tuned.gap = 0.5
    let findings = TransportFinding.all(base: account, tuned: tuned)
    func holds(_ words: String) -> Bool? { findings.first { $0.claim.contains(words) }?.holds }
    #expect(holds("tuning lowers k-variance") == true)
    #expect(holds("tuning lowers the bound") == true)
    #expect(holds("tuning lowers the generalisation gap") == false)
    #expect(holds("tuning lowers the held-out error") == false)
    #expect(TransportFinding.all(base: account, tuned: nil).count == 3)
  }
}
