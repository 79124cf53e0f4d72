import LinearAlgebra
import SeerProjection
import Testing

private func allFinite(_ matrix: Matrix) -> Bool { matrix.values.allSatisfy { $0.isFinite } }

@Test(arguments: [1, 2, 3, 4, 7]) func mapsOfFewPoints(rows: Int) throws {
  var generator = SeededGenerator(seed: 1)
  let matrix = Matrix(rows: rows, columns: 5) { _, _ in generator.normal() }
  for gradient in [TSNE.Gradient.exact, .interpolation, .barnesHut] {
    let result = try finished(matrix, options: .init(iterations: 300, gradient: gradient))
    #expect(result.points.rows == rows)
    #expect(allFinite(result.points))
    #expect(result.divergence().isFinite)
    #expect(result.affinities.perplexityWasLowered)
    #expect(result.affinities.perplexity >= 1)
  }
}

@Test func perplexityIsLoweredForFewPoints() {
  #expect(Affinities.usable(perplexity: 30, rows: 1000) == (30, 90))
  #expect(Affinities.usable(perplexity: 30, rows: 91) == (30, 90))
  #expect(Affinities.usable(perplexity: 30, rows: 90).perplexity < 30)
  #expect(Affinities.usable(perplexity: 30, rows: 31) == (10, 30))
  #expect(Affinities.usable(perplexity: 30, rows: 2) == (1, 1))
  #expect(Affinities.usable(perplexity: 30, rows: 1) == (1, 0))
}

@Test func hundredsOfDuplicates() throws {
  var generator = SeededGenerator(seed: 2)
  let matrix = Matrix(rows: 900, columns: 20) { row, column in
    row < 400 ? Float(column) : generator.normal() * 5
  }
  let result = try finished(matrix, options: .init(iterations: 350))
  #expect(allFinite(result.points))
  #expect(result.divergence().isFinite && result.divergence() > 0)
}

@Test func allRowsEqual() throws {
  let matrix = Matrix(rows: 250, columns: 8) { _, column in Float(column) * 1e3 }
  for gradient in [TSNE.Gradient.exact, .interpolation, .barnesHut] {
    let result = try finished(matrix, options: .init(iterations: 300, gradient: gradient))
    #expect(allFinite(result.points))
    #expect(result.divergence().isFinite)
  }
}

@Test func constantColumnsChangeNothing() throws {
  var generator = SeededGenerator(seed: 3)
  let plain = Matrix(rows: 120, columns: 4) { _, _ in generator.normal() }
  let wider = Matrix(rows: 120, columns: 6) { $1 < 4 ? plain[$0, $1] : 1000 }
  let a = try finished(plain, options: .init(perplexity: 10, iterations: 50))
  let b = try finished(wider, options: .init(perplexity: 10, iterations: 50))
  for (x, y) in zip(a.points.values, b.points.values) { #expect(abs(x - y) < 1e-2) }
}

@Test(arguments: [Float.nan, .infinity, -.infinity]) func mapsRefuseWhatIsNotFinite(value: Float) {
  let matrix = Matrix(rows: 50, columns: 60) {
    ($0, $1) == (33, 59) ? value : Float($0 * $1 % 7)
  }
  for attempt in [
    { _ = try TSNE(matrix) }, { _ = try TSNE.reduced(matrix) }, { _ = try finished(matrix) },
  ] {
    let error = #expect(throws: ProjectionError.self) { try attempt() }
    #expect(error?.description.contains("row 33, column 59") == true)
  }
  #expect(throws: ProjectionError.empty(rows: 0, columns: 4)) {
    try TSNE(Matrix(rows: 0, columns: 4))
  }
}

@Test(arguments: [1e-30, 1, 1e30] as [Float]) func scaleDoesNotMatter(scale: Float) throws {
  let matrix = Matrix(rows: 60, columns: 4) { Float(($0 * 7 + $1 * 3) % 11) * scale }
  let result = try finished(matrix, options: .init(perplexity: 5, iterations: 100))
  let plain = Matrix(rows: 60, columns: 4) { Float(($0 * 7 + $1 * 3) % 11) }
  let reference = try TSNE(plain, options: .init(perplexity: 5))
  #expect(allFinite(result.points))
  #expect(abs(reference.affinities.negativeEntropy) > 1)
  let scaled = try TSNE(matrix, options: .init(perplexity: 5))
  let difference = scaled.affinities.negativeEntropy - reference.affinities.negativeEntropy
  #expect(abs(difference) < 1e-3)
}

@Test func optionsOutOfRangeAreRefused() {
  let matrix = Matrix(rows: 20, columns: 3) { Float($0 * $1) }
  for options in [
    TSNE.Options(perplexity: 0.5), .init(perplexity: .nan), .init(iterations: -1),
    .init(exaggeration: 0), .init(learningRate: 0),
  ] {
    #expect(throws: ProjectionError.self) { try TSNE(matrix, options: options) }
  }
  #expect(throws: ProjectionError.self) {
    try TSNE(matrix, initialization: .layout(Matrix(rows: 3, columns: 2)))
  }
  let broken = Matrix(rows: 20, columns: 2) { row, _ in row == 4 ? .nan : 0 }
  #expect(throws: ProjectionError.self) { try TSNE(matrix, initialization: .layout(broken)) }
}

@Test func mapsTooWideForAGrid() throws {
  var generator = SeededGenerator(seed: 4)
  let matrix = Matrix(rows: 100, columns: 3) { _, _ in generator.normal() }
  let start = Matrix(rows: 100, columns: 2) { Float($0 - 50) * ($1 == 0 ? 1e3 : 1e7) }
  let result = try finished(
    matrix, options: .init(iterations: 20, gradient: .interpolation), initialization: .layout(start)
  )
  #expect(allFinite(result.points))
  #expect(result.divergence().isFinite)
  let further = Matrix(rows: 100, columns: 2) { row, _ in row == 7 ? 1e20 : 0 }
  #expect(throws: ProjectionError.self) { try TSNE(matrix, initialization: .layout(further)) }
}

@Test func aHundredThousandRowsAndCancellationInTheMiddle() throws {
  struct Stop: Error {}
  var generator = SeededGenerator(seed: 5)
  let matrix = Matrix(rows: 100_000, columns: 4) { row, _ in
    generator.normal() + (row % 2 == 0 ? 0 : 6)
  }
  let tsne = try TSNE(matrix, options: .init(perplexity: 5))
  tsne.step()
  tsne.step()
  let points = tsne.points
  #expect(allFinite(points))
  #expect(tsne.divergence().isFinite)
  #expect(throws: Stop.self) { try tsne.step { throw Stop() } }
  #expect(tsne.points.values == points.values)
  var calls = 0
  #expect(throws: Stop.self) {
    try TSNE(matrix, options: .init(perplexity: 5)) {
      calls += 1
      if calls == 10 { throw Stop() }
    }
  }
  #expect(calls == 10)
}
