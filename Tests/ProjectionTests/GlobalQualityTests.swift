import LinearAlgebra
import SeerProjection
import Testing

struct GlobalQualityTests {
  private func random(rows: Int, columns: Int, seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return Matrix(rows: rows, columns: columns) { _, _ in generator.normal() }
  }

  @Test func aMapThatIsTheInputIsPerfect() throws {
    let input = random(rows: 300, columns: 2, seed: 1)
    // Turned, scaled and moved: distances keep their order and their proportions.
    let map = Matrix(rows: 300, columns: 2) { row, column in
      let (x, y) = (input[row, 0], input[row, 1])
      return 7 * (column == 0 ? 0.6 * x - 0.8 * y : 0.8 * x + 0.6 * y) + 40
    }
    let quality = try GlobalQuality.measure(map, of: input)
    #expect((quality.randomTriplets ?? 0) > 0.9999)
    #expect((quality.distanceCorrelation ?? 0) > 0.999999)
  }

  @Test func aMapThatIsChanceAgreesByChance() throws {
    let input = random(rows: 400, columns: 20, seed: 1)
    let quality = try GlobalQuality.measure(random(rows: 400, columns: 2, seed: 2), of: input)
    #expect(abs((quality.randomTriplets ?? 0) - 0.5) < 0.02)
    #expect(abs(quality.distanceCorrelation ?? 1) < 0.05)
  }

  /// All pairs and triplets counted one by one.
  @Test func samplesComeNearTheWhole() throws {
    let input = random(rows: 40, columns: 3, seed: 3)
    let map = Matrix(rows: 40, columns: 2) { input[$0, $1] }
    func distance(_ matrix: Matrix, _ a: Int, _ b: Int) -> Double {
      zip(matrix.values(row: a), matrix.values(row: b)).reduce(0.0) {
        $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
      }
    }
    var (agreeing, all) = (0, 0)
    for a in 0..<40 {
      for b in 0..<40 where b != a {
        for c in 0..<40 where c != a && c != b {
          all += 1
          let one = distance(input, a, b) < distance(input, a, c)
          if one == (distance(map, a, b) < distance(map, a, c)) { agreeing += 1 }
        }
      }
    }
    let quality = try GlobalQuality.measure(map, of: input)
    let exact = Double(agreeing) / Double(all)
    #expect(abs((quality.randomTriplets ?? 0) - exact) < 0.01, "\(exact)")
    #expect(try GlobalQuality.measure(map, of: input) == quality)
  }

  @Test func whatIsNotDefinedIsNil() throws {
    func measure(_ rows: Int) throws -> GlobalQuality {
      let input = Matrix(rows: rows, columns: 2) { Float($0 + $1) }
      return try GlobalQuality.measure(input, of: input)
    }
    #expect(try measure(1) == measure(1) && measure(1).randomTriplets == nil)
    #expect(try measure(2).randomTriplets == nil && measure(2).distanceCorrelation == nil)
    let constant = Matrix(rows: 9, columns: 2)
    let quality = try GlobalQuality.measure(constant, of: constant)
    #expect(quality.distanceCorrelation == nil && quality.randomTriplets == 1)
    #expect(throws: ProjectionError.self) {
      try GlobalQuality.measure(constant, of: Matrix(rows: 3, columns: 2))
    }
  }
}
