import LinearAlgebra

/// UMAP of the first 50 principal components: ``UMAP`` as a layout.
package struct UMAPLayout: IterativeLayout {
  package init() {}

  package static let neighbours = LayoutOption(
    "neighbours", "nearest rows that a row is compared with, itself among them", standard: 15,
    in: 2...1000, isWhole: true, isCaptioned: true, byKeys: 2...200)
  package static let minDistance = LayoutOption(
    "min-dist", "how near points may come to each other, in units of the map", standard: 0.1,
    in: 0...2)
  package static let iterations = LayoutOption(
    "iterations",
    "epochs; 0 takes 500 up to 5,000 rows, 350 up to 20,000, 250 beyond; 200 more with densities",
    standard: 0,
    in: LayoutOption.atLeast(0), isWhole: true)
  package static let spectral = LayoutOption(
    "spectral", "1 starts from the graph's eigenvectors, 0 from principal components",
    standard: 0, in: 0...1, isWhole: true)

  package let name = "umap"
  package let title = "UMAP"
  package let components = 2...2
  package let isSeeded = true
  package let leastRows = 4
  package let options: [LayoutOption] = [
    neighbours, minDistance, iterations, spectral, .density, .start,
  ]
  package let figures = [LayoutFigure("umap_loss", "loss")]
  package let caution = "Cluster distances say little, and gaps can be made up."

  package func begin(
    _ matrix: Matrix, _ settings: LayoutSettings, start: Initialization?, checkpoint: Checkpoint,
    progress: (Double) -> Void
  ) throws -> any LayoutRun {
    try check(settings)
    var options = UMAP.Options()
    options.neighbours = Int(settings[Self.neighbours])
    options.minDistance = Float(settings[Self.minDistance])
    options.epochs = settings[Self.iterations] > 0 ? Int(settings[Self.iterations]) : nil
    options.seed = settings.seed
    // densMAP's own weight is 2.
    options.density = 2 * Float(settings[.density])
    let isSpectral = settings[Self.spectral] == 1
    guard !isSpectral || settings[.start] == LayoutOption.start.standard else {
      throw ProjectionError.badOption(
        name: Self.spectral.name, found: "1 with another start",
        wanted: "one of them: --spectral 1 or --start")
    }
    // A finished map that is gone on with is not stirred up again.
    if case .layout = start { options.rate = 0.01 }
    let input = try LayoutInput(of: matrix, checkpoint: checkpoint)
    let umap = try UMAP(
      input.rows, options: options, initialization: settings.start(start) ?? .principalComponents,
      isSpectral: isSpectral, checkpoint: checkpoint, progress: progress)
    return Run(umap: umap, input: input, settings: settings)
  }

  private final class Run: LayoutRun {
    private let umap: UMAP
    private let input: LayoutInput
    private let settings: LayoutSettings

    init(umap: UMAP, input: LayoutInput, settings: LayoutSettings) {
      self.umap = umap
      self.input = input
      self.settings = settings
    }

    var iteration: Int { umap.epoch }
    var iterations: Int { umap.epochs }
    var points: Matrix { umap.points }
    func objective() -> Double { umap.loss() }
    func step(checkpoint: Checkpoint) throws { try umap.step(checkpoint: checkpoint) }
    var moment: MapMoment { umap.moment }
    func restore(_ moment: MapMoment) throws(ProjectionError) { try umap.restore(moment) }

    func result() -> LayoutResult {
      let points = umap.points
      let asked = UMAPLayout.neighbours
      var used = settings
      used[UMAPLayout.iterations] = Double(umap.epochs)
      var notes: [String] = []
      if umap.neighbours + 1 < umap.options.neighbours {
        used[asked] = Double(max(2, umap.neighbours + 1))
        notes.append(
          "The neighbours were lowered from \(umap.options.neighbours) to \(umap.neighbours + 1) "
            + "for so few rows (\(points.rows)).")
      }
      let (input, options) = (input, umap.options)
      return LayoutResult(
        points: points, figures: [.number(umap.loss())], settings: used, notes: notes
      ) { rows, checkpoint in
        return try UMAP.place(
          input.apply(rows), among: input.rows, map: points, options: options,
          checkpoint: checkpoint)
      }
    }
  }
}
