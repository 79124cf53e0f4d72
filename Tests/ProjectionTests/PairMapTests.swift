import LinearAlgebra
import SeerProjection
import Testing

@Suite struct PairMapTests {
  private func states(_ rows: Int, _ width: Int, seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return Matrix(rows: rows, columns: width) { row, column in
      (column == row % 3 ? 6 : 0) + generator.normal()
    }
  }

  private func make(_ base: Matrix, _ tuned: Matrix, reference: PairMap? = nil) throws -> PairMap {
    try PairMap.principal(base: base, tuned: tuned, reference: reference)
  }

  /// One set of axes: the same states lie at the same place, whichever run they are of.
  @Test func sameStatesLieTogether() throws {
    let states = states(30, 8, seed: 1)
    let map = try make(states, states)
    #expect(map.isJoint && map.base == map.tuned)
    let sum = map.points.reduce(Float(0)) { $0 + ($1 * $1).sum() }
    #expect(abs(sum / 60 - 1) < 1e-3, "a mean squared distance of 1")
  }

  @Test func widthsMayDiffer() throws {
    let map = try make(states(30, 8, seed: 1), states(30, 12, seed: 2))
    #expect(!map.isJoint && map.base.count == 30 && map.tuned.count == 30)
    // The same three clusters, turned to match: each row lies nearer to its own place.
    let own = zip(map.base, map.tuned).reduce(Float(0)) {
      $0 + (($1.0 - $1.1) * ($1.0 - $1.1)).sum()
    }
    let other = zip(map.base, map.tuned.dropFirst()).reduce(Float(0)) {
      $0 + (($1.0 - $1.1) * ($1.0 - $1.1)).sum()
    }
    #expect(own < other / 4)
  }

  @Test func layersDoNotFlip() throws {
    let first = try make(states(30, 8, seed: 1), states(30, 8, seed: 2))
    var mirrored = first
    mirrored.base = first.base.map { SIMD2(-$0.x, $0.y) }
    mirrored.tuned = first.tuned.map { SIMD2(-$0.x, $0.y) }
    let next = try make(states(30, 8, seed: 3), states(30, 8, seed: 4), reference: mirrored)
    func away(_ a: PairMap) -> Float {
      zip(a.points, next.points).reduce(0) { $0 + (($1.0 - $1.1) * ($1.0 - $1.1)).sum() }
    }
    #expect(away(mirrored) < away(first))
  }
}
