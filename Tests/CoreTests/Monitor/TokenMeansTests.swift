import Foundation
import LinearAlgebra
import SeerMonitor
import SeerSupport
import TestModels
import TestSupport
import Testing

/// Tokens' scores are means along their turn.
struct TokenMeansTests {
  private func averaged(
    _ halfLife: Double, reader: MonitorReader = .probe
  ) throws -> (AveragedRun, Monitor, Matrix) {
    let halves = try AveragedRun(RunFixture(rows: 30), reader: reader, halfLife: halfLife)
    var generator = SeededGenerator(seed: 11)
    let monitor = try halves.monitor()
    let states = Matrix(rows: 70, columns: monitor.width) { _, column in
      generator.normal() + (column == 3 ? 8 : 0)
    }
    return (halves, monitor, states)
  }

  @Test(arguments: [0.5, 1, 2, 8], [MonitorReader.prototype, .probe])
  func scoresAreThoseOfTheMeans(halfLife: Double, reader: MonitorReader) throws {
    let (halves, monitor, states) = try averaged(halfLife, reader: reader)
    // Two turns that follow each other, the text's first token in one of them, and words of nobody's.
    let turns = [0..<20, 20..<41, 45..<70]
    let scored = monitor.score(states, starts: turnStarts(turns, of: 70))
    let places = (0..<70).map { token in turns.firstIndex { $0.contains(token) } ?? -1 }
    let wanted = try halves.scores(states, turns: places)
    #expect(largestDistance(scored.map(\.scores), wanted) < 1e-5)
    let alone = monitor.score(states)
    for token in [0, 1, 20, 41, 42, 43, 44, 45] { #expect(scored[token] == alone[token]) }
    #expect(scored[2] != alone[2])
    for (token, scores) in scored.enumerated() {
      #expect(scores.scores[scores.best] == scores.scores.max())
      // The cosine is the token's own state's.
      let logit = monitor.logit(scores.best, of: states.row(token)).value
      #expect(abs(Double(scores.cosine) - logit * Double(monitor.cosineTemperature)) < 1e-4)
      guard reader == .probe else { continue }
      #expect(
        scores.isUnknown == (scores.scores[scores.best] < monitor.calibration.unknownBelow))
    }
  }

  /// A prototype is as sure as the mean cosine is large.
  @Test func unknownIsAsTheMeanIs() throws {
    let (halves, monitor, states) = try averaged(4, reader: .prototype)
    let scored = monitor.score(states, starts: turnStarts([0..<70], of: 70))
    var means: [Float] = []
    for token in 1..<70 {
      let best = scored[token].best
      var (sum, total) = (0.0, 0.0)
      for other in 1...token {
        let weight = pow(0.5, Double(token - other) / halves.halfLife)
        let cosine =
          monitor.logit(best, of: states.row(other)).value * Double(monitor.cosineTemperature)
        sum += weight * cosine
        total += weight
      }
      means.append(Float(sum / total))
      #expect(scored[token].isUnknown == (means[token - 1] < monitor.calibration.unknownBelow))
    }
    #expect(Set(scored.map(\.isUnknown)).count == 2)
  }

  /// Piece by piece, with some taken back, as all at once: the same bits.
  @Test func piecesGoOnFromWhatIsKnown() throws {
    let (_, monitor, states) = try averaged(2)
    let starts = turnStarts([3..<30, 30..<64], of: 70)
    let whole = monitor.score(states, starts: starts)
    var means = TokenMeans()
    var scores: [ConceptScores] = []
    for (kept, end) in [(0, 5), (5, 6), (2, 31), (29, 64), (64, 64), (40, 70)] {
      means.keep(first: kept)
      scores.removeLast(scores.count - kept)
      scores += monitor.score(
        states, rows: kept..<end, starts: Array(starts[kept..<end]), after: &means)
      #expect(scores == Array(whole[..<end]) && means.count == end)
    }
    #expect(means.prefix(of: starts) == 70)
    #expect(means.prefix(of: turnStarts([3..<64], of: 70)) == 30)
    #expect(means.prefix(of: []) == 0)
  }

  @Test func whereTurnsStart() {
    #expect(turnStarts([], of: 3) == [0, 1, 2])
    #expect(turnStarts([0..<1], of: 1) == [0])
    #expect(turnStarts([0..<3, 4..<7], of: 8) == [0, 1, 1, 3, 4, 4, 4, 7])
    // A token of two turns begins the later; an answer that is being read may not be there yet.
    #expect(turnStarts([1..<4, 3..<9], of: 6) == [0, 1, 1, 3, 3, 3])
  }
}
