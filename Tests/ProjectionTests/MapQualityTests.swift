import LinearAlgebra
import SeerProjection
import Testing

private struct Golden: Decodable {
  struct Case: Decodable {
    let k: Int
    let trustworthiness: Double
    let kept: Double
  }
  let rows: Int
  let width: Int
  let matrix: [Float]
  let layout: [Float]
  let cases: [Case]
}

@Test func qualityMatchesScikitLearn() throws {
  let golden = try fixture("quality.json", as: Golden.self)
  let input = Matrix(rows: golden.rows, columns: golden.width, values: golden.matrix)
  let map = Matrix(rows: golden.rows, columns: 2, values: golden.layout)
  for wanted in golden.cases {
    let quality = try MapQuality.measure(map, of: input, k: wanted.k)
    let trustworthiness = try #require(quality.trustworthiness)
    let kept = try #require(quality.neighboursKept)
    #expect(abs(trustworthiness - wanted.trustworthiness) < 1e-6)
    #expect(abs(kept - wanted.kept) < 1e-6)
  }
}

@Test func perfectMapsAndDuplicatesAreTrusted() throws {
  var generator = SeededGenerator(seed: 2)
  let plane = Matrix(rows: 100, columns: 2) { _, _ in generator.normal() }
  #expect(try MapQuality.measure(plane, of: plane).neighboursKept == 1)
  #expect(try MapQuality.measure(plane, of: plane).trustworthiness == 1)
  let same = Matrix(rows: 50, columns: 7) { Float($1) + 0 * Float($0) }
  let quality = try MapQuality.measure(Matrix(rows: 50, columns: 2), of: same)
  #expect(quality.neighboursKept == 1 && quality.trustworthiness == 1)
}

@Test(arguments: [1, 2, 3, 5]) func qualityOfFewRows(rows: Int) throws {
  let points = Matrix(rows: rows, columns: 2) { Float($0 * $0 + $1) }
  let quality = try MapQuality.measure(points, of: points)
  #expect(quality.k == rows - 1)
  #expect(quality.neighboursKept == (rows == 1 ? nil : 1))
  #expect(quality.trustworthiness.map { $0.isFinite } ?? true)
}

@Test func largeMapsAreJudgedOnASample() throws {
  var generator = SeededGenerator(seed: 1)
  let points = Matrix(rows: 10_001, columns: 2) { _, _ in generator.normal() }
  let first = try MapQuality.measure(points, of: points, seed: 3)
  #expect(first.rows == MapQuality.sampleSize)
  #expect(first.neighboursKept == 1)
  #expect(try MapQuality.measure(points, of: points, seed: 3) == first)
}

@Test func qualityRefusesMismatchedMaps() {
  #expect(throws: ProjectionError.self) {
    try MapQuality.measure(Matrix(rows: 4, columns: 2), of: Matrix(rows: 5, columns: 2))
  }
}
