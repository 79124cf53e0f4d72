import Foundation
import LinearAlgebra
import SeerAnalysis
import TestSupport
import Testing

struct SeparationFiguresTests {
  /// Written by Fixtures/Separation/make_figures.py.
  struct Golden: Decodable {
    var name: String
    var rDiff: Double
    var rSame: Double
    var rDiffRows: Double
    var rSameRows: Double
    var erank: Double
    var l1: Double
    var l2: Double
    var l1Pairwise: Double
    var l2Pairwise: Double
    var hausdorff: Double
    var halves: [[[Int]]]
    var kVariance: Double
    var wasserstein: Double
    var margin: Double
    var marginTrain: Double
    var second: [Float]
    var cka: Double
    var neighboursKept: Double
  }

  struct Pair {
    var entry: SeparationTests.Case
    var golden: Golden
    var states: Matrix {
      Matrix(rows: entry.rows, columns: entry.width, values: entry.states)
    }
    var folds: Folds {
      Folds(entry.folds.map { Folds.Fold(train: $0.train, test: $0.test) })
    }
    /// One coordinate of 400 leaves float32 states few digits for what tells rows apart.
    var tolerance: Double { entry.name.contains("norm") ? 5e-3 : 1e-4 }
  }

  static func pairs() throws -> [Pair] {
    let cases = try SeparationTests.cases()
    let goldens = try Fixtures.golden("Separation/figures.json", as: [Golden].self)
    #expect(goldens.map(\.name) == cases.map(\.name))
    return zip(cases, goldens).map { Pair(entry: $0, golden: $1) }
  }

