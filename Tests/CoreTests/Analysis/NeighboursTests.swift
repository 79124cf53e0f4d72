import LinearAlgebra
import SeerAnalysis
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
  let builder = MatrixBuilder(rows: 30_000, columns: 20)
  for row in 0..<builder.rows where row % 5 != 0 {
    let u = generator.normal()
    let v = generator.normal()
    let features = [u, v, u * v, u * u, v * v, 0.1 * generator.normal()]
    for column in 0..<20 {
      builder[row, column] = (0..<6).reduce(0) { $0 + features[$1] * basis[$1, column] }
    }
  }
  let points = builder.frozen()
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

/// Every cosine in Double, the largest first; zeros where a row has no length.
private func cosines(_ row: Int, of queries: Matrix, to points: Matrix) -> [(Double, Int)] {
  func product(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
  let own = queries.values(row: row)
  return (0..<points.rows).map { other in
    let values = points.values(row: other)
    let length = (product(own, own) * product(values, values)).squareRoot()
    return (length > 0 ? product(own, values) / length : 0, other)
  }.sorted { ($1.0, $0.1) < ($0.0, $1.1) }
}

/// States that share most of their direction, as those of some layers do, and one without any.
private func states(rows: Int, seed: UInt64) -> Matrix {
  var generator = SeededGenerator(seed: seed)
  return Matrix(rows: rows, columns: 24) { row, column in
    row == 9 ? 0 : (40 + 0.1 * generator.normal()) * Float(1 + row % 3)
  }
}

@Test func neighboursByCosineAreExact() throws {
  let points = states(rows: 150, seed: 11)
  let found = try Neighbours.exact(points, by: .cosine, k: 12)
  for row in 0..<points.rows where row != 9 {
    let wanted = cosines(row, of: points, to: points).filter { $0.1 != row }.prefix(12)
    #expect(found.indices(of: row) == wanted.map(\.1))
    for (square, wanted) in zip(found.squaredDistances(of: row), wanted) {
      let cosine = NeighbourMetric.cosine.value(squaredDistance: square)
      #expect(abs(Double(cosine) - wanted.0) < 1e-6)
    }
  }
  // A row without a direction is at right angles to all: nobody's neighbour here.
  for square in found.squaredDistances(of: 9) {
    #expect(abs(NeighbourMetric.cosine.value(squaredDistance: square)) < 1e-5)
  }
  #expect((0..<points.rows).allSatisfy { !found.indices(of: $0).contains(9) })
}

@Test func neighboursAmongOtherRowsByCosine() throws {
  let points = states(rows: 80, seed: 12)
  let queries = states(rows: 20, seed: 13)
  let found = try Neighbours.exact(of: queries, among: points, by: .cosine, k: 7)
  for row in 0..<queries.rows where row != 9 {
    let wanted = cosines(row, of: queries, to: points).prefix(7).map(\.1)
    #expect(found.indices(of: row) == wanted)
  }
  // Of equal rows the first; no more than there are.
  let few = Matrix(rows: 4, columns: 2, values: [1, 0, 0, 1, 1, 1, 3, 0])
  let two = Matrix(rows: 2, columns: 2, values: [2, 0, 1, 3])
  let near = try Neighbours.exact(of: two, among: few, by: .cosine, k: 9)
  #expect(near.indices(of: 0) == [0, 3, 2, 1] && near.indices(of: 1) == [1, 2, 0, 3])
}

/// One row's neighbours, found where states are kept, are those of the search over all rows.
@Test(arguments: NeighbourMetric.allCases)
func neighboursOfOneStoredRow(metric: NeighbourMetric) throws {
  // Row 5 is there three times.
  let points = matrix(rows: 60, columns: 13, seed: 14)
    .selecting(rows: (0..<60).map { [20, 40].contains($0) ? 5 : $0 })
  let stored = StoredStates(
    norms: (0..<60).map {
      Float(dot(points.row($0), points.row($0), count: 13).squareRoot())
    }, rows: { points.selecting(rows: $0) },
    products: { vector in (0..<60).map { Float(dot(points.row($0), vector, count: 13)) } })
  let all = try Neighbours.exact(points, by: metric, k: 8)
  for row in 0..<60 {
    let found = try stored.nearest(to: row, by: metric, count: 8)
    #expect(found.map(\.row) == all.indices(of: row))
    for (value, square) in zip(found.map(\.value), all.squaredDistances(of: row)) {
      #expect(abs(value - metric.value(squaredDistance: square)) < 1e-5)
    }
  }
  let twins = try stored.nearest(to: 20, by: metric, count: 2)
  #expect(twins.map(\.row) == [5, 40])
  #expect(twins.allSatisfy { $0.value == (metric == .cosine ? 1 : 0) })
  #expect(try stored.nearest(to: 0, by: metric, count: 100).count == 59)
}
