import Core
import LinearAlgebra
import Projection

/// How a layer is laid out on the map.
enum MapMethod: String, CaseIterable, Sendable {
  case principal = "PCA"
  case tsne = "t-SNE"
  /// Along concepts that the user chooses.
  case concepts = "concept axes"
}

/// What t-SNE maps are made with.
struct TSNESettings: Equatable, Sendable {
  static let perplexities: ClosedRange<Float> = 2...200
  var perplexity: Float = 30
  var seed: UInt64 = 0
}

/// A t-SNE map being made.
struct TSNERun: Equatable, Sendable {
  var number: Int
  var layer: Int
  var isPaused = false
}

/// Where a t-SNE map begins.
struct TSNEStart: Equatable, Sendable {
  var points: [SIMD2<Float>]
  /// Whether `points` is a t-SNE layout to go on from, as it is, rather than an arrangement to
  /// begin with.
  var goesOn: Bool
  var settings: TSNESettings
}

/// A t-SNE map of a layer, finished or on its way.
struct Embedding: Equatable, Sendable {
  var layer: Int
  /// One for each row, scaled to a mean squared distance of 1 from the centre.
  var points: [SIMD2<Float>]
  /// As t-SNE left them: what another run goes on from.
  var layout: [SIMD2<Float>]
  var iteration: Int
  var iterations: Int
  /// Kullback-Leibler divergence, without exaggeration.
  var divergence: Float
  var isDone: Bool

  /// Makes the map, showing it about thirty times a second.
  static func make(
    _ states: Matrix, layer: Int, start: TSNEStart, context: JobContext,
    show: (Embedding) -> Void
  ) throws -> Embedding {
    var options = TSNE.Options(
      perplexity: start.settings.perplexity, seed: start.settings.seed)
    if start.goesOn {
      options.exaggeratedIterations = 0
      options.iterations = 500
    }
    let layout = Matrix(rows: start.points.count, columns: 2) { start.points[$0][$1] }
    let tsne = try TSNE(
      TSNE.reduced(states), options: options,
      initialization: start.goesOn ? .layout(layout) : .arrangement(layout),
      checkpoint: context.checkpoint)
    func snapshot(isDone: Bool) -> Embedding {
      // The optimisation may mirror what it began with: turn it back, so that maps do not flip.
      let points = align(tsne.points, to: layout)
      let layout = (0..<points.rows).map { SIMD2(points[$0, 0], points[$0, 1]) }
      return Embedding(
        layer: layer, points: scaled(layout), layout: layout, iteration: tsne.iteration,
        iterations: options.iterations, divergence: Float(tsne.divergence()), isDone: isDone)
    }
    let clock = ContinuousClock()
    var shown = clock.now
    while tsne.iteration < options.iterations {
      try context.checkpoint()
      try tsne.step(checkpoint: context.checkpoint)
      if clock.now - shown >= .milliseconds(33) {
        show(snapshot(isDone: false))
        shown = clock.now
      }
    }
    return snapshot(isDone: true)
  }

  private static func scaled(_ layout: [SIMD2<Float>]) -> [SIMD2<Float>] {
    let sum = layout.reduce(Float(0)) { $0 + ($1 * $1).sum() }
    guard sum > 0 else { return layout }
    let scale = (Float(layout.count) / sum).squareRoot()
    return layout.map { $0 * scale }
  }
}

/// How far the neighbourhoods of a map can be trusted; nil where it could not be measured.
struct MapTrust: Equatable, Sendable {
  var trustworthiness: Float?
  /// The share of the 10 nearest rows in the map that are among the 10 nearest in the states.
  var neighboursKept: Float?

  /// The lower of both, figure by figure.
  func lower(_ other: MapTrust) -> MapTrust {
    func lower(_ a: Float?, _ b: Float?) -> Float? { a.flatMap { a in b.map { min(a, $0) } } }
    return MapTrust(
      trustworthiness: lower(trustworthiness, other.trustworthiness),
      neighboursKept: lower(neighboursKept, other.neighboursKept))
  }

  static func measure(
    _ points: [SIMD2<Float>], of states: Matrix, context: JobContext
  ) throws -> MapTrust {
    let map = Matrix(rows: points.count, columns: 2) { points[$0][$1] }
    let quality = try MapQuality.measure(map, of: states, checkpoint: context.checkpoint)
    return MapTrust(
      trustworthiness: quality.trustworthiness.map { Float($0) },
      neighboursKept: quality.neighboursKept.map { Float($0) })
  }
}

/// Which map a ``MapTrust`` is of.
struct QualityKey: Hashable, Sendable {
  var layer: Int
  var method: MapMethod
  /// Of a map along axes.
  var axes = MapAxes.firstTwo
}
