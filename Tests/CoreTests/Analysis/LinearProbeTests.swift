import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerSupport
import TestSupport
import Testing

struct LinearProbeTests {
  /// Written by Fixtures/Separation/make_probe.py.
  struct Golden: Decodable {
    var name: String
    var strength: Double
    /// Probabilities of each fold's test rows.
    var folds: [[[Float]]]
  }

  @Test func probabilitiesAreTheReference() throws {
    let cases = try SeparationTests.cases()
    let goldens = try Fixtures.golden("Separation/probe.json", as: [Golden].self)
    #expect(goldens.count == 12)
    for golden in goldens {
      let entry = try #require(cases.first { $0.name == golden.name })
      let states = Matrix(rows: entry.rows, columns: entry.width, values: entry.states)
      let folds = Folds(entry.folds.map { Folds.Fold(train: $0.train, test: $0.test) })
      let heldOut = try heldOutLinearProbe(
        states, labels: entry.labels, concepts: entry.concepts, folds: folds,
        strength: golden.strength)
      for (fold, wanted) in zip(folds.folds, golden.folds) {
        let probe = try LinearProbe.fit(
          states, labels: entry.labels, concepts: entry.concepts, rows: fold.train,
          strength: golden.strength)
        let test = states.selecting(rows: fold.test)
        let found = probe.probabilities(test)
        for (row, wanted) in wanted.enumerated() {
          let place = "\(golden.name), strength \(golden.strength), row \(fold.test[row])"
          for concept in 0..<entry.concepts {
            #expect(abs(found[row, concept] - wanted[concept]) < 1e-3, "\(place)")
          }
          let sorted = wanted.sorted(by: >)
          guard sorted[0] - sorted[1] > 2e-3 else { continue }
          let best = wanted.firstIndex(of: sorted[0])
          #expect(probe.predict(test)[row] == best, "\(place)")
          #expect(heldOut[fold.test[row]] == best, "\(place)")
        }
      }
    }
  }

  @Test func manyLabelingsAtOnceAreEachTheirOwn() throws {
    let entry = try #require(try SeparationTests.cases().first)
    let states = Matrix(rows: entry.rows, columns: entry.width, values: entry.states)
    let folds = Folds(entry.folds.map { Folds.Fold(train: $0.train, test: $0.test) })
    var random = SeededGenerator(seed: 3)
    let labelings = (0..<7).map { _ in
      random.permutation(entry.rows).map { entry.labels[$0] }
    }
    let together = try heldOutLinearProbes(
      ProbeFeatures(states), labelings: labelings, concepts: entry.concepts, folds: folds,
      strengths: [10])
    for (labels, found) in zip(labelings, together) {
      let alone = try heldOutLinearProbe(
        states, labels: labels, concepts: entry.concepts, folds: folds, strength: 10)
      #expect(found == alone)
    }
  }

  @Test func theChosenStrengthSuitsTheData() throws {
    // Ten rows of a hundred noisy columns: only a strong penalty can help; a clean column: any.
    var random = SeededGenerator(seed: 1)
    let labels = (0..<40).map { $0 % 2 }
    let clean = Matrix(rows: 40, columns: 5) { row, column in
      column == 0 ? Float(labels[row]) * 9 + random.normal() : random.normal()
    }
    let folds = Folds(prompts: (0..<40).map(String.init), splits: labels.map { _ in nil })
    let chosen = try LinearProbe.chosenStrength(
      ProbeFeatures(clean), labels: labels, concepts: 2, folds: folds, strengths: [0.01, 1, 1e9])
    #expect(chosen == 1)
    let heldOut = try heldOutLinearProbe(
      clean, labels: labels, concepts: 2, folds: folds, strength: chosen)
    #expect(zip(heldOut, labels).filter { $0 == $1 }.count >= 38)
  }

  @Test func whatCannotBeFittedBreaksNothing() throws {
    let states = Matrix(rows: 4, columns: 3)
    // Constant columns, a concept that is never taught, a fold without training rows.
    let folds = Folds([.init(train: [0, 1], test: [2, 3]), .init(train: [], test: [1])])
    let found = try heldOutLinearProbe(states, labels: [0, 1, 2, 0], concepts: 3, folds: folds)
    #expect(found == [nil, nil, 0, 0])
    let probe = try LinearProbe.fit(states, labels: [0, 0, 1, 1], concepts: 3)
    #expect(probe.probabilities(states).values(row: 0)[2] == 0)
    #expect(abs(probe.probabilities(states).values(row: 0)[1] - 0.5) < 1e-6)
    let empty = try LinearProbe.fit(Matrix(rows: 0, columns: 3), labels: [], concepts: 2)
    #expect(empty.predict(Matrix(rows: 0, columns: 3)) == [])
  }

  @Test func cancellationStopsAFit() {
    let states = Matrix(rows: 4, columns: 2) { Float($0 * 2 + $1) }
    #expect(throws: Cancelled.self) {
      try LinearProbe.fit(states, labels: [0, 1, 0, 1], concepts: 2) { throw Cancelled() }
    }
  }
}

/// Of one labeling and strength.
private func heldOutLinearProbe(
  _ states: Matrix, labels: [Int], concepts: Int, folds: Folds,
  strength: Double = LinearProbe.standardStrength
) throws -> [Int?] {
  try heldOutLinearProbes(
    ProbeFeatures(states), labelings: [labels], concepts: concepts, folds: folds,
    strengths: [strength])[0]
}
