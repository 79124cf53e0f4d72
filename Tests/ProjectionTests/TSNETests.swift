import CKernels
import Foundation
import LinearAlgebra
import SeerProjection
import Testing

private struct Golden: Decodable {
  let rows: Int
  let width: Int
  let perplexity: Float
  let matrix: [Float]
  let first: [Int]
  let second: [Int]
  let joint: [Float]
  let layout: [Float]
  let divergence: Double
  let gradient: [Float]

  static func load() throws -> Golden { try fixture("tsne.json", as: Golden.self) }
  var points: Matrix { Matrix(rows: rows, columns: width, values: matrix) }
}

/// A map whose steps are all taken.
func finished(
  _ matrix: Matrix, options: TSNE.Options = TSNE.Options(),
  initialization: Initialization = .principalComponents, checkpoint: Checkpoint = {}
) throws -> TSNE {
  let tsne = try TSNE(
    matrix, options: options, initialization: initialization, checkpoint: checkpoint)
  try tsne.finish(checkpoint: checkpoint)
  return tsne
}

/// Three well separated clusters of equal size; row i belongs to cluster i % 3.
private func clusters(rows: Int, columns: Int = 10, seed: UInt64 = 1) -> Matrix {
  var generator = SeededGenerator(seed: seed)
  return Matrix(rows: rows, columns: columns) { row, column in
    generator.normal() + (column == row % 3 ? 20 : 0)
  }
}

/// The share of points whose nearest other point is of their own cluster.
private func purity(_ points: Matrix) -> Double {
  var same = 0
  for i in 0..<points.rows {
    var best = Float.infinity
    var nearest = i
    for j in 0..<points.rows where j != i {
      let distance = hypotf(points[i, 0] - points[j, 0], points[i, 1] - points[j, 1])
      if distance < best {
        best = distance
        nearest = j
      }
    }
    if nearest % 3 == i % 3 { same += 1 }
  }
  return Double(same) / Double(points.rows)
}

@Test func affinitiesMatchScikitLearn() throws {
  let golden = try Golden.load()
  let affinities = try Affinities(golden.points, perplexity: golden.perplexity)
  #expect(!affinities.perplexityWasLowered)
  var found: [Int: Float] = [:]
  var total = 0.0
  for row in 0..<golden.rows {
    for entry in affinities.offsets.elements[row]..<affinities.offsets.elements[row + 1] {
      let value = affinities.values.elements[Int(entry)]
      guard value > 0 else { continue }
      found[row * golden.rows + Int(affinities.indices.elements[Int(entry)])] = value
      total += Double(value)
    }
  }
  #expect(abs(total - 1) < 1e-5)
  #expect(found.count == 2 * golden.joint.count)
  for (index, wanted) in golden.joint.enumerated() {
    let (i, j) = (golden.first[index], golden.second[index])
    let value = try #require(found[i * golden.rows + j])
    #expect(abs(value - wanted) < 1e-3 * wanted + 1e-8)
    #expect(found[j * golden.rows + i] == value)
  }
}

@Test func divergenceMatchesScikitLearn() throws {
  let golden = try Golden.load()
  let layout = Matrix(rows: golden.rows, columns: 2, values: golden.layout)
  let tsne = try TSNE(
    golden.points, options: .init(perplexity: golden.perplexity), initialization: .layout(layout))
  #expect(abs(tsne.divergence() / golden.divergence - 1) < 1e-4)
}

@Test func gradientMatchesScikitLearn() throws {
  let golden = try Golden.load()
  let layout = Matrix(rows: golden.rows, columns: 2, values: golden.layout)
  // The first step of a run without momentum or exaggeration is the gradient times the rate and
  // the first gain, 0.8; it is without the factor 4.
  let tsne = try TSNE(
    golden.points,
    options: .init(
      perplexity: golden.perplexity, exaggeratedIterations: 0, learningRate: 10, momentum: 0),
    initialization: .layout(layout))
  let before = tsne.points
  tsne.step()
  let after = tsne.points
  for index in 0..<2 * golden.rows {
    let gradient = (before.elements[index] - after.elements[index]) / (10 * 0.8) * 4
    #expect(abs(gradient - golden.gradient[index]) < 2e-5)
  }
}

