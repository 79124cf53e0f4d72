import CKernels
import Foundation
import LinearAlgebra

/// A t-SNE map that grows step by step (van der Maaten and Hinton 2008).
///
///     let tsne = try TSNE(TSNE.reduced(states))
///     try tsne.finish()
///     tsne.points  // (rows, 2)
///
/// Pausing is not stepping. The same input, options and seed give the same points, bit by bit, on the
/// same machine, whatever the number of cores. Not for use by two threads at once.
package final class TSNE {
  /// What a map is made with.
  package struct Options: Equatable, Sendable {
    /// The effective number of neighbours.
    package var perplexity: Float
    /// Steps in all, the exaggerated ones included.
    package var iterations: Int
    /// The factor on attraction in the first steps, which falls to 1 over the last three fifths of
    /// ``exaggeratedIterations``.
    package var exaggeration: Float
    /// Steps with exaggeration.
    package var exaggeratedIterations: Int
    /// The step size; nil for the number of rows divided by the exaggeration of the phase.
    package var learningRate: Float?
    /// The share of its last step that a point takes again, with exaggeration and without.
    package var exaggeratedMomentum: Float
    package var momentum: Float
    package var seed: UInt64
    /// How much densities are kept (den-SNE): 0.1 as its authors have it, 0 not at all.
    package var density: Float
    /// How repulsion is computed; nil chooses by the number of points. A map
    /// too wide for a grid uses the quadtree in any case.
    package var gradient: Gradient?

    package init(
      perplexity: Float = 30, iterations: Int = 750, exaggeration: Float = 12,
      exaggeratedIterations: Int = 250, learningRate: Float? = nil,
      exaggeratedMomentum: Float = 0.5, momentum: Float = 0.95, seed: UInt64 = 0,
      density: Float = 0,
      gradient: Gradient? = nil
    ) {
      self.perplexity = perplexity
      self.iterations = iterations
      self.exaggeration = exaggeration
      self.exaggeratedIterations = exaggeratedIterations
      self.learningRate = learningRate
      self.exaggeratedMomentum = exaggeratedMomentum
      self.momentum = momentum
      self.seed = seed
      self.density = density
      self.gradient = gradient
    }
  }

  /// How the sum over all pairs is computed.
  package enum Gradient: Equatable, Sendable {
    /// Every pair.
    case exact
    /// A potential on a grid, by fast Fourier transforms (after Linderman et al. 2019).
    case interpolation
    /// A quadtree whose cells stand for their points (van der Maaten 2014).
    case barnesHut
  }

  package let options: Options
  /// The number of steps taken.
  package internal(set) var iteration = 0
  package let affinities: Affinities

  /// The current positions (rows, 2), written by every step.
  let positions: MutableMatrix
  private let attraction: MutableMatrix
  private let repulsion: MutableMatrix
  /// Nil where densities are not asked for, or all alike.
  private let density: DensityTerm?
  var optimizer: Optimizer
  var bounds: LayoutBounds
  private var method: (gradient: Gradient, repulsion: any Repulsion)
  /// Fixed for a number of rows, so that sums have one order.
  private let pieces: Int

  /// Finds neighbours and affinities and places the points; no step is taken yet.
  ///
  /// - Parameters:
  ///   - matrix: (rows, columns), any width; ``reduced(_:to:)`` makes wide ones cheap.
  ///   - progress: the share of this preparation that is done, 0...1.
  /// - Throws: ``ProjectionError`` for input that cannot be projected, and what `checkpoint` throws.
  package init(
    _ matrix: Matrix, options: Options = Options(),
    initialization: Initialization = .principalComponents, checkpoint: Checkpoint = {},
    progress: (Double) -> Void = { _ in }
  ) throws {
    try Self.check(options)
    self.options = options
    let input = try Frame(of: matrix).apply(matrix)
    affinities = try Affinities(
      input, perplexity: options.perplexity, checkpoint: checkpoint, progress: progress)
    positions = MutableMatrix(try initialization.points(of: input, seed: options.seed))
    let rows = matrix.rows
    density =
      options.density > 0
      ? try DensityTerm(
        input, graph: affinities.graph, curve: (1, 1), checkpoint: checkpoint) : nil
    attraction = MutableMatrix(rows: rows, columns: 2)
    repulsion = MutableMatrix(rows: rows, columns: 2)
    optimizer = Optimizer(count: rows)
    bounds = LayoutBounds(of: positions)
    pieces = max(1, min(64, rows / 64))
    let gradient = Self.gradient(options.gradient, rows: rows, bounds: bounds)
    method = (gradient, Self.makeRepulsion(gradient, rows: rows))
  }

  private static func check(_ options: Options) throws(ProjectionError) {
    func require(_ name: String, _ value: Float, _ wanted: String, _ holds: Bool)
      throws(ProjectionError)
    {
      guard holds, value.isFinite else {
        throw .badOption(name: name, found: "\(value)", wanted: wanted)
      }
    }
    try require("perplexity", options.perplexity, "at least 1", options.perplexity >= 1)
    try require("exaggeration", options.exaggeration, "at least 1", options.exaggeration >= 1)
    try require("density", options.density, "0 or more", options.density >= 0)
    try require(
      "iterations", Float(options.iterations), "0 or more", options.iterations >= 0)
    if let rate = options.learningRate { try require("learning rate", rate, "above 0", rate > 0) }
  }

  /// A copy of the points (rows, 2), in the order of the input's rows, around the origin.
  package var points: Matrix {
    var x = 0.0
    var y = 0.0
    for row in 0..<positions.rows {
      x += Double(positions.row(row)[0])
      y += Double(positions.row(row)[1])
    }
    let centre = [Float(x / Double(positions.rows)), Float(y / Double(positions.rows))]
    return Matrix(rows: positions.rows, columns: 2) { positions.row($0)[$1] - centre[$1] }
  }

  /// Whether densities have a part in the next step: in the last ones, without exaggeration.
  private var keepsDensity: Bool {
    !isExaggerating
      && Double(iteration + 1) > (1 - DensityTerm.share) * Double(options.iterations)
  }

  /// Whether the next step is one with exaggeration.
  private var isExaggerating: Bool { iteration < options.exaggeratedIterations }

  /// The factor on attraction in the next step: constant at first, then falling to 1 by equal
  /// factors, because a sudden end leaves points stuck far from their neighbours.
  package var exaggeration: Float {
    let end = options.exaggeratedIterations
    let start = end * 2 / 5
    if iteration >= end { return 1 }
    if iteration <= start { return options.exaggeration }
    return powf(options.exaggeration, Float(end - iteration) / Float(end - start))
  }

  /// Takes one step.
  package func step() { step(checkpoint: {}) }

  /// Takes one step with checkpoints in it, for maps so large that one takes more than 20 ms. When
  /// one throws, the map is as it was before the step.
  package func step(checkpoint: Checkpoint) rethrows {
    let normalisation = try computeForces(checkpoint: checkpoint)
    if keepsDensity, let density {
      // The correlation is to grow; forces are without t-SNE's factor 4.
      try density.measure(positions.elements, checkpoint: checkpoint)
      density.add(to: attraction.elements, scale: -options.density / 4)
    }
    let exaggeration = self.exaggeration
    bounds = optimizer.step(
      positions, attraction: attraction, repulsion: repulsion, normalisation: normalisation,
      exaggeration: exaggeration,
      learningRate: options.learningRate ?? Float(positions.rows) / exaggeration,
      momentum: isExaggerating ? options.exaggeratedMomentum : options.momentum, pieces: pieces)
    iteration += 1
  }

  /// Fills `attraction` and `repulsion`, neither scaled, and returns Z.
  private func computeForces(checkpoint: Checkpoint) rethrows -> Double {
    chooseMethod()
    let repulsive = method.repulsion
    repulsive.prepare(positions, bounds: bounds)
    try checkpoint()
    let rows = positions.rows
    let sums = Buffer<Double>(count: pieces)
    // A large map's pieces go in several rounds, with a checkpoint between them.
    let rounds = max(1, min(pieces, rows / 100_000))
    for round in 0..<rounds {
      if round > 0 { try checkpoint() }
      let first = pieces * round / rounds
      Parallel.forEach(pieces * (round + 1) / rounds - first) { index in
        let piece = first + index
        let range = rows * piece / pieces..<rows * (piece + 1) / pieces
        sums.elements[piece] = repulsive.sample(positions, range: range, forces: repulsion)
        sk_attraction(
          attraction.elements, positions.elements, affinities.offsets.elements,
          affinities.indices.elements, affinities.values.elements, range.lowerBound,
          range.upperBound, 0)
      }
    }
    return normalisation(sums)
  }

  /// Z: the sums of the pieces in order, less each point's 1 with itself; infinite for one point,
  /// which nothing pushes.
  private func normalisation(_ sums: Buffer<Double>) -> Double {
    var total = 0.0
    for piece in 0..<sums.count { total += sums.elements[piece] }
    let rows = Double(positions.rows)
    // No pair is further apart than the diagonal, however little a grid knows of far pairs.
    let width = Double(bounds.highestX) - Double(bounds.lowestX)
    let height = Double(bounds.highestY) - Double(bounds.lowestY)
    let least = rows * (rows - 1) / (1 + width * width + height * height)
    return rows > 1 ? max(total - rows, least) : .infinity
  }

  private func chooseMethod() {
    let wanted = Self.gradient(options.gradient, rows: positions.rows, bounds: bounds)
    guard wanted != method.gradient else { return }
    method = (wanted, Self.makeRepulsion(wanted, rows: positions.rows))
  }

  /// KL(P || Q) of the current layout, P without exaggeration.
  package func divergence() -> Double {
    chooseMethod()
    let rows = positions.rows
    let repulsive = method.repulsion
    repulsive.prepare(positions, bounds: bounds)
    let sums = Buffer<Double>(count: pieces)
    let logarithms = Buffer<Double>(count: pieces)
    Parallel.forEach(pieces) { piece in
      let range = rows * piece / pieces..<rows * (piece + 1) / pieces
      sums.elements[piece] = repulsive.sample(positions, range: range, forces: repulsion)
      logarithms.elements[piece] = sk_attraction_divergence(
        positions.elements, affinities.offsets.elements, affinities.indices.elements,
        affinities.values.elements, range.lowerBound, range.upperBound)
    }
    return affinities.divergence(
      logarithms: logarithms, normalisation: normalisation(sums))
  }
}
