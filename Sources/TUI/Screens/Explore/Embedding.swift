import LinearAlgebra
import SeerProjection
import SeerSupport

/// How a layer is laid out on the map.
package enum MapMethod: String, CaseIterable, Sendable {
  case principal = "PCA"
  case tsne = "t-SNE"
  /// Along concepts that the user chooses.
  case concepts = "concept axes"
}

/// What t-SNE maps are made with.
package struct TSNESettings: Equatable, Sendable {
  static let perplexities: ClosedRange<Float> = 2...200
  package var perplexity: Float = 30
  package var seed: UInt64 = 0

  package init(perplexity: Float = 30, seed: UInt64 = 0) {
    self.perplexity = perplexity
    self.seed = seed
  }
}

/// A t-SNE map being made.
package struct TSNERun: Equatable, Sendable {
  package var number: Int
  package var layer: Int
  package var isPaused = false
}

/// Where a t-SNE map begins.
package struct TSNEStart: Equatable, Sendable {
  package var points: [SIMD2<Float>]
  /// Whether `points` is a t-SNE layout to go on from, as it is, rather than an arrangement to
  /// begin with.
  package var goesOn: Bool
  package var settings: TSNESettings

  package init(points: [SIMD2<Float>], goesOn: Bool, settings: TSNESettings) {
    self.points = points
    self.goesOn = goesOn
    self.settings = settings
  }
}

/// A t-SNE map of a layer, finished or on its way.
package struct Embedding: Equatable, Sendable {
  package var layer: Int
  /// One for each row, scaled to a mean squared distance of 1 from the centre.
  package var points: [SIMD2<Float>]
  /// As t-SNE left them: what another run goes on from.
  package var layout: [SIMD2<Float>]
  package var iteration: Int
  package var iterations: Int
  /// Kullback-Leibler divergence, without exaggeration.
  package var divergence: Float
  package var isDone: Bool

  package init(
    layer: Int, points: [SIMD2<Float>], layout: [SIMD2<Float>], iteration: Int, iterations: Int,
    divergence: Float, isDone: Bool
  ) {
    self.layer = layer
    self.points = points
    self.layout = layout
    self.iteration = iteration
    self.iterations = iterations
    self.divergence = divergence
    self.isDone = isDone
  }

  /// Makes the map, showing it about thirty times a second.
  package static func make(
    _ states: Matrix, layer: Int, start: TSNEStart, context: JobContext,
    show: (Embedding) -> Void
  ) throws -> Embedding {
    var settings = LayoutSettings(seed: start.settings.seed)
    settings[TSNELayout.perplexity] = Double(start.settings.perplexity)
    if start.goesOn { settings[TSNELayout.iterations] = 500 }
    let layout = Matrix(points: start.points)
    let run = try TSNELayout().begin(
      states, settings, start: start.goesOn ? .layout(layout) : .arrangement(layout),
      checkpoint: context.checkpoint, progress: { _ in })
    func snapshot(isDone: Bool) -> Embedding {
      // The optimisation may mirror what it began with: turn it back, so that maps do not flip.
      let points = align(run.points, to: layout)
      let scale = unitScale(of: points)
      let layout = points.points
      return Embedding(
        layer: layer, points: layout.map { $0 * scale }, layout: layout, iteration: run.iteration,
        iterations: run.iterations, divergence: Float(run.objective()), isDone: isDone)
    }
    let clock = ContinuousClock()
    var shown = clock.now
    try run.finish(
      every: 1, checkpoint: context.checkpoint,
      observer: {
        if clock.now - shown >= .milliseconds(33) {
          show(snapshot(isDone: false))
          shown = clock.now
        }
        return true
      })
    return snapshot(isDone: true)
  }
}

/// The t-SNE maps of a run's layers.
package struct TSNEMaps: Sendable {
  package var embeddings: [Int: Embedding] = [:]
  package var settings = TSNESettings()
  /// The layer whose map is being made, and the number of that work.
  package var running: TSNERun?
  var lastRun = 0
}

/// How far the neighbourhoods of a map can be trusted; nil where it could not be measured.
package struct MapTrust: Equatable, Sendable {
  package var trustworthiness: Float?
  /// The share of the 10 nearest rows in the map that are among the 10 nearest in the states.
  package var neighboursKept: Float?

  package init(trustworthiness: Float? = nil, neighboursKept: Float? = nil) {
    self.trustworthiness = trustworthiness
    self.neighboursKept = neighboursKept
  }

  /// The lower of both, figure by figure.
  package func lower(_ other: MapTrust) -> MapTrust {
    func lower(_ a: Float?, _ b: Float?) -> Float? { a.flatMap { a in b.map { min(a, $0) } } }
    return MapTrust(
      trustworthiness: lower(trustworthiness, other.trustworthiness),
      neighboursKept: lower(neighboursKept, other.neighboursKept))
  }

  package static func measure(
    _ points: [SIMD2<Float>], of states: Matrix, context: JobContext
  ) throws -> MapTrust {
    let quality = try MapQuality.measure(
      Matrix(points: points), of: states, checkpoint: context.checkpoint)
    return MapTrust(
      trustworthiness: quality.trustworthiness.map { Float($0) },
      neighboursKept: quality.neighboursKept.map { Float($0) })
  }
}

/// Which map a ``MapTrust`` is of.
package struct QualityKey: Hashable, Sendable {
  package var layer: Int
  package var method: MapMethod
  /// Of a map along axes.
  package var axes = MapAxes.components(0, 1)

  package init(layer: Int, method: MapMethod, axes: MapAxes = .components(0, 1)) {
    self.layer = layer
    self.method = method
    self.axes = axes
  }
}
