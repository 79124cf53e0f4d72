import LinearAlgebra
import SeerProjection
import SeerSupport

/// What a map that grows is made from.
package struct LayoutStart: Equatable, Sendable {
  /// The screen's number of this work.
  package var run: Int
  package var kind: GrowingKind
  /// The index of the layer.
  package var layer: Int
  package var points: [SIMD2<Float>]
  /// Whether `points` is a layout to go on from, as it is, rather than an arrangement to begin with.
  package var goesOn: Bool
  package var settings: LayoutSettings

  package init(
    run: Int, kind: GrowingKind, layer: Int, points: [SIMD2<Float>], goesOn: Bool,
    settings: LayoutSettings
  ) {
    self.run = run
    self.kind = kind
    self.layer = layer
    self.points = points
    self.goesOn = goesOn
    self.settings = settings
  }
}

/// A map of a layer by a layout that grows, finished or on its way.
package struct Embedding: Equatable, Sendable {
  /// The number of the work that makes it, or made it.
  package var run: Int
  package var kind: GrowingKind
  package var layer: Int
  /// One for each row, scaled to a mean squared distance of 1 from the centre.
  package var points: [SIMD2<Float>]
  /// As the layout left them: what another run goes on from.
  package var layout: [SIMD2<Float>]
  package var iteration: Int
  package var iterations: Int
  /// One for each of the layout's figures.
  package var figures: [LayoutFigure.Value]
  /// What it is made with; the layout may have had to differ from what was asked for.
  package var settings: LayoutSettings
  /// What the user should know of that: sentences.
  package var notes: [String]
  package var isDone: Bool

  package init(
    _ start: LayoutStart, points: [SIMD2<Float>], layout: [SIMD2<Float>], iteration: Int,
    iterations: Int, figures: [LayoutFigure.Value] = [], settings: LayoutSettings? = nil,
    notes: [String] = [], isDone: Bool
  ) {
    run = start.run
    kind = start.kind
    layer = start.layer
    self.points = points
    self.layout = layout
    self.iteration = iteration
    self.iterations = iterations
    self.figures = figures
    self.settings = settings ?? start.settings
    self.notes = notes
    self.isDone = isDone
  }

  /// Makes the map, showing it about thirty times a second.
  package static func make(
    _ states: Matrix, _ start: LayoutStart, context: JobContext, show: (Embedding) -> Void
  ) throws -> Embedding {
    let before = Matrix(points: start.points)
    // What is begun from concepts does not take over an arrangement.
    let isArranged = start.settings[.start] == LayoutOption.start.standard
    let run = try start.kind.layout.layout.begin(
      states, start.settings,
      start: start.goesOn ? .layout(before) : isArranged ? .arrangement(before) : nil,
      checkpoint: context.checkpoint, progress: { _ in })
    func snapshot(isDone: Bool) -> Embedding {
      let result = run.result()
      // The optimisation may mirror what it began with: turn it back, so that maps do not flip.
      let points = align(result.points, to: before)
      let scale = unitScale(of: points)
      let layout = points.points
      return Embedding(
        start, points: layout.map { $0 * scale }, layout: layout, iteration: run.iteration,
        iterations: run.iterations, figures: result.figures, settings: result.settings,
        notes: result.notes, isDone: isDone)
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

  /// Whether it was made to keep crowded rows crowded.
  package var keepsDensity: Bool { settings[.density] != LayoutOption.density.standard }

  /// What the map was made with, as a recipe has it: every option, and the steps as they were taken.
  package var recipe: [String: String] {
    var recipe: [String: String] = [:]
    for option in kind.layout.layout.options {
      recipe[option.name] = option.text(settings[option])
    }
    recipe["iterations"] = "\(iteration)"
    return recipe
  }
}
