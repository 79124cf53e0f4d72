import LinearAlgebra
import SeerAnalysis
import TestSupport
import Testing

struct ShrinkageDiscriminantTests {
  /// Written by Fixtures/Separation/make_discriminant.py.
  struct Golden: Decodable {
    var states: [[Float]]
    var labels: [Int]
    var concepts: Int
    var shrinkage: Double
    var probes: [[Float]]
    /// Less their mean: only differences count.
    var logits: [[Double]]
  }

  @Test(arguments: 0..<4)
  func logitsAreTheReference(index: Int) throws {
    let golden = try Fixtures.golden("Separation/discriminant.json", as: [Golden].self)[index]
    let fit = try ShrinkageDiscriminant(
      matrix(golden.states), labels: golden.labels, concepts: golden.concepts)
    let reading = fit.reading(shrinkage: golden.shrinkage)
    let probes = matrix(golden.probes)
    let logits = reading.logits(probes)
    var alone = [Float](repeating: 0, count: golden.concepts)
    for (row, wanted) in golden.logits.enumerated() {
      let values = logits.values(row: row)
      let mean = values.reduce(0, +) / Float(values.count)
      let scale = wanted.map(abs).max() ?? 1
      for (concept, value) in wanted.enumerated() {
        #expect(abs(Double(values[concept] - mean) - value) < 1e-4 * max(1, scale))
      }
      withExtendedLifetime(probes) { reading.logits(of: probes.row(row), into: &alone) }
      for (x, y) in zip(alone, values) { #expect(abs(x - y) < 1e-3) }
    }
  }

  /// Two concepts apart in one coordinate, beside one of noise that is a hundred times as wide.
  private func noisy() -> (states: Matrix, labels: [Int]) {
    var generator = SeededGenerator(seed: 2)
    let labels = (0..<200).map { $0 % 2 }
    let states = Matrix(rows: 200, columns: 3) { row, column in
      switch column {
      case 0: Float(labels[row]) + 0.1 * generator.normal()
      case 1: 100 * generator.normal()
      default: generator.normal()
      }
    }
    return (states, labels)
  }

  /// What tells concepts apart is found beside what varies most, which shrinking wholly hides.
  @Test func theShrinkageIsChosenByFolds() throws {
    let (states, labels) = noisy()
    let folds = Folds(prompts: labels.indices.map { "\($0)" }, splits: labels.map { _ in nil })
    let chosen = try ShrinkageDiscriminant.chosenShrinkage(
      states, labels: labels, concepts: 2, folds: folds, shrinkages: [1e-6, 1])
    #expect(chosen == 1e-6)
    // Of two that are right as often the larger is taken.
    let same = try ShrinkageDiscriminant.chosenShrinkage(
      states, labels: labels, concepts: 2, folds: folds, shrinkages: [1e-7, 1e-6])
    #expect(same == 1e-6)
  }

  @Test func aConceptWithoutRowsIsInTheMiddle() throws {
    let (states, labels) = noisy()
    let reading = try ShrinkageDiscriminant(states, labels: labels, concepts: 3).reading(
      shrinkage: 0.1)
    #expect(reading.weights.values(row: 2).allSatisfy { abs($0) < 1e-6 })
    #expect(abs(reading.intercepts[2]) < 1e-6)
  }

  private func matrix(_ rows: [[Float]]) -> Matrix {
    Matrix(rows: rows.count, columns: rows[0].count, values: rows.flatMap { $0 })
  }
}