@Test func attractionIsTheSameWithAndWithoutWideVectors() throws {
  let affinities = try Affinities(clusters(rows: 400), perplexity: 20)
  var generator = SeededGenerator(seed: 8)
  let points = Matrix(rows: 400, columns: 2) { _, _ in generator.normal() * 10 }
  let wide = MutableMatrix(rows: 400, columns: 2)
  let portable = MutableMatrix(rows: 400, columns: 2)
  for (forces, flag) in [(wide, 0), (portable, 1)] {
    sk_attraction(
      forces.elements, points.elements, affinities.offsets.elements, affinities.indices.elements,
      affinities.values.elements, 0, 400, Int32(flag))
  }
  for (a, b) in zip(wide.values, portable.values) { #expect(abs(a - b) < 1e-6 + 1e-4 * abs(b)) }
}

@Test(arguments: [TSNE.Gradient.exact, .interpolation, .barnesHut])
func mapsKeepClustersApart(gradient: TSNE.Gradient) throws {
  let result = try finished(
    clusters(rows: 300), options: .init(iterations: 400, gradient: gradient))
  #expect(purity(result.points) == 1)
  #expect(result.divergence() > 0 && result.divergence() < 1.2)
  #expect(result.iteration == 400)
}

@Test(arguments: [TSNE.Gradient.exact, .interpolation, .barnesHut])
func sameSeedSamePoints(gradient: TSNE.Gradient) throws {
  let matrix = clusters(rows: 500)
  func map(seed: UInt64) throws -> [UInt32] {
    try finished(matrix, options: .init(iterations: 120, seed: seed, gradient: gradient))
      .points.values.map(\.bitPattern)
  }
  let first = try map(seed: 1)
  #expect(try map(seed: 1) == first)
  #expect(try map(seed: 2) != first)
}

@Test func pausingChangesNothing() throws {
  let matrix = clusters(rows: 200)
  let options = TSNE.Options(perplexity: 10, iterations: 60)
  let whole = try finished(matrix, options: options)
  let stepwise = try TSNE(matrix, options: options)
  for _ in 0..<30 { stepwise.step() }
  _ = stepwise.divergence()
  _ = stepwise.points
  for _ in 0..<30 { stepwise.step() }
  #expect(stepwise.points.values == whole.points.values)
  #expect(stepwise.divergence() == whole.divergence())
}

@Test func observersSeeAndStop() throws {
  var seen: [Int] = []
  var divergences: [Double] = []
  var progress = 0
  let tsne = try TSNE(clusters(rows: 150), options: .init(perplexity: 10, iterations: 500))
  try tsne.finish(every: 20, progress: { done, _ in progress = done }) {
    seen.append(tsne.iteration)
    divergences.append(tsne.divergence())
    #expect(tsne.points.rows == 150)
    return tsne.iteration < 300
  }
  #expect(seen == Array(stride(from: 20, through: 300, by: 20)))
  #expect(progress == 300)
  #expect(tsne.iteration == 300)
  #expect(tsne.divergence() == divergences.last)
  // Corrected for exaggeration: it falls from the random start to the end.
  #expect(divergences[divergences.count - 1] < divergences[0])
}

@Test func cancellationLeavesTheMapAsItWas() throws {
  struct Stop: Error {}
  let tsne = try TSNE(clusters(rows: 200))
  tsne.step()
  let before = tsne.points
  #expect(throws: Stop.self) { try tsne.step { throw Stop() } }
  #expect(tsne.points.values == before.values)
  #expect(tsne.iteration == 1)
  var calls = 0
  #expect(throws: Stop.self) {
    try finished(
      clusters(rows: 200),
      checkpoint: {
        calls += 1
        if calls == 100 { throw Stop() }
      })
  }
  #expect(calls == 100)
}
