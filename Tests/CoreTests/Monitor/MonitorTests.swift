import LinearAlgebra
import SeerAnalysis
import SeerMonitor
import TestSupport
import Testing

/// What the monitor promises where there is little or nothing to learn from.
struct MonitorTests {
  static let none = Folds([])

  /// Two concepts along two coordinates, 10 rows each.
  func states() -> Matrix {
    var generator = SeededGenerator(seed: 3)
    return Matrix(rows: 20, columns: 6) { row, column in
      (column == row % 2 ? 2 : 0) + 0.1 * generator.normal() + 1
    }
  }

  let labels: [Int?] = (0..<20).map { $0 % 2 }

  @Test func nothingHeldOutIsNoted() throws {
    let monitor = try Monitor(
      states(), labels: labels, concepts: ["a", "b"], folds: Self.none, layer: 0)
    #expect(monitor.notes.contains { $0.contains("No row is held out") })
    #expect(monitor.calibration.accuracy == 1)
  }

  @Test func oneConcept() throws {
    let monitor = try Monitor(
      states(), labels: labels.map { _ in 0 }, concepts: ["a"], folds: Self.none, layer: 0)
    let scores = monitor.score(states())
    #expect(scores.allSatisfy { $0.scores == [1] && $0.best == 0 })
  }

  @Test func aConceptWithoutTrainingRowsIsLeftOut() throws {
    let folds = Folds([Folds.Fold(train: Array(0..<10), test: Array(10..<20))])
    var labels = labels
    for row in 10..<20 where row % 2 == 1 { labels[row] = 2 }
    let monitor = try Monitor(
      states(), labels: labels, concepts: ["a", "b", "c"], folds: folds, layer: 0)
    #expect(monitor.concepts == ["a", "b"])
    #expect(monitor.notes == ["No training row has the concept `c`: it is not scored."])
    #expect(monitor.calibration.rows == 5)
  }

  @Test func rowsWithoutConceptsAreNoTeachers() throws {
    var labels = labels
    labels[0] = nil
    labels[13] = nil
    let folds = Folds([Folds.Fold(train: Array(0..<10), test: Array(10..<20))])
    let monitor = try Monitor(
      states(), labels: labels, concepts: ["a", "b"], folds: folds, layer: 0)
    #expect(monitor.calibration.rows == 9)
    let failure = thrownFailure {
      _ = try Monitor(
        states(), labels: labels.map { _ in nil }, concepts: ["a"], folds: folds, layer: 0)
    }
    #expect(failure?.kind == .badData)
  }

  @Test func statesThatAreNoneAreUnknown() throws {
    let monitor = try Monitor(
      states(), labels: labels, concepts: ["a", "b"], folds: Self.none, layer: 0)
    for value in [Float.nan, .infinity] {
      let scores = monitor.score(
        Matrix(rows: 1, columns: 6) { _, column in column == 2 ? value : 1 })
      #expect(scores[0].scores.allSatisfy { $0.isFinite })
      #expect(monitor.top(scores[0]) == "unknown")
    }
  }

  @Test func aStateFarFromEveryConceptIsUnknown() throws {
    let monitor = try Monitor(
      states(), labels: labels, concepts: ["a", "b"], folds: Self.none, layer: 0)
    // All of it in a coordinate that no concept uses.
    let far = monitor.score(Matrix(rows: 1, columns: 6) { _, column in column == 5 ? 9 : 0 })[0]
    #expect(far.isUnknown && far.cosine < monitor.unknownBelow)
    let near = monitor.score(Matrix(rows: 1, columns: 6) { _, column in column == 0 ? 3 : 1 })[0]
    #expect(monitor.top(near) == "a")
  }

  @Test func theScoresDoNotDependOnAStatesLength() throws {
    let monitor = try Monitor(
      states(), labels: labels, concepts: ["a", "b"], folds: Self.none, layer: 0)
    let one = monitor.score(states())
    let states = states()
    let ten = monitor.score(Matrix(rows: 20, columns: 6) { states[$0, $1] * 10 })
    for (a, b) in zip(one, ten) {
      for (x, y) in zip(a.scores, b.scores) { #expect(abs(x - y) < 1e-5) }
    }
  }

  @Test func quantiles() {
    let values: [Float] = [1, 2, 3, 4, 5]
    #expect(quantile(0, ofSorted: values) == 1 && quantile(1, ofSorted: values) == 5)
    #expect(quantile(0.625, ofSorted: values) == 3.5)
  }
}
