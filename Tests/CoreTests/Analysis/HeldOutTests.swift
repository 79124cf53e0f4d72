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
      let prototypes = Prototypes(units: units, labels: labels, concepts: 3, rows: fold.train)
      var cosines = [0.0, 0, 0]
      for row in fold.test {
        prototypes.cosines(to: units.row(row), into: &cosines)
        #expect(rows.nearest[row] == prototypes.nearest(to: units.row(row)))
        let own = cosines[labels[row]]
        cosines[labels[row]] = -2
        let margin = own - (cosines.max() ?? 0)
        #expect(abs((rows.cosineMargins[row] ?? 9) - margin) < 1e-6)
      }
    }
    #expect(right > 30 && right < 60, "the case tells right from wrong")
    let prototypes = Prototypes(units: units, labels: labels, concepts: 3)
    var cosines = [Double](repeating: 0, count: 3)
    for row in 0..<60 {
      prototypes.cosines(to: units.row(row), into: &cosines)
      #expect(prototypes.nearest(to: units.row(row)) == cosines.firstIndex(of: cosines.max() ?? 0))
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
