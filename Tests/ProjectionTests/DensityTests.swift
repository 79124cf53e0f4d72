import LinearAlgebra
import SeerAnalysis
import SeerProjection
import Testing

/// What umap-learn's densMAP computes for a small input, and how well its maps keep densities
/// (make_density.py).
private struct DensityGolden: Decodable {
  struct Case: Decodable {
    let a: Double
    let b: Double
    let mapRadii: [Double]
    let correlation: Double
    let slope: [Double]
  }
  let columns: Int
  let neighbours: Int
  let matrix: [Float]
  let targets: [Double]
  let points: [Float]
  let cases: [Case]
  let judged: [Float]
  let umap: [Double]
  let densmap: [Double]

  static func read() throws -> DensityGolden {
    try fixture("density.json", as: DensityGolden.self)
  }

  var input: Matrix { Matrix(rows: matrix.count / columns, columns: columns, values: matrix) }
  var crowded: Matrix { Matrix(rows: judged.count / columns, columns: columns, values: judged) }
}

struct DensityTests {
  private let golden: DensityGolden

  init() throws { golden = try DensityGolden.read() }

  private func term(_ curve: (Double, Double)) throws -> DensityTerm {
    let neighbours = try Neighbours.exact(golden.input, k: golden.neighbours - 1)
    let graph = try FuzzySet(neighbours).memberships
    return try #require(
      try DensityTerm(golden.input, graph: graph, curve: (curve.0, curve.1), checkpoint: {}))
  }

  @Test func radiiAndTheirCorrelationAreTheReferences() throws {
    for expected in golden.cases {
      let term = try term((expected.a, expected.b))
      for (row, wanted) in golden.targets.enumerated() {
        #expect(abs(Double(term.targets.elements[row]) - wanted) < 1e-4, "row \(row)")
      }
      let correlation = term.measure(golden.points, checkpoint: {})
      #expect(abs(correlation - expected.correlation) < 1e-5)
      for (found, wanted) in zip(term.logRadii, expected.mapRadii) {
        #expect(abs(found - wanted) < 1e-4)
      }
    }
  }

  @Test func forcesAreTheCorrelationsDerivative() throws {
    for expected in golden.cases {
      let term = try term((expected.a, expected.b))
      term.measure(golden.points, checkpoint: {})
      var found = [Float](repeating: 1, count: golden.points.count)
      term.add(to: &found, scale: 2)
      let largest = expected.slope.map(abs).max() ?? 0
      for (value, slope) in zip(found, expected.slope) {
        #expect(abs((Double(value) - 1) / 2 - slope) < 1e-4 * largest + 1e-6)
      }
      var limited = [Float](repeating: 0, count: golden.points.count)
      term.add(to: &limited, scale: 2, limit: 0.01, rate: 3)
      for (value, slope) in zip(limited, expected.slope) {
        #expect(abs(Double(value) - 3 * min(0.01, max(-0.01, 2 * slope))) < 1e-4)
      }
    }
  }

  /// Points whose radii differ in the other way are moved apart from how they lie: the correlation
  /// grows along its derivative.
  @Test func stepsAlongTheForcesRaiseTheCorrelation() throws {
    let term = try term((1, 1))
    var points = golden.points
    let first = term.measure(points, checkpoint: {})
    var last = first
    for _ in 0..<30 {
      term.add(to: &points, scale: 2)
      last = term.measure(points, checkpoint: {})
    }
    #expect(last > first + 0.2, "\(first) to \(last)")
  }

  private func quality(_ layout: any Layout, density: Double, seed: UInt64 = 0) throws -> Double {
    var settings = LayoutSettings(seed: seed)
    settings[.density] = density
    let map = try layout.map(golden.crowded, settings)
    return try #require(try DensityQuality.measure(map.points, of: golden.crowded))
  }

  /// As well as umap-learn's densMAP on the same rows: the mean of three seeds is at most two standard
  /// errors of both means below its own, since kernels of other processors move a seed by 0.01; without
  /// it, hardly at all.
  @Test func densMAPKeepsDensitiesAsTheReferenceDoes() throws {
    func summary(_ values: [Double]) -> (mean: Double, squaredError: Double) {
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (mean, squares / (count - 1) / count)
    }
    let kept = try (0..<3).map { try quality(UMAPLayout(), density: 1, seed: $0) }
    let (ours, reference) = (summary(kept), summary(golden.densmap))
    let error = (ours.squaredError + reference.squaredError).squareRoot()
    #expect(
      ours.mean >= reference.mean - 2 * error, "\(kept), umap-learn \(golden.densmap)")
    let without = try quality(UMAPLayout(), density: 0)
    #expect(without < 0.5, "\(without), umap-learn \(golden.umap)")
  }

  @Test func denSNEKeepsDensities() throws {
    let kept = try quality(TSNELayout(), density: 1)
    let without = try quality(TSNELayout(), density: 0)
    #expect(kept > 0.6 && kept > without + 0.4, "\(kept), without \(without)")
  }

  /// The gradient of KL less the correlation, by finite differences of both.
  @Test func denSNEDescendsItsObjective() throws {
    let input = golden.input
    let layout = Matrix(rows: input.rows, columns: 2, values: golden.points)
    func map(_ points: Matrix, density: Float) throws -> TSNE {
      // One step, all of it in the part that keeps densities.
      try TSNE(
        input,
        options: .init(
          perplexity: 8, iterations: 1, exaggeratedIterations: 0, learningRate: 1e-2, momentum: 0,
          density: density), initialization: .layout(points))
    }
    func moved(_ density: Float) throws -> [Float] {
      let tsne = try map(layout, density: density)
      let before = tsne.points
      tsne.step()
      return zip(before.values, tsne.points.values).map { $0 - $1 }
    }
    let (with, without) = (try moved(40), try moved(0))
    let affinities = try Affinities(try Frame(of: input).apply(input), perplexity: 8)
    let term = try #require(
      try DensityTerm(
        try Frame(of: input).apply(input), graph: affinities.graph, curve: (1, 1),
        checkpoint: {}))
    for place in stride(from: 0, to: golden.points.count, by: 7) {
      func correlation(_ change: Float) -> Double {
        var points = golden.points
        points[place] += change
        return term.measure(points, checkpoint: {})
      }
      let slope = (correlation(0.02) - correlation(-0.02)) / 0.04
      // A step is the gradient without its factor 4, times the rate and the first gain, 0.8.
      let found = Double(with[place] - without[place]) / (1e-2 * 0.8) * 4 / 40
      #expect(abs(found + slope) < 2e-3 * (1 + abs(slope)), "\(place): \(found), \(-slope)")
    }
  }

  /// Where all rows are equally crowded there is nothing to keep, and no term.
  @Test func equalDensitiesAreLeftAlone() throws {
    let alike = Matrix(rows: 30, columns: 4)
    let graph = try FuzzySet(try Neighbours.exact(alike, k: 5)).memberships
    #expect(try DensityTerm(alike, graph: graph, curve: (1, 1), checkpoint: {}) == nil)
    #expect(try DensityQuality.measure(Matrix(rows: 30, columns: 2), of: alike) == nil)
    let two = Matrix(rows: 2, columns: 2) { Float($0 + $1) }
    #expect(try DensityQuality.measure(two, of: two) == nil)
    #expect(throws: ProjectionError.self) {
      try DensityQuality.measure(Matrix(rows: 3, columns: 2), of: alike)
    }
  }

  @Test func qualityIsOneOfTheInputItself() throws {
    let input = golden.input
    let one = try #require(try DensityQuality.measure(input, of: input))
    #expect(abs(one - 1) < 1e-6)
    // Turned inside out: the wide clusters are the tight ones.
    var generator = SeededGenerator(seed: 4)
    let wide = Matrix(rows: 90, columns: 2) { row, column in
      Float(row / 30 * 100) + generator.normal() * [0.1, 1, 10][row / 30]
    }
    let turned = Matrix(rows: 90, columns: 2) { row, column in
      wide[row, column] / ([0.01, 1, 100] as [Float])[row / 30]
    }
    let opposite = try #require(try DensityQuality.measure(turned, of: wide))
    #expect(opposite < -0.5, "\(opposite)")
  }
}
