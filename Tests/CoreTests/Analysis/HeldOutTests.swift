import LinearAlgebra
import SeerAnalysis
import Testing

struct HeldOutTests {
  @Test func marginsAgreeWithTheNearestPrototype() {
    var generator = SeededGenerator(seed: 5)
    let labels = (0..<60).map { $0 % 3 }
    let states = Matrix(rows: 60, columns: 5) { row, column in
      generator.normal() + (column == labels[row] ? 1 : 0)
    }
    let units = unitNormalised(states)
    let folds = Folds(prompts: labels.indices.map { "\($0)" }, splits: labels.map { _ in nil })
    let rows = heldOutPrototypes(units: units, labels: labels, concepts: 3, folds: folds)
    var right = 0
    for (row, judged) in rows.enumerated() {
      #expect(judged.nearest != nil && judged.margin.isFinite)
      #expect((judged.margin > 0) == (judged.nearest == labels[row]), "row \(row)")
      if judged.nearest == labels[row] { right += 1 }
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
    let units = unitNormalised(Matrix(rows: 3, columns: 2, values: [1, 0, 0.9, 0.1, 0, 1]))
    let folds = Folds(prompts: ["a", "b", "c"], splits: [.train, .train, .test])
    let rows = heldOutPrototypes(units: units, labels: [0, 0, 1], concepts: 2, folds: folds)
    #expect(rows[2].nearest == 0 && rows[2].margin.isNaN)
    #expect(rows[0].nearest == nil && rows[0].margin.isNaN)
  }
}
