import LinearAlgebra
import SeerProjection
import Testing

private func matrix(rows: Int, columns: Int, seed: UInt64) -> Matrix {
  var generator = SeededGenerator(seed: seed)
  return Matrix(rows: rows, columns: columns) { _, _ in generator.normal() }
}

/// Every distance in Double, sorted.
private func distances(_ matrix: Matrix, from row: Int) -> [(Double, Int)] {
  (0..<matrix.rows).filter { $0 != row }.map { other in
    var sum = 0.0
    for column in 0..<matrix.columns {
      let difference = Double(matrix[row, column]) - Double(matrix[other, column])
      sum += difference * difference
    }
    return (sum, other)
  }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
}

@Test(arguments: [false, true], [(1, 3), (2, 1), (33, 5), (700, 50)])
func neighboursAreExact(portable: Bool, shape: (rows: Int, columns: Int)) throws {
  let points = matrix(rows: shape.rows, columns: shape.columns, seed: 4)
  let found = try NeighbourSearch(points: points, portable: portable)
    .neighbours(k: 20, checkpoint: {}, progress: { _ in })
  #expect(found.k == min(20, shape.rows - 1))
  for row in 0..<shape.rows {
    let wanted = distances(points, from: row).prefix(found.k)
    #expect(found.indices(of: row) == wanted.map(\.1))
    for (distance, exact) in zip(found.squaredDistances(of: row), wanted.map(\.0)) {
      #expect(abs(Double(distance) - exact) <= 1e-5 * exact)
    }
  }
}

@Test(arguments: [false, true]) func duplicatesAreNeighboursOfEachOther(portable: Bool) throws {
  let base = matrix(rows: 40, columns: 6, seed: 5)
  // Rows 100... are all the same row.
  let points = Matrix(rows: 400, columns: 6) { $0 < 100 ? base[$0 % 40, $1] + Float($0) : 7 }
  let found = try NeighbourSearch(points: points, portable: portable)
    .neighbours(k: 30, checkpoint: {}, progress: { _ in })
  for row in 100..<400 {
    let indices = found.indices(of: row)
    #expect(!indices.contains(row))
    #expect(Set(indices).count == 30)
    #expect(indices.allSatisfy { $0 >= 100 })
    #expect(found.squaredDistances(of: row).allSatisfy { $0 == 0 })
  }
}

@Test func neighboursOfOtherRows() throws {
  let points = matrix(rows: 300, columns: 8, seed: 6)
  let queries = points.selecting(rows: [17, 250])
  let found = try NeighbourSearch(points: points, portable: false)
    .neighbours(of: queries, k: 5, checkpoint: {})
  #expect(found.indices(of: 0).first == 17)
  #expect(found.indices(of: 1).first == 250)
  #expect(found.squaredDistances(of: 1)[0] == 0)
  #expect(Array(found.indices(of: 0)[1...]) == distances(points, from: 17).prefix(4).map(\.1))
}

@Test func neighbourSearchIsCancelled() {
  struct Stop: Error {}
  var calls = 0
  #expect(throws: Stop.self) {
    try Neighbours.exact(matrix(rows: 20_000, columns: 50, seed: 7), k: 90) {
      calls += 1
      if calls == 2 { throw Stop() }
    }
  }
  #expect(calls == 2)
}

@Test func approximateNeighboursFindMost() throws {
  // Points near a curved surface in 20 dimensions, a fifth of them exact duplicates.
  var generator = SeededGenerator(seed: 8)
  let basis = matrix(rows: 6, columns: 20, seed: 9)
  let points = Matrix(rows: 30_000, columns: 20)
  for row in 0..<points.rows where row % 5 != 0 {
    let u = generator.normal()
    let v = generator.normal()
    let features = [u, v, u * v, u * u, v * v, 0.1 * generator.normal()]
    for column in 0..<20 {
      points[row, column] = (0..<6).reduce(0) { $0 + features[$1] * basis[$1, column] }
    }
  }
  let exact = try Neighbours.exact(points, k: 15)
  let found = try Neighbours.approximate(points, k: 15)
  var kept = 0
  for row in stride(from: 1, to: points.rows, by: 50) {
    #expect(!found.indices(of: row).contains(row))
    kept += Set(found.indices(of: row)).intersection(exact.indices(of: row)).count
  }
  #expect(Double(kept) / Double(15 * points.rows / 50) > 0.95)
  // Duplicates may choose other twins, at the same distance.
  #expect(found.squaredDistances(of: 0).allSatisfy { $0 == 0 })
  let again = try Neighbours.approximate(points, k: 15)
  #expect(again.indices(of: 77) == found.indices(of: 77))
}

@Test(arguments: [1, 2, 600]) func approximateNeighboursOfFewRows(rows: Int) throws {
  let points = matrix(rows: rows, columns: 4, seed: 10)
  let found = try Neighbours.approximate(points, k: 700)
  #expect(found.k == rows - 1)
  #expect(Set(found.indices(of: 0)).count == rows - 1)
}
