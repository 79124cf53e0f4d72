import LinearAlgebra
import SeerAnalysis
import Testing

struct HeldOutTests {
  @Test func marginsAgreeWithTheNearestPrototype() throws {
    var generator = SeededGenerator(seed: 5)
    let labels = (0..<60).map { $0 % 3 }
    let states = Matrix(rows: 60, columns: 5) { row, column in
      generator.normal() + (column == labels[row] ? 1 : 0)
    }
    let units = unitNormalised(states)
    let folds = Folds(prompts: labels.indices.map { "\($0)" }, splits: labels.map { _ in nil })
    let rows = HeldOutPrototypes.measure(
      states, labels: labels, concepts: 3, folds: folds, checkpoint: {})
    var right = 0
    for row in 0..<60 {
      let margin = try #require(rows.cosineMargins[row])
      #expect((margin > 0) == (rows.nearest[row] == labels[row]), "row \(row)")
      if rows.nearest[row] == labels[row] { right += 1 }
    }
    #expect(rows.accuracy(labels) == Double(right) / 60)
    // As prototypes made of a fold's training rows alone say, in Double.
    for fold in folds.folds {
      let prototypes = naive(units, labels, rows: fold.train)
      for row in fold.test {
        var cosines = prototypes.map { dot(units.row(row), $0, count: 5) }
        #expect(rows.nearest[row] == cosines.firstIndex(of: cosines.max() ?? 0))
        let own = cosines[labels[row]]
        cosines[labels[row]] = -2
        let margin = own - (cosines.max() ?? 0)
        #expect(abs((rows.cosineMargins[row] ?? 9) - margin) < 1e-6)
      }
    }
    #expect(right > 30 && right < 60, "the case tells right from wrong")
  }

  /// Each label's mean of unit vectors, scaled to length 1: the definition, in Double.
  private func naive(_ units: Matrix, _ labels: [Int], rows: [Int]) -> [[Double]] {
    (0..<3).map { concept in
      var sum = [Double](repeating: 0, count: units.columns)
      for row in rows where labels[row] == concept {
        for column in sum.indices { sum[column] += Double(units[row, column]) }
      }
      let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return length > 0 ? sum.map { $0 / length } : sum
    }
  }

  /// Directions, cosines and distances of one labeling are those of the definition, where states
  /// share most of their direction too; concept 3 has no rows.
  @Test(arguments: [0, 100] as [Float]) func prototypesAreTheDefinition(offset: Float) {
    var generator = SeededGenerator(seed: 6)
    let labels = (0..<80).map { $0 % 3 }
    let states = Matrix(rows: 80, columns: 7) { row, column in
      generator.normal() + (column == labels[row] ? 2 : 0) + (column == 6 ? offset : 0)
    }
    let units = unitNormalised(states)
    let teaching = Array(stride(from: 0, to: 80, by: 2))
    let wanted = naive(units, labels, rows: teaching)
    let prototypes = Prototypes(
      CentredUnits(states), labels: labels, concepts: 4, rows: teaching)
    #expect(prototypes.counts == [14, 13, 13, 0])
    #expect(prototypes.direction(3).allSatisfy { $0 == 0 })
    for concept in 0..<3 {
      for (found, value) in zip(prototypes.direction(concept), wanted[concept]) {
        #expect(abs(found - value) < 1e-6)
      }
      let furthest = (0..<3).map { other in
        zip(wanted[concept], wanted[other]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          .squareRoot()
      }.max()
      #expect(abs(prototypes.largestDistance(from: concept) - (furthest ?? 0)) < 1e-6)
    }
    #expect(prototypes.largestDistance(from: 3) == 0)
    for rows in [Array(0..<80), [79, 3, 3]] {
      for (row, cosines) in zip(rows, prototypes.cosines(of: rows)) {
        #expect(cosines.count == 4 && cosines[3] == -.infinity)
        for concept in 0..<3 {
          #expect(abs(cosines[concept] - dot(units.row(row), wanted[concept], count: 7)) < 1e-6)
        }
      }
    }
  }

  @Test func aConceptWithoutTrainingRowsHasNoMargin() {
    let states = Matrix(rows: 3, columns: 2, values: [1, 0, 0.9, 0.1, 0, 1])
    let folds = Folds(prompts: ["a", "b", "c"], splits: [.train, .train, .test])
    let rows = HeldOutPrototypes.measure(
      states, labels: [0, 0, 1], concepts: 2, folds: folds, checkpoint: {})
    #expect(rows.nearest == [nil, nil, 0] && rows.cosineMargins == [nil, nil, nil])
  }
}
