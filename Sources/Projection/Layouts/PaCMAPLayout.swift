import LinearAlgebra

/// PaCMAP of the first 50 principal components: ``PaCMAP`` as a layout.
package struct PaCMAPLayout: IterativeLayout {
  package init() {}

  package static let neighbours = LayoutOption(
    "neighbours", "near pairs that a row begins", standard: 10, in: 1...1000, isWhole: true,
    isCaptioned: true, byKeys: 2...200)
  package static let iterations = LayoutOption(
    "iterations", "steps in all three phases", standard: 450, in: LayoutOption.atLeast(1),
    isWhole: true)

  package let name = "pacmap"
  package let title = "PaCMAP"
  package let components = 2...2
  package let isSeeded = true
  package let leastRows = 4
  package let options: [LayoutOption] = [neighbours, iterations, .start]
  package let figures = [LayoutFigure("pacmap_loss", "loss")]
  package let caution = "Distances in a cluster say little, the coarse arrangement more."

  package func begin(
    _ matrix: Matrix, _ settings: LayoutSettings, start: Initialization?, checkpoint: Checkpoint,
    progress: (Double) -> Void
  ) throws -> any LayoutRun {
    try check(settings)
    var options = PaCMAP.Options()
    options.neighbours = Int(settings[Self.neighbours])
    options.iterations = Int(settings[Self.iterations])
    options.seed = settings.seed
    if case .layout = start {
      options.isSettled = true
      options.rate = 0.02
    }
    let input = try LayoutInput(of: matrix, checkpoint: checkpoint)
    let pacmap = try PaCMAP(
      input.rows, options: options, initialization: settings.start(start) ?? .principalComponents,
      checkpoint: checkpoint, progress: progress)
    return Run(pacmap: pacmap, input: input, settings: settings)
  }

  private final class Run: LayoutRun {
    private let pacmap: PaCMAP
    private let input: LayoutInput
    private let settings: LayoutSettings

    init(pacmap: PaCMAP, input: LayoutInput, settings: LayoutSettings) {
      self.pacmap = pacmap
      self.input = input
      self.settings = settings
    }

    var iteration: Int { pacmap.iteration }
    var iterations: Int { pacmap.iterations }
    var points: Matrix { pacmap.points }
    func objective() -> Double { pacmap.loss() }
    func step(checkpoint: Checkpoint) throws { try pacmap.step(checkpoint: checkpoint) }
    var moment: MapMoment { pacmap.moment }
    func restore(_ moment: MapMoment) throws(ProjectionError) { try pacmap.restore(moment) }

    func result() -> LayoutResult {
      let points = pacmap.points
      let asked = pacmap.options.neighbours
      var used = settings
      var notes: [String] = []
      if pacmap.counts.near < asked {
        used[PaCMAPLayout.neighbours] = Double(max(1, pacmap.counts.near))
        notes.append(
          "The neighbours were lowered from \(asked) to \(pacmap.counts.near) for so few rows "
            + "(\(points.rows)).")
      }
      let (input, near) = (input, max(1, pacmap.counts.near))
      return LayoutResult(
        points: points, figures: [.number(pacmap.loss())], settings: used, notes: notes
      ) { rows, checkpoint in
        return try PaCMAP.place(
          input.apply(rows), among: input.rows, map: points, neighbours: near,
          checkpoint: checkpoint)
      }
    }
  }
}
