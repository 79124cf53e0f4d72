import CKernels
import LinearAlgebra
import SeerAnalysis
import SeerProjection
import Testing

struct PaCMAPTests {
  let golden: UMAPGolden

  init() throws { golden = try UMAPGolden.read() }

  private func sets(_ input: Matrix, neighbours: Int, seed: UInt64 = 0) throws -> PairSets {
    try PairSets(
      input, neighbours: neighbours, seed: seed, checkpoint: {}, progress: { _ in })
  }

  @Test func nearPairsAreTheReferences() throws {
    for expected in golden.pairs {
      let near = try sets(golden.input, neighbours: expected.neighbours).near
      #expect(near.count == expected.partners.count)
      for row in 0..<golden.input.rows {
        let range = row * expected.neighbours..<(row + 1) * expected.neighbours
        // As sets: equal distances have no order.
        #expect(
          Set(range.map { Int(near.elements[$0]) }) == Set(expected.partners[range]), "row \(row)")
      }
    }
  }

  @Test func weightsAreTheReferences() {
    for weight in golden.weights {
      let ours = PaCMAP.weights(iteration: Int(weight[0]), of: 450)
      #expect(abs(Double(ours.near) - weight[1]) < 1e-6)
      #expect(abs(Double(ours.middle) - weight[2]) < 1e-3)
      #expect(abs(Double(ours.far) - weight[3]) < 1e-6)
    }
  }

  /// A middle partner is the second nearest of six, a far one neither near nor the row itself.
  @Test func middleAndFarPairsAreOfTheirKind() throws {
    let input = golden.input
    let sets = try sets(input, neighbours: 10)
    #expect(sets.counts.near == 10 && sets.counts.middle == 5 && sets.counts.far == 20)
    func rank(_ row: Int, _ other: Int) -> Int {
      func distance(_ b: Int) -> Float {
        zip(input.values(row: row), input.values(row: b)).reduce(0) {
          $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }
      }
      return (0..<input.rows).filter { $0 != row && distance($0) < distance(other) }.count
    }
    var ranks: [Int] = []
    for row in 0..<input.rows {
      let near = (0..<10).map { sets.near.elements[row * 10 + $0] }
      let middle = (0..<5).map { sets.middle.elements[row * 5 + $0] }
      let far = (0..<20).map { sets.far.elements[row * 20 + $0] }
      #expect(Set(middle).count == 5 && !middle.contains(UInt32(row)))
      #expect(Set(far).count == 20 && Set(far).isDisjoint(with: near + [UInt32(row)]))
      ranks += middle.map { rank(row, Int($0)) }
    }
    // The second of six lies at 2/7 of the ranks on average, a random row at a half.
    let mean = Double(ranks.reduce(0, +)) / Double(ranks.count) / Double(input.rows)
    #expect(abs(mean - 2.0 / 7) < 0.05, "\(mean)")
  }

  @Test(arguments: 1...40) func fewRowsHaveFewerPairs(rows: Int) throws {
    let counts = PairSets.Counts(neighbours: 10, rows: rows)
    #expect(counts.near + counts.far < max(2, rows) && counts.near <= 10)
    #expect((counts.near > 0) == (rows > 1) && counts.middle < max(1, rows))
    let input = Matrix(rows: rows, columns: 2) { Float($0 * 3 + $1) }
    #expect(try sets(input, neighbours: 10).near.count == rows * counts.near)
  }

  /// Adam's first moment after one step is a tenth of the gradient: that of the loss.
  @Test func forcesAreTheLossesGradient() throws {
    let input = golden.input
    let n = input.rows
    let sets = try sets(input, neighbours: 6)
    let near = PairRows(sets.near, rows: n, count: sets.counts.near)
    let far = PairRows(sets.far, rows: n, count: sets.counts.far)
    let (nearPairs, farPairs) = (near.pairs, far.pairs)
    var generator = SeededGenerator(seed: 5)
    var points = (0..<2 * n).map { _ in generator.normal() * 3 }
    var means = [Float](repeating: 0, count: 2 * n)
    var squares = means
    var next = means
    var step = sk_pacmap_step(near: 1, middle: 0, far: 1, rate: 0.5)
    withUnsafePointer(to: nearPairs) { near in
      withUnsafePointer(to: farPairs) { far in
        sk_pacmap_move(&next, points, &means, &squares, near, near, far, 0, n, &step, 0)
        for place in 0..<2 * n {
          func loss(_ change: Float) -> Double {
            let kept = points[place]
            points[place] = kept + change
            defer { points[place] = kept }
            // Both rows of a pair count it.
            return sk_pacmap_loss(points, near, far, 0, n) / 2
          }
          let slope = (loss(0.01) - loss(-0.01)) / 0.02
          #expect(abs(Double(means[place]) * 10 - slope) < 1e-3 * (1 + abs(slope)))
          let moved = points[place] - next[place]
          let wanted = 0.5 * means[place] / (squares[place].squareRoot() + 1e-7)
          #expect(abs(moved - wanted) < 1e-5)
        }
      }
    }
  }

  @Test func movesAreTheSameWithAndWithoutWideVectors() throws {
    let n = golden.input.rows
    let sets = try sets(golden.input, neighbours: 7)
    let near = PairRows(sets.near, rows: n, count: sets.counts.near)
    let middle = PairRows(sets.middle, rows: n, count: sets.counts.middle)
    let far = PairRows(sets.far, rows: n, count: sets.counts.far)
    var generator = SeededGenerator(seed: 6)
    let points = (0..<2 * n).map { _ in generator.normal() * 5 }
    func move(_ portable: Int32) -> (points: [Float], means: [Float]) {
      var means = [Float](repeating: 0, count: 2 * n)
      var (squares, next) = (means, means)
      var step = sk_pacmap_step(near: 2, middle: 300, far: 1, rate: 0.5)
      withUnsafePointer(to: near.pairs) { near in
        withUnsafePointer(to: middle.pairs) { middle in
          withUnsafePointer(to: far.pairs) { far in
            sk_pacmap_move(
              &next, points, &means, &squares, near, middle, far, 0, n, &step, portable)
          }
        }
      }
      return (next, means)
    }
    let (wide, portable) = (move(0), move(1))
    for (a, b) in zip(wide.means, portable.means) { #expect(abs(a - b) < 1e-5 + 1e-4 * abs(b)) }
    for (a, b) in zip(wide.points, portable.points) { #expect(abs(a - b) < 1e-2) }
  }

  /// Middle pairs pull as their loss says: with nothing else, and far apart.
  @Test func middlePairsPull() {
    let offsets: [UInt32] = [0, 1, 2]
    let indices: [UInt32] = [1, 0]
    let none: [UInt32] = [0, 0, 0]
    let points: [Float] = [0, 0, 3, 4]
    var (means, squares, next) = (
      [Float](repeating: 0, count: 4), [Float](repeating: 0, count: 4), points
    )
    var step = sk_pacmap_step(near: 0, middle: 2, far: 0, rate: 1)
    offsets.withUnsafeBufferPointer { offsets in
      indices.withUnsafeBufferPointer { indices in
        none.withUnsafeBufferPointer { none in
          guard let o = offsets.baseAddress, let i = indices.baseAddress, let z = none.baseAddress
          else { return }
          var (pairs, empty) = (
            sk_pacmap_pairs(offsets: o, indices: i), sk_pacmap_pairs(offsets: z, indices: i)
          )
          withUnsafePointer(to: &pairs) { pairs in
            withUnsafePointer(to: &empty) { empty in
              sk_pacmap_move(&next, points, &means, &squares, empty, pairs, empty, 0, 2, &step, 0)
            }
          }
        }
      }
    }
    let weight = 2 * 20_000.0 / (10_026 * 10_026)
    for (found, wanted) in zip(means, [-3, -4, 3, 4]) {
      #expect(abs(Double(found) * 10 - weight * Double(wanted)) < 1e-6)
    }
    #expect(next[0] > 0 && next[1] > 0 && next[2] < 3 && next[3] < 4)
  }
}
