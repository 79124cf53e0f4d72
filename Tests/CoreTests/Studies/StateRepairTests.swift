import LinearAlgebra
import SeerStudies
import Testing

/// What each repair undoes, and what it leaves alone.
struct StateRepairTests {
  let width = 12
  let own: Matrix
  let mean: [Double]

  init() {
    var random = SeededGenerator(seed: 3)
    own = unitNormalised(
      Matrix(rows: 80, columns: 12) { row, column in
        random.normal() * Float(column + 1) + (row % 3 == column ? 8 : 0) + 2
      })
    mean = columnMeans(own)
  }

  var pairs: [(own: Int, unlabelled: Int)] { (0..<80).map { ($0, $0) } }

  /// An orthogonal matrix at random.
  func turn(seed: UInt64) throws -> Matrix {
    var random = SeededGenerator(seed: seed)
    let values = (0..<width * width).map { _ in Double(random.normal()) }
    let found = try SingularValues(values, rows: width, columns: width)
    return Matrix(rows: width, columns: width, values: found.left.map { Float($0) })
  }

  func repaired(
    _ states: Matrix, _ repair: MonitorRepair, pairs: [(own: Int, unlabelled: Int)]? = nil
  ) throws -> Matrix {
    let fitted = try StateRepair(
      repair, mean: mean, unlabelled: states, own: own, pairs: pairs ?? self.pairs)
    return try #require(fitted).apply(to: states)
  }

  func distance(_ a: Matrix, _ b: Matrix) -> Double {
    let size = b.values.reduce(0.0) { $0 + Double($1 * $1) }
    return
      (zip(a.values, b.values).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) } / size)
      .squareRoot()
  }

  @Test(arguments: MonitorRepair.allCases)
  func ownStatesStayAsTheyAre(repair: MonitorRepair) throws {
    #expect(distance(try repaired(own, repair), centred(own)) < 2e-5)
  }

  @Test func aShiftIsTakenOff() throws {
    let shifted = Matrix(rows: 80, columns: width) { row, column in
      own.row(row)[column] + Float(column) * 0.1
    }
    #expect(distance(try repaired(shifted, .frozen), centred(own)) > 0.5)
    for repair in [MonitorRepair.recentred, .whitened, .procrustes] {
      #expect(distance(try repaired(shifted, repair), centred(own)) < 1e-4, "\(repair)")
    }
  }

  @Test func aTurnIsTurnedBack() throws {
    let turned = multiply(own, try turn(seed: 9))
    #expect(distance(try repaired(turned, .recentred), centred(own)) > 0.5)
    #expect(distance(try repaired(turned, .procrustes), centred(own)) < 1e-3)
    // Learned from other rows than it is put to.
    let few = (0..<40).map { (own: $0, unlabelled: $0) }
    #expect(distance(try repaired(turned, .procrustes, pairs: few), centred(own)) < 0.2)
    // Fewer rows than dimensions: what they do not say stays.
    let three = (0..<3).map { (own: $0, unlabelled: $0) }
    #expect(distance(try repaired(own, .procrustes, pairs: three), centred(own)) < 1e-4)
    let none = try StateRepair(
      .procrustes, mean: mean, unlabelled: turned, own: own, pairs: [])
    #expect(none == nil)
  }

  /// Each coordinate stretched on its own: whitening gives the covariance back.
  @Test func aStretchIsUndone() throws {
    let stretched = Matrix(rows: 80, columns: width) { row, column in
      own.row(row)[column] * (column % 2 == 0 ? 3 : 0.5)
    }
    func covariance(_ states: Matrix) -> Matrix { multiply(states, transposeA: true, states) }
    let wanted = covariance(centred(own))
    let left = distance(covariance(try repaired(stretched, .recentred)), wanted)
    let whitened = distance(covariance(try repaired(stretched, .whitened)), wanted)
    #expect(whitened < 0.3 * left, "\(whitened) \(left)")
  }
}