  func expect(
    _ found: Double?, _ wanted: Double, _ tolerance: Double, _ what: String,
    location: SourceLocation = #_sourceLocation
  ) {
    let difference = abs((found ?? .infinity) - wanted)
    #expect(
      difference <= tolerance * max(1e-2, abs(wanted)),
      "\(what): \(String(describing: found)), wanted \(wanted)", sourceLocation: location)
  }

  @Test func codingRatesAndRankAreTheReference() throws {
    for pair in try Self.pairs() {
      let (golden, name) = (pair.golden, pair.entry.name)
      let wanted: [CodingRateScale: (Double, Double)] = [
        .unitColumns: (golden.rDiff, golden.rSame),
        .unitRows: (golden.rDiffRows, golden.rSameRows),
      ]
      for (scale, wanted) in wanted {
        for shares in [false, true] {
          let rates = CodingRates(pair.states, scale: scale, sharesProducts: shares)
          expect(try rates.all(), wanted.0, pair.tolerance, "\(name), \(scale), all")
          let same = try rates.same(
            labelings: [pair.entry.labels], concepts: pair.entry.concepts)
          expect(same[0], wanted.1, pair.tolerance, "\(name), \(scale), same")
        }
      }
      expect(try effectiveRank(pair.states), golden.erank, pair.tolerance, "\(name), erank")
    }
  }

  @Test func distancesAreTheReference() throws {
    for pair in try Self.pairs() {
      let (golden, name) = (pair.golden, pair.entry.name)
      // Few labelings look at every row, many walk along sorted distances.
      for copies in [1, 6] {
        let found = try ConceptDistances.measure(
          centred(pair.states), labelings: Array(repeating: pair.entry.labels, count: copies),
          concepts: pair.entry.concepts)
        for distances in found {
          expect(distances.l1, golden.l1, pair.tolerance, "\(name), L1")
          expect(distances.l2, golden.l2, pair.tolerance, "\(name), L2")
          let tolerance = golden.hausdorff == 0 ? 0.2 : pair.tolerance
          expect(distances.hausdorff, golden.hausdorff, tolerance, "\(name), Hausdorff")
        }
      }
    }
  }

  @Test func pairwiseDistancesAreTheReference() throws {
    for pair in try Self.pairs() {
      let (golden, name) = (pair.golden, pair.entry.name)
      let other = pair.entry.labels.map { (pair.entry.concepts - 1) - $0 }
      for found in try PairwiseDistances.measure(
        centred(pair.states), labelings: [pair.entry.labels, other],
        concepts: pair.entry.concepts)
      {
        expect(found.l1, golden.l1Pairwise, pair.tolerance, "\(name), L1, pairwise")
        expect(found.l2, golden.l2Pairwise, pair.tolerance, "\(name), L2, pairwise")
      }
    }
    let alone = try PairwiseDistances.measure(
      Matrix(rows: 2, columns: 1, values: [1, 2]), labelings: [[0, 0]], concepts: 1)
    #expect(alone.map(\.l1) == [nil] && alone.map(\.l2) == [nil])
  }

  @Test func transportIsTheReference() throws {
    for pair in try Self.pairs() {
      let sample = TransportSample(
        halves: pair.golden.halves.map { (first: $0[0], second: $0[1]) },
        size: pair.golden.halves[0][0].count)
      let found = try Transport.measure(CentredUnits(pair.states).rest, samples: [sample])[0]
      let name = pair.entry.name
      expect(found.kVariance, pair.golden.kVariance, 10 * pair.tolerance, "\(name), k-variance")
      expect(found.wasserstein, pair.golden.wasserstein, 10 * pair.tolerance, "\(name), W1")
    }
  }

  @Test func cosinesAndMarginsAreTheReference() throws {
    for pair in try Self.pairs() {
      let (entry, golden) = (pair.entry, pair.golden)
      let units = CentredUnits(pair.states)
      let cosines = CosineGeometry.measure(
        units, labelings: [entry.labels], concepts: entry.concepts)[0]
      let tolerance = 10 * pair.tolerance
      expect(cosines.silhouette, entry.silhouette, tolerance, "\(entry.name), silhouette")
      expect(cosines.angleBetween, entry.angleBetween, pair.tolerance, "\(entry.name), between")
      expect(cosines.angleWithin, entry.angleWithin, pair.tolerance, "\(entry.name), within")
      let found = try HeldOutPrototypes.measure(
        units, labelings: [entry.labels], concepts: entry.concepts, folds: pair.folds,
        trainMargins: true)[0]
      #expect(found.accuracy(entry.labels) == entry.nearestPrototype, "\(entry.name)")
      expect(median(found.margins), golden.margin, tolerance, "\(entry.name), margin")
      expect(median(found.trainMargins), golden.marginTrain, tolerance, "\(entry.name), train")
    }
  }

  /// Silhouette and angles by their definitions, pair by pair in Double.
  private func naive(
    _ states: Matrix, _ labels: [Int], _ concepts: Int
  ) -> (silhouette: Double?, angleBetween: Double?, angleWithin: Double?) {
    let units = (0..<states.rows).map { row -> [Double] in
      let values = states.values(row: row).map(Double.init)
      let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return values.map { length > 0 ? $0 / length : 0 }
    }
    func chord(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
    func degrees(_ a: [Double], _ b: [Double]) -> Double {
      2 * asin(min(1, chord(a, b) / 2)) * 180 / .pi
    }
    func rows(_ concept: Int) -> [Int] { labels.indices.filter { labels[$0] == concept } }
    let present = (0..<concepts).filter { !rows($0).isEmpty }
    let means = present.map { concept -> [Double] in
      let sum = rows(concept).reduce([Double](repeating: 0, count: states.columns)) {
        zip($0, units[$1]).map(+)
      }
      let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return sum.map { length > 0 ? $0 / length : 0 }
    }
    let silhouettes = labels.indices.map { row -> Double in
      func distance(_ concept: Int) -> Double {
        let others = rows(concept).filter { $0 != row }
        let sum = others.reduce(0) { $0 + pow(chord(units[row], units[$1]), 2) / 2 }
        return sum / Double(max(1, others.count))
      }
      guard rows(labels[row]).count > 1 else { return 0 }
      let inside = distance(labels[row])
      let outside = present.filter { $0 != labels[row] }.map(distance).min() ?? 0
      return max(inside, outside) > 1e-6 ? (outside - inside) / max(inside, outside) : 0
    }
    let pairs = means.indices.flatMap { a in (0..<a).map { degrees(means[a], means[$0]) } }
    let within = labels.indices.map { row in
      degrees(units[row], means[present.firstIndex(of: labels[row]) ?? 0])
    }
    func mean(_ values: [Double]) -> Double? {
      values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    return (present.count > 1 ? mean(silhouettes) : nil, mean(pairs), mean(within))
  }

  @Test func manyLabelingsAtOnceAreEachTheirOwn() throws {
    for pair in try Self.pairs() {
      let (entry, states) = (pair.entry, pair.states)
      let labelings = permutedLabelings(entry.labels, groups: nil, count: 7, seed: 4)
      #expect(labelings.allSatisfy { $0.sorted() == entry.labels.sorted() })
      let units = CentredUnits(states)
      let together = (
        CosineGeometry.measure(units, labelings: labelings, concepts: entry.concepts),
        try HeldOutPrototypes.measure(
          units, labelings: labelings, concepts: entry.concepts, folds: pair.folds),
        try ConceptDistances.measure(
          centred(states), labelings: labelings, concepts: entry.concepts)
      )
      for (index, labels) in labelings.enumerated() {
        let own = naive(states, labels, entry.concepts)
        let name = "\(entry.name), labeling \(index)"
        expect(together.0[index].silhouette, own.silhouette ?? 9, 10 * pair.tolerance, name)
        expect(together.0[index].angleBetween, own.angleBetween ?? 999, pair.tolerance, name)
        expect(together.0[index].angleWithin, own.angleWithin ?? 999, pair.tolerance, name)
        let judged = HeldOutPrototypes.measure(
          states, labels: labels, concepts: entry.concepts, folds: pair.folds, checkpoint: {})
        #expect(together.1[index].accuracy(labels) == judged.accuracy(labels), "\(name)")
        let alone = try ConceptDistances.measure(
          centred(states), labelings: [labels], concepts: entry.concepts)[0]
        expect(together.2[index].l2, alone.l2 ?? -1, 1e-5, name)
        expect(together.2[index].hausdorff, alone.hausdorff ?? -1, 1e-5, name)
      }
    }
  }

  @Test func alignmentAndNeighboursAreTheReference() throws {
    for pair in try Self.pairs() {
      let (states, golden) = (pair.states, pair.golden)
      let second = Matrix(rows: states.rows, columns: 5, values: golden.second)
      expect(linearCKA(states, second), golden.cka, 1e-4, "\(pair.entry.name), CKA")
      expect(linearCKA(second, states), golden.cka, 1e-4, "\(pair.entry.name), CKA back")
      // Exact duplicates are equally near: which of them are kept is anybody's choice.
      guard !pair.entry.name.contains("duplicates") else { continue }
      let lists = try [states, second].map { try Neighbours.exact($0, by: .cosine, k: 5) }
      let kept = lists[0].kept(in: lists[1])
      expect(kept, golden.neighboursKept, 0.02, "\(pair.entry.name), neighbours")
      let change = lists[0].change(of: 3, to: lists[1])
      #expect(Set(change.stayed + change.left) == Set(lists[0].indices(of: 3)))
      #expect(Set(change.stayed + change.joined) == Set(lists[1].indices(of: 3)))
    }
  }
}
