import Foundation
import LinearAlgebra
import SeerMonitor
import Testing

/// What a turn's tokens are together.
struct SequenceScoreTests {
  /// One concept against the rest.
  func tokens(_ values: [Float]) -> [[Float]] { values.map { [$0, 1 - $0] } }

  func scores(_ values: [Float]) -> SequenceScores {
    SequenceScores(mean: [0.25, 0.75], tokens: tokens(values))
  }

  @Test func aSingleTokenIsEveryKindButTheMeans() {
    let scores = scores([0.5])
    #expect(scores[.mean] == [0.25, 0.75])
    for kind in [SequenceScore.exponential, .window, .last] { #expect(scores[kind] == [0.5, 0.5]) }
  }

  /// After a step from 0 to 1, half a half life's distance is left at each half life.
  @Test func theExponentialMeanForgetsByHalves() {
    for halves in 1...3 {
      let value = scores([0] + [Float](repeating: 1, count: 8 * halves))[.exponential]
      let left = Float(pow(0.5, Double(halves)))
      #expect(abs(value[0] - (1 - left)) < 1e-5 && abs(value[1] - left) < 1e-5)
    }
  }

  @Test func theWindowFindsTheHighestStretch() {
    var values = [Float](repeating: 0.1, count: 40)
    for place in 17..<25 { values[place] = 0.9 }
    let window = scores(values)[.window]
    #expect(abs(window[0] - 0.9) < 1e-6)
    // The other concept's own highest stretch is elsewhere.
    #expect(abs(window[1] - 0.9) < 1e-6)
    #expect(abs(scores([0.2, 0.4])[.window][0] - 0.3) < 1e-6)
  }

  /// The sums that move along are those taken anew.
  @Test func theWindowIsTheLargestOfAllMeans() {
    var generator = SeededGenerator(seed: 5)
    let values = (0..<100).map { _ in Float(generator.next() % 1000) / 1000 }
    let wanted = (0...100 - 8).map { values[$0..<$0 + 8].reduce(0, +) / 8 }.max() ?? 0
    #expect(abs(scores(values)[.window][0] - wanted) < 1e-5)
    #expect(scores(values)[.last][0] == values[99])
  }
}
