import CKernels
import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerProjection
import TestSupport
import Testing

/// What umap-learn and pacmap compute before they draw (make_umap.py).
struct UMAPGolden: Decodable {
  struct Set: Decodable {
    let neighbours: Int
    let entries: [[Double]]
  }
  struct Pairs: Decodable {
    let neighbours: Int
    let partners: [Int]
  }
  let columns: Int
  let matrix: [Float]
  let sets: [Set]
  let curves: [[Double]]
  let pairs: [Pairs]
  let weights: [[Double]]

  static func read() throws -> UMAPGolden { try fixture("umap.json", as: UMAPGolden.self) }

  var input: Matrix { Matrix(rows: matrix.count / columns, columns: columns, values: matrix) }
}

struct UMAPTests {
  let golden: UMAPGolden

  init() throws { golden = try UMAPGolden.read() }

  @Test func theFuzzySetIsTheReferences() throws {
    let input = golden.input
    for expected in golden.sets {
      let neighbours = try Neighbours.exact(input, k: expected.neighbours - 1)
      let set = try FuzzySet(neighbours).memberships
      var found: [[Int]: Float] = [:]
      for row in 0..<set.rows {
        for entry in Int(set.offsets.elements[row])..<Int(set.offsets.elements[row + 1])
        where set.values.elements[entry] > 0 {
          found[[row, Int(set.indices.elements[entry])]] = set.values.elements[entry]
        }
      }
      // Of rows at equal distances either may be the last neighbour; the input has no such rows but
      // its duplicates, which lie nearer than that.
      #expect(found.count == expected.entries.count, "\(expected.neighbours)")
      for entry in expected.entries {
        let ours = found[[Int(entry[0]), Int(entry[1])]] ?? 0
        #expect(
          abs(Double(ours) - entry[2]) < 1e-4, "\(expected.neighbours): \(entry), ours \(ours)")
      }
    }
  }

  @Test func theCurveIsTheReferences() {
    for curve in golden.curves {
      let ours = MapCurve(minDistance: curve[0])
      #expect(abs(ours.a - curve[1]) < 1e-5 && abs(ours.b - curve[2]) < 1e-5, "\(curve)")
    }
  }

  /// One epoch by the formulas, in Double.
  private func moved(
    _ point: [Double], by other: [Double], pushedFrom far: [Double], times negatives: Int,
    a: Double, b: Double, rate: Double
  ) -> [Double] {
    func clip(_ x: Double) -> Double { max(-4, min(4, x)) }
    func square(_ p: [Double], _ q: [Double]) -> Double {
      zip(p, q).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    var point = point
    for _ in 0..<2 {
      let s = square(point, other)
      let pull = 2 * a * b * pow(s, b - 1) / (1 + a * pow(s, b))
      let reach = min(rate, 0.25 / pull)
      for axis in 0..<2 { point[axis] -= reach * clip(pull * (point[axis] - other[axis])) }
    }
    // Eight others at a time push from one place.
    for start in stride(from: 0, to: negatives, by: 8) {
      let s = square(point, far)
      let push = 2 * b / ((0.001 + s) * (1 + a * pow(s, b)))
      let count = Double(min(8, negatives - start))
      point = (0..<2).map { point[$0] + rate * count * clip(push * (point[$0] - far[$0])) }
    }
    return point
  }

  @Test(arguments: [Float(1e-3), 0.2, 1, 5, 40], [0, 5, 11])
  func anEpochFollowsTheFormulas(distance: Float, negatives: Int) {
    // Point 0 is the only one that pushes, point 2 pulls point 1 in every epoch.
    let points: [Float] = [0.3, -0.4, 2, 1, 2 + distance, 1 - distance / 2]
    let offsets: [UInt32] = [0, 0, 1, 1]
    let (indices, rates): ([UInt32], [UInt32]) = ([2], [.max])
    var next = [Float](repeating: 0, count: 6)
    var epoch = sk_umap_epoch(
      a: 1.577, b: 0.895, rate: 0.5, negatives: UInt32(negatives), epoch: 3, count: 1, seed: 9)
    sk_umap_move(&next, points, offsets, indices, rates, 1, 2, &epoch)
    let wanted = moved(
      [2, 1], by: [Double(points[4]), Double(points[5])],
      pushedFrom: [Double(points[0]), Double(points[1])], times: negatives,
      a: Double(epoch.a), b: Double(epoch.b), rate: 0.5)
    for axis in 0..<2 {
      #expect(abs(Double(next[2 + axis]) - wanted[axis]) < 2e-5 * (1 + abs(wanted[axis])))
    }
  }

  /// Two points that pull each other come nearer, and do not change places, however long the step.
  @Test(arguments: [Float(1e-3), 0.2, 1, 5, 40])
  func neighboursDoNotPassEachOther(distance: Float) {
    let points: [Float] = [0, 0, distance, 0]
    let (offsets, indices): ([UInt32], [UInt32]) = ([0, 1, 2], [1, 0])
    let rates: [UInt32] = [.max, .max]
    var next = [Float](repeating: 0, count: 4)
    var epoch = sk_umap_epoch(
      a: 1.577, b: 0.895, rate: 1, negatives: 0, epoch: 0, count: 2, seed: 0)
    sk_umap_move(&next, points, offsets, indices, rates, 0, 2, &epoch)
    #expect(next[2] > next[0] && next[2] - next[0] < distance)
  }

  /// A membership pulls in its share of the epochs, evenly spread.
  @Test(arguments: [0.1, 0.37, 0.5, 1])
  func neighboursPullInTheirShareOfTheEpochs(share: Double) {
    let points: [Float] = [0, 0, 1, 0]
    let (offsets, indices): ([UInt32], [UInt32]) = ([0, 1, 1], [1])
    let rates = [UInt32(min(share * 0x1p32, Double(UInt32.max)))]
    var pulls: [Int] = []
    for number in 0..<100 {
      var next = [Float](repeating: 0, count: 4)
      var epoch = sk_umap_epoch(
        a: 1, b: 1, rate: 0.1, negatives: 0, epoch: UInt32(number), count: 2, seed: 0)
      sk_umap_move(&next, points, offsets, indices, rates, 0, 1, &epoch)
      if next[0] != 0 { pulls.append(number) }
    }
    #expect(abs(Double(pulls.count) - 100 * share) <= 1)
    for (one, another) in zip(pulls, pulls.dropFirst()) {
      #expect(abs(Double(another - one) - 1 / share) < 1)
    }
  }

  /// The graph's own pieces come apart in a spectral start.
  @Test func aSpectralStartPartsWhatTheGraphParts() throws {
    var generator = SeededGenerator(seed: 2)
    let matrix = Matrix(rows: 90, columns: 6) { row, column in
      generator.normal() + (column == row % 3 ? 30 : 0)
    }
    var settings = LayoutSettings()
    settings[UMAPLayout.spectral] = 1
    let run = try UMAPLayout().begin(
      matrix, settings, start: nil, checkpoint: {}, progress: { _ in })
    let points = run.points
    func mean(_ part: Int) -> [Float] {
      (0..<2).map { axis in
        stride(from: part, to: 90, by: 3).reduce(Float(0)) { $0 + points[$1, axis] } / 30
      }
    }
    for row in 0..<90 {
      let distances = (0..<3).map { part in
        zip(mean(part), [points[row, 0], points[row, 1]]).reduce(Float(0)) {
          $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }
      }
      #expect(distances.firstIndex(of: distances.min() ?? 0) == row % 3)
    }
  }

  @Test func lowestIterationsChooseByTheRows() throws {
    let few = Matrix(rows: 30, columns: 3) { Float(($0 * 7 + $1) % 11) }
    let run = try UMAPLayout().begin(
      few, LayoutSettings(), start: nil, checkpoint: {}, progress: { _ in })
    #expect(run.iterations == 500)
    var settings = LayoutSettings()
    settings[UMAPLayout.iterations] = 20
    let result = try UMAPLayout().map(few, settings)
    #expect(result.settings[UMAPLayout.iterations] == 20 && result.notes.isEmpty)
  }
}
