import LinearAlgebra
import SeerProjection
import Testing

private struct Goldens: Decodable {
  struct Case: Decodable {
    let name: String
    let rows: Int
    let width: Int
    let components: Int
    let matrix: [Float]
    let mean: [Float]
    let vectors: [Float]
    let variance: [Float]
    let ratio: [Float]
  }
  let cases: [Case]
}

private func close(_ a: [Float], _ b: [Float], within tolerance: Float) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}

/// Largest difference between `rows · rows'` and the identity.
private func orthonormalityError(_ basis: Matrix) -> Float {
  let product = multiply(basis, basis, transposeB: true)
  var worst: Float = 0
  for row in 0..<basis.rows {
    for column in 0..<basis.rows {
      worst = max(worst, abs(product[row, column] - (row == column ? 1 : 0)))
    }
  }
  return worst
}

@Test func pcaMatchesSingularValueDecomposition() throws {
  for golden in try fixture("pca.json", as: Goldens.self).cases {
    let matrix = Matrix(rows: golden.rows, columns: golden.width, values: golden.matrix)
    let pca = try PCA.fit(matrix, components: golden.components)
    let name = Comment(rawValue: golden.name)
    #expect(close(pca.mean, golden.mean, within: 1e-5), name)
    #expect(close(pca.components.values, golden.vectors, within: 2e-4), name)
    for (found, wanted) in zip(pca.explainedVariance, golden.variance) {
      #expect(abs(found - wanted) < 1e-3 * wanted, name)
    }
    #expect(close(pca.explainedVarianceRatio, golden.ratio, within: 1e-4), name)
  }
}

@Test func pcaScoresHaveTheExplainedVariance() throws {
  var generator = SeededGenerator(seed: 3)
  let matrix = Matrix(rows: 500, columns: 37) { _, column in
    100 + generator.normal() * Float(1 + column)
  }
  let pca = try PCA.fit(matrix, components: 5)
  let scores = pca.transform(matrix)
  for column in 0..<5 {
    let values = (0..<500).map { Double(scores[$0, column]) }
    let mean = values.reduce(0, +) / 500
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 499
    #expect(abs(mean) < 1e-3)
    #expect(abs(Float(variance) / pca.explainedVariance[column] - 1) < 1e-4)
  }
}

@Test func bothSidesOfPCAAgree() throws {
  // 90 rows of width 90 go one way, with one row less the other.
  var generator = SeededGenerator(seed: 5)
  let square = Matrix(rows: 90, columns: 90) { _, column in
    generator.normal() * Float(90 - column)
  }
  let covariance = try PCA.fit(square, components: 3)
  let widened = Matrix(rows: 90, columns: 91) { $1 < 90 ? square[$0, $1] : 4 }
  let gram = try PCA.fit(widened, components: 3)
  for index in 0..<3 {
    #expect(abs(gram.explainedVariance[index] / covariance.explainedVariance[index] - 1) < 1e-4)
    for column in 0..<90 {
      #expect(abs(gram.components[index, column] - covariance.components[index, column]) < 1e-3)
    }
    #expect(abs(gram.components[index, 90]) < 1e-5)
  }
}

@Test(arguments: [1, 2, 3], [1, 2, 5, 30]) func pcaOfFewRows(rows: Int, width: Int) throws {
  let matrix = Matrix(rows: rows, columns: width) { Float($0 * $0 + $1 % 3 * $0) }
  let pca = try PCA.fit(matrix, components: 2)
  #expect(pca.components.rows == min(2, width))
  #expect(orthonormalityError(pca.components) < 1e-5)
  #expect(pca.transform(matrix).values.allSatisfy { $0.isFinite })
  #expect(pca.explainedVarianceRatio.reduce(0, +) <= 1.0001)
  if rows == 1 { #expect(pca.explainedVariance.allSatisfy { $0 == 0 }) }
}

@Test(arguments: [3, 40]) func pcaOfEqualRows(width: Int) throws {
  let matrix = Matrix(rows: 20, columns: width) { 0.1 + Float($1) + 0 * Float($0) }
  let pca = try PCA.fit(matrix, components: 2)
  #expect(orthonormalityError(pca.components) < 1e-5)
  #expect(pca.explainedVariance.allSatisfy { $0 < 1e-9 })
  #expect(pca.transform(matrix).values.allSatisfy { abs($0) < 1e-4 })
}

@Test func constantColumnsHaveNoWeight() throws {
  var generator = SeededGenerator(seed: 9)
  let matrix = Matrix(rows: 50, columns: 6) { $1 % 2 == 0 ? 1000 : generator.normal() }
  let pca = try PCA.fit(matrix, components: 3)
  for index in 0..<3 {
    for column in stride(from: 0, to: 6, by: 2) {
      #expect(abs(pca.components[index, column]) < 1e-5)
    }
  }
}

@Test(arguments: [Float.nan, .infinity, -.infinity]) func pcaRefusesWhatIsNotFinite(value: Float) {
  let matrix = Matrix(rows: 30, columns: 4) { ($0, $1) == (17, 2) ? value : Float($0 + $1) }
  let error = #expect(throws: ProjectionError.self) { try PCA.fit(matrix, components: 2) }
  #expect(error?.description.hasPrefix("row 17, column 2: found \(value)") == true)
}

@Test func pcaRefusesUselessInput() {
  #expect(throws: ProjectionError.empty(rows: 0, columns: 3)) {
    try PCA.fit(Matrix(rows: 0, columns: 3), components: 2)
  }
  #expect(throws: ProjectionError.empty(rows: 3, columns: 0)) {
    try PCA.fit(Matrix(rows: 3, columns: 0), components: 2)
  }
  #expect(throws: ProjectionError.tooLarge) {
    try PCA.fit(Matrix(rows: 5, columns: 2) { row, _ in row == 0 ? 1e30 : 0 }, components: 2)
  }
  #expect(throws: ProjectionError.self) {
    try PCA.fit(Matrix(rows: 5, columns: 2), components: 0)
  }
}

@Test func largestEntryOfEachComponentIsPositive() throws {
  var generator = SeededGenerator(seed: 11)
  for (rows, width) in [(80, 9), (9, 80)] {
    let matrix = Matrix(rows: rows, columns: width) { _, _ in generator.normal() }
    let pca = try PCA.fit(matrix, components: 4)
    for index in 0..<4 {
      let values = pca.components.values(row: index)
      #expect(values.max() == values.map(abs).max())
    }
  }
}

@Test func pcaIsCancelled() throws {
  struct Stop: Error {}
  let matrix = Matrix(rows: 2000, columns: 1100) { Float(($0 * $1) % 17) }
  var calls = 0
  #expect(throws: Stop.self) {
    try PCA.fit(matrix, components: 2) {
      calls += 1
      if calls == 2 { throw Stop() }
    }
  }
  #expect(calls == 2)
}
