import LinearAlgebra
import SeerAnalysis
import SeerMonitor
import SeerStudies
import Testing

struct ClassifierTests {
  /// Three concepts around the corners of a triangle, and a seeded scatter.
  static func states(_ rows: Int, scatter: Float, seed: UInt64) -> Matrix {
    var random = SeededGenerator(seed: seed)
    return Matrix(rows: rows, columns: 8) { row, column in
      (row % 3 == column ? 4 : 1) + scatter * random.normal()
    }
  }

  static func labels(_ rows: Int) -> [Int] { (0..<rows).map { $0 % 3 } }

  static func input(_ train: Matrix, _ test: Matrix) throws -> ClassifierInput {
    let folds = Folds(
      prompts: (0..<train.rows).map { "\($0)" }, splits: Array(repeating: nil, count: train.rows))
    return try ClassifierInput(train: train, test: test, folds: folds)
  }

  @Test(arguments: Classifier.allCases)
  func tellsConceptsThatStandApart(classifier: Classifier) throws {
    let input = try Self.input(
      Self.states(60, scatter: 0.3, seed: 1), Self.states(30, scatter: 0.3, seed: 2))
    let predictions = try input.predictions(classifier, labels: Self.labels(60), concepts: 3)
    // The monitor calls one row in twenty unknown.
    let least = classifier == .monitor ? 25 : 28
    #expect(zip(predictions.concepts, Self.labels(30)).count { $0 == $1 } >= least)
    #expect(zip(predictions.concepts, Self.labels(30)).count { $0 != nil && $0 != $1 } <= 2)
    #expect(predictions.scores.count == 30 && predictions.scores.allSatisfy { $0.count == 3 })
    if predictions.areProbabilities {
      #expect(predictions.scores.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-5 })
    }
  }

  @Test(arguments: Classifier.allCases)
  func learnsNothingFromShuffledLabels(classifier: Classifier) throws {
    // Clusters that stand apart would all go to one concept or another; a cloud shows the mean.
    let input = try Self.input(
      Self.states(90, scatter: 9, seed: 1), Self.states(90, scatter: 9, seed: 2))
    var random = SeededGenerator(seed: 3)
    var right = 0
    for _ in 0..<10 {
      let predictions = try input.predictions(
        classifier, labels: Self.labels(90).shuffled(using: &random), concepts: 3)
      right += zip(predictions.concepts, Self.labels(90)).count { $0 == $1 }
    }
    #expect(abs(Double(right) / 900 - 1.0 / 3) < 0.15)
  }

  /// The confidence that is judged belongs to what was predicted: of equal votes the nearer one's.
  @Test func calibrationIsOfThePrediction() throws {
    let predictions = Predictions(
      concepts: [1, 0, nil], scores: [[0.5, 0.5], [0.25, 0.75], [0.125, 0.875]],
      areProbabilities: true)
    let found = try #require(predictions.reliability([1, 1, 1]))
    // 0.5 and right, 0.25 and wrong; unknown stands for the likeliest, 0.875 and right.
    #expect(abs(found.brier - (0.25 + 0.0625 + 0.015625) / 3) < 1e-12)
    #expect(abs(found.expectedError - (0.5 + 0.25 + 0.125) / 3) < 1e-12)
    var scores = predictions
    scores.areProbabilities = false
    #expect(scores.reliability([1, 1, 1]) == nil)
  }

  /// Ties among the nearest are parted by who is nearer, and so is what calibration judges.
  @Test func tiesOfNeighbours() throws {
    // Five rows of each concept around the test row, those of concept 1 a little nearer.
    let train = Matrix(rows: 10, columns: 2) { row, column in
      column == 0 ? 1 : (row < 5 ? 0.2 : 0.1) + Float(row) * 0.001
    }
    let test = Matrix(rows: 1, columns: 2) { _, column in column == 0 ? 1 : 0 }
    let predictions = try Self.input(train, test).predictions(
      .nearestNeighbours, labels: (0..<10).map { $0 < 5 ? 0 : 1 }, concepts: 2)
    #expect(predictions.concepts == [1] && predictions.scores == [[0.5, 0.5]])
    let found = try #require(predictions.reliability([1]))
    // Right with a confidence of one half; judged by the first of equal scores it would be wrong.
    #expect(found.bins[4].accuracy == 1 && found.bins[4].confidence == 0.5)
  }

  /// What the monitor says as a classifier is what it says of a run's rows.
  @Test func theMonitorIsTheOneThatScores() throws {
    let (train, test) = (
      Self.states(60, scatter: 2, seed: 1), Self.states(30, scatter: 2, seed: 2)
    )
    let folds = Folds(
      prompts: (0..<60).map { "\($0)" }, splits: Array(repeating: nil, count: 60), seed: 4)
    let monitor = try Monitor(
      train, labels: Self.labels(60), concepts: ["a", "b", "c"], folds: folds, layer: 3)
    let predictions = try ClassifierInput(train: train, test: test, folds: folds).predictions(
      .monitor, labels: Self.labels(60), concepts: 3)
    for (row, scores) in monitor.score(test).enumerated() {
      #expect(predictions.scores[row] == scores.scores.map(Double.init))
      #expect(predictions.concepts[row] == (scores.isUnknown ? nil : scores.best))
    }
    // A concept that no row teaches has no score.
    let other = try ClassifierInput(train: train, test: test, folds: folds).predictions(
      .monitor, labels: Self.labels(60).map { $0 == 1 ? 2 : $0 }, concepts: 3)
    #expect(other.scores.allSatisfy { $0[1] == 0 } && !other.concepts.contains(1))
  }

  @Test func theNearerOneWinsEqualVotes() {
    let (shares, winner) = votes([2, 0, 1, 3], labels: [0, 0, 1, 1], concepts: 3)
    #expect(shares == [0.5, 0.5, 0] && winner == 1)
    #expect(votes([], labels: [], concepts: 2).winner == nil)
  }
}
