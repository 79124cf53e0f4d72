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

  private struct Figures: Equatable {
    var nearestPrototype: Double?
    var silhouette: Double?
    var angleBetween: Double?
    var angleWithin: Double?
  }

  private func figures(
    _ states: Matrix, _ labels: [Int], _ concepts: Int, _ folds: Folds
  ) throws -> Figures {
    let found = try CosineSeparation(
      LayerSample(states: states, labels: labels, concepts: concepts, folds: folds)
    ).figures
    return Figures(
      nearestPrototype: found[.nearestPrototype].value, silhouette: found[.silhouette].value,
      angleBetween: found[.angleBetween].value, angleWithin: found[.angleWithin].value)
  }

  @Test func figuresAreTheReference() throws {
    let cases = try Self.cases()
    #expect(cases.count == 6)
    for entry in cases {
      let states = Matrix(rows: entry.rows, columns: entry.width, values: entry.states)
      let found = try figures(
        states, entry.labels, entry.concepts,
        Folds(entry.folds.map { Folds.Fold(train: $0.train, test: $0.test) }))
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
    let a = try figures(states, entry.labels, entry.concepts, folds)
    let b = try figures(scaled, entry.labels, entry.concepts, folds)
    #expect(a == b)
  }

  @Test func equalRowsAreNotSeparate() throws {
    let states = Matrix(rows: 40, columns: 576) { _, column in Float(column % 17) - 3.3 }
    let found = try figures(
      states, (0..<40).map { $0 % 2 }, 2,
      Folds([.init(train: Array(0..<20), test: Array(20..<40))]))
    #expect(found.silhouette == 0)
    #expect((found.angleBetween ?? 1) < 1e-4 && (found.angleWithin ?? 1) < 1e-4)
    #expect(found.nearestPrototype == 0.5)
  }

  @Test func whatCannotBeMeasuredIsNil() throws {
    let states = Matrix(rows: 3, columns: 2, values: [1, 0, 0, 1, 0, 0])
    let one = try figures(states, [0, 0, 0], 1, Folds([]))
    #expect(one.nearestPrototype == nil && one.silhouette == nil && one.angleBetween == nil)
    #expect(one.angleWithin?.isFinite == true)
    let none = try figures(Matrix(rows: 0, columns: 2), [], 0, Folds([]))
    #expect(none == (try figures(Matrix(rows: 0, columns: 0), [], 3, Folds([]))))
    #expect(none.angleWithin == nil)
    // A concept without train rows is never the nearest; a row of zeros breaks nothing.
    let two = try figures(
      states, [0, 1, 1], 3, Folds([.init(train: [0], test: [1, 2])]))
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
