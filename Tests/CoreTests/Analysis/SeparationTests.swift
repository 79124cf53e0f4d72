import Foundation
import LinearAlgebra
import SeerAnalysis
import TestSupport
import Testing

struct SeparationTests {
  /// Written by Fixtures/Concepts/separation.py.
  struct Case: Decodable {
    struct Fold: Decodable {
      var train: [Int]
      var test: [Int]
    }
    var name: String
    var rows: Int
    var width: Int
    var concepts: Int
    var states: [Float]
    var labels: [Int]
    var folds: [Fold]
    var nearestPrototype: Double
    var silhouette: Double
    var angleBetween: Double
    var angleWithin: Double
  }

  static func cases() throws -> [Case] { try Fixtures.golden("Concepts/separation.json") }

  @Test func figuresAreTheReference() throws {
    let cases = try Self.cases()
    #expect(cases.count == 6)
    for entry in cases {
      let states = Matrix(rows: entry.rows, columns: entry.width, values: entry.states)
      let found = Separation(
        of: states, labels: entry.labels, concepts: entry.concepts,
        folds: Folds(entry.folds.map { Folds.Fold(train: $0.train, test: $0.test) }))
      #expect(found.nearestPrototype == entry.nearestPrototype, "\(entry.name)")
      // float32 states at 400 times their differences leave four figures.
      let tolerance = entry.name.contains("norm") ? 2e-3 : 2e-6
      #expect(abs((found.silhouette ?? 9) - entry.silhouette) < tolerance, "\(entry.name)")
      #expect(abs((found.angleBetween ?? 999) - entry.angleBetween) < 2e-5, "\(entry.name)")
      #expect(abs((found.angleWithin ?? 999) - entry.angleWithin) < 2e-5, "\(entry.name)")
    }
  }

  @Test func theScaleOfARowDoesNotMatter() throws {
    let entry = try #require(try Self.cases().first)
    let states = Matrix(rows: entry.rows, columns: entry.width, values: entry.states)
    let scaled = Matrix(rows: entry.rows, columns: entry.width) {
      states[$0, $1] * Float(1 << ($0 % 7))
    }
    let folds = Folds(
      prompts: (0..<entry.rows).map(String.init), splits: entry.labels.map { _ in nil })
    let a = Separation(of: states, labels: entry.labels, concepts: entry.concepts, folds: folds)
    let b = Separation(of: scaled, labels: entry.labels, concepts: entry.concepts, folds: folds)
    #expect(a == b)
  }

  @Test func equalRowsAreNotSeparate() {
    let states = Matrix(rows: 40, columns: 576) { _, column in Float(column % 17) - 3.3 }
    let found = Separation(
      of: states, labels: (0..<40).map { $0 % 2 }, concepts: 2,
      folds: Folds([.init(train: Array(0..<20), test: Array(20..<40))]))
    #expect(found.silhouette == 0)
    #expect((found.angleBetween ?? 1) < 1e-4 && (found.angleWithin ?? 1) < 1e-4)
    #expect(found.nearestPrototype == 0.5)
  }

  @Test func whatCannotBeMeasuredIsNil() {
    let states = Matrix(rows: 3, columns: 2, values: [1, 0, 0, 1, 0, 0])
    let one = Separation(of: states, labels: [0, 0, 0], concepts: 1, folds: Folds([]))
    #expect(one.nearestPrototype == nil && one.silhouette == nil && one.angleBetween == nil)
    #expect(one.angleWithin?.isFinite == true)
    let none = Separation(
      of: Matrix(rows: 0, columns: 2), labels: [], concepts: 0, folds: Folds([]))
    #expect(
      none == Separation(of: Matrix(rows: 0, columns: 0), labels: [], concepts: 3, folds: Folds([]))
    )
    #expect(none.angleWithin == nil)
    // A concept without train rows is never the nearest; a row of zeros breaks nothing.
    let two = Separation(
      of: states, labels: [0, 1, 1], concepts: 3, folds: Folds([.init(train: [0], test: [1, 2])]))
    #expect(two.nearestPrototype == 0)
    #expect(two.silhouette?.isFinite == true && two.angleWithin?.isFinite == true)
  }

  @Test func labelsArePlacesInTheSortedConcepts() throws {
    let set = try conceptSet(
      "prompt,value\na,z\nb,\u{C5}\nc,\u{212B}\nd,\n", requiresConcepts: false)
    #expect(set.concepts.count == 3)
    #expect(set.labels == [0, 1, 2, nil])
  }
}
