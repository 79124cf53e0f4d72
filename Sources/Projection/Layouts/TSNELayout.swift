import LinearAlgebra

/// t-SNE of the first 50 principal components: ``TSNE`` as a layout.
package struct TSNELayout: IterativeLayout {
  package init() {}

  package static let perplexity = LayoutOption(
    "perplexity", "the effective number of neighbours; lowered where rows are few", standard: 30,
    in: LayoutOption.atLeast(1), isCaptioned: true, byKeys: 2...200)
  package static let iterations = LayoutOption(
    "iterations", "steps, those with exaggeration included", standard: 750,
    in: LayoutOption.atLeast(1), isWhole: true)
  package static let exaggeration = LayoutOption(
    "exaggeration", "the factor on attraction in the first steps", standard: 12, in: 1...1000)

  package let name = "tsne"
  package let title = "t-SNE"
  package let components = 2...2
  package let isSeeded = true
  package let leastRows = 4
  package let options: [LayoutOption] = [perplexity, iterations, exaggeration, .density, .start]
  package let figures = [LayoutFigure("kl_divergence", "KL")]
  package let caution = "Cluster distances say little."

  package func begin(
    _ matrix: Matrix, _ settings: LayoutSettings, start: Initialization?, checkpoint: Checkpoint,
    progress: (Double) -> Void
  ) throws -> any LayoutRun {
    try check(settings)
    var options = TSNE.Options(
      perplexity: Float(settings[Self.perplexity]), iterations: Int(settings[Self.iterations]),
      exaggeration: Float(settings[Self.exaggeration]), seed: settings.seed,
      // den-SNE's own weight is 0.1.
      density: 0.1 * Float(settings[.density]))
    // A finished map that is gone on with is not blown up again.
    if case .layout = start {
      options.iterations = max(1, options.iterations - options.exaggeratedIterations)
      options.exaggeratedIterations = 0
    }
    let reduction = try Reduction(of: matrix, checkpoint: checkpoint)
    let input = try reduction.apply(matrix)
    let tsne = try TSNE(
      input, options: options, initialization: settings.start(start) ?? .principalComponents,
      checkpoint: checkpoint, progress: progress)
    return Run(tsne: tsne, input: input, reduction: reduction, settings: settings)
  }

  private final class Run: LayoutRun {
    private let tsne: TSNE
    private let input: Matrix
    private let reduction: Reduction
    private let settings: LayoutSettings

    init(tsne: TSNE, input: Matrix, reduction: Reduction, settings: LayoutSettings) {
      self.tsne = tsne
      self.input = input
      self.reduction = reduction
      self.settings = settings
    }

    var iteration: Int { tsne.iteration }
    var iterations: Int { tsne.options.iterations }
    var points: Matrix { tsne.points }
    func objective() -> Double { tsne.divergence() }
    func step(checkpoint: Checkpoint) throws { try tsne.step(checkpoint: checkpoint) }
    var moment: MapMoment { tsne.moment }
    func restore(_ moment: MapMoment) throws(ProjectionError) { try tsne.restore(moment) }

    func result() -> LayoutResult {
      let points = tsne.points
      let asked = TSNELayout.perplexity
      let perplexity = tsne.affinities.perplexity
      var used = settings
      var notes: [String] = []
      if tsne.affinities.perplexityWasLowered {
        used[asked] = Double(perplexity)
        notes.append(
          "The perplexity was lowered from \(asked.text(settings[asked])) to \(perplexity) for so "
            + "few rows (\(points.rows)).")
      }
      let (input, reduction) = (input, reduction)
      return LayoutResult(
        points: points,
        // Rounding can leave a perfect map's KL a hair below 0.
        figures: [.number(max(0, tsne.divergence()))], settings: used, notes: notes
      ) { rows, checkpoint in
        try TSNE.place(
          reduction.apply(rows), among: input, map: points, perplexity: perplexity,
          checkpoint: checkpoint)
      }
    }
  }
}
