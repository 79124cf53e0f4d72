import ArgumentParser
import Foundation
import LinearAlgebra
import SeerFormats
import SeerProjection
import SeerRuns
import SeerSupport

struct ProjectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "project",
    abstract: "Project one layer's states, or any matrix, to a few coordinates.",
    discussion: """
      Example:
        seer project --run my-run --layer 24 --method tsne --output map.csv
        seer project --matrix states.npy --method pca --components 3 --output map.csv
        seer project --run my-run --layer 24 --method axes --axes prototype:honesty,probe:bias \
          --output map.csv

      A projection that takes steps and is stopped goes on where it was when the same command is given
      again: until it is done, map.csv.checkpoint lies beside map.csv.

      --axes takes two directions with a comma between them, or plane:CONCEPT,CONCEPT,CONCEPT:
        prototype:CONCEPT  from the mean of all other rows to the concept's
        probe:CONCEPT      a linear probe's weights for the concept
        vector:FILE        a control vector (.gguf) at the layer, or one row of an .npy file
        readout            what was tuned: the mean of --tuned less the mean of --run

      --matrix takes the one array of an .npy, .npz or safetensors file: float16, float32, float64
      or integers, in any order of bytes and axes.

      Options of the methods:
      \(LayoutArguments.help)
      """.reflowed)

  @Option(name: .customLong("run"), help: "A run folder.") var folder: String?
  @Option(help: "The layer of the run.") var layer: Int?
  @Option(help: "A file with one array, (rows, columns), in place of a run.") var matrix: String?
  @Option(help: "What numbers of two bytes without a type's name are, in --matrix: bfloat16.")
  var dtype: TwoByteType?
  @Option(help: "How to project.") var method = LayoutArgument(Layouts.standard)
  @Option(help: "How many coordinates.") var components = 2
  @Option(help: "The seed of everything random.") var seed: UInt64 = 0
  @Option(help: "The CSV file to write.") var output: String
  @Option(help: "What --method axes draws along.") var axes: String?
  @Option(help: "A run of the tuned model over the same rows, for the axis `readout`.")
  var tuned: String?
  @Flag(help: "Print one JSON object.") var json = false
  /// What the methods' own options are read from.
  @Argument(parsing: .allUnrecognized, help: .hidden) var others: [String] = []

  private var layout: any Layout { method.layout }

  func validate() throws {
    guard (folder == nil) != (matrix == nil) else {
      throw ValidationError("Give either --run and --layer, or --matrix.")
    }
    guard (folder == nil) == (layer == nil) else {
      throw ValidationError("--layer goes with --run: give the layer of the run.")
    }
    try checkNumber("layer", layer, from: 0, to: mostCounted)
    try checkNumber("components", components, from: 1, to: mostCounted)
    guard dtype == nil || matrix != nil else {
      throw ValidationError("--dtype goes with --matrix: a run knows its own type.")
    }
    guard layout.components.contains(components) else {
      throw ValidationError(
        "--components: found \(components), wanted \(layout.rangeOfComponents).")
    }
    guard axes == nil || layout is AxesLayout else {
      throw ValidationError("--axes goes with --method \(AxesLayout().name).")
    }
    guard axes != nil || !(layout is AxesLayout) else {
      throw ValidationError("--axes: found none, wanted \(AxisNames.wanted).")
    }
    if let axes, AxisNames(axes) == nil {
      throw ValidationError("--axes: found \(axes), wanted \(AxisNames.wanted).")
    }
    guard tuned == nil || axes != nil && folder != nil else {
      throw ValidationError("--tuned goes with --run and --axes.")
    }
    _ = try settings()
  }

  private func settings() throws -> (settings: LayoutSettings, notes: [String]) {
    try LayoutArguments.settings(others, for: layout, components: components, seed: seed)
  }

  struct Result: Encodable {
    let rows: Int
    let seconds: Double
    /// Of this map; ``Layouts/figures`` has those of all layouts.
    let figures: [(figure: LayoutFigure, value: LayoutFigure.Value)]
    let trustworthiness: Double?
    let neighboursKept: Double?
    let randomTriplets: Double?
    let distanceCorrelation: Double?
    let densityCorrelation: Double?

    // The contract's keys are always there; where a method has no such figure, null, or a list of
    // none.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(rows, forKey: Key("rows"))
      try container.encode(seconds, forKey: Key("seconds"))
      for figure in Layouts.figures {
        let value = figures.first { $0.figure.key == figure.key }?.value
        try container.encode(
          value ?? (figure.isShares ? .shares([]) : nil), forKey: Key(figure.key))
      }
      try container.encode(trustworthiness, forKey: Key("trustworthiness"))
      try container.encode(neighboursKept, forKey: Key("neighboursKept"))
      try container.encode(randomTriplets, forKey: Key("randomTriplets"))
      try container.encode(distanceCorrelation, forKey: Key("distanceCorrelation"))
      try container.encode(densityCorrelation, forKey: Key("densityCorrelation"))
    }

    private struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(_ name: String) { stringValue = name }
      init?(stringValue: String) { self.init(stringValue) }
      init?(intValue: Int) { nil }
    }
  }

  func run() throws {
    try OutputFile.check(
      output, isNoneOf: [folder, tuned].compactMap { $0 }.flatMap(Run.files), matrix)
    Report.makeWay(for: output)
    let command = self
    let (result, notes) = try runJob("project", showsProgress: true) { context in
      try command.project(context)
    }
    for note in notes { Report.note(note) }
    if json { return try Report.json(result) }
    var parts = ["\(output): \(result.rows) rows, \(Report.rounded(result.seconds, 3)) s"]
    parts += result.figures.map { "\($0.figure.label) \($0.value.text)" }
    if let trust = result.trustworthiness {
      parts.append("trustworthiness \(Report.rounded(trust, 3))")
    }
    if let kept = result.neighboursKept {
      parts.append("neighbours kept \(Report.rounded(100 * kept, 0)) %")
    }
    if let triplets = result.randomTriplets {
      parts.append("random triplets \(Report.rounded(triplets, 3))")
    }
    if let correlation = result.distanceCorrelation {
      parts.append("distance correlation \(Report.rounded(correlation, 3))")
    }
    if let correlation = result.densityCorrelation {
      parts.append("density correlation \(Report.rounded(correlation, 3))")
    }
    Report.line(parts.joined(separator: ", "))
  }

  private func project(_ context: JobContext) throws -> (Result, notes: [String]) {
    var run: Run?
    let states: ScaledMatrix
    let source: String
    if let folder, let layer {
      let opened = try Run.open(folder)
      run = opened
      states = ScaledMatrix(matrix: try opened.states(layer: layer))
      source = "\(folder), layer \(layer)"
    } else {
      source = matrix ?? ""
      states = try MatrixFile.read(source, readsBFloat16: dtype != nil)
    }
    do {
      return try project(states.matrix, unit: states.unit, run, context)
    } catch let error as ProjectionError {
      throw Failure(error, of: source)
    }
  }

  private func project(
    _ states: Matrix, unit: Double, _ run: Run?, _ context: JobContext
  ) throws -> (Result, notes: [String]) {
    guard components <= max(2, states.columns) else {
      throw Failure(
        .usage, place: "--components", found: "\(components)",
        wanted: "at most \(states.columns), the width of the states")
    }
    var (settings, notes) = try settings()
    settings.concepts = run.map { RowConcepts($0.rows) }
    if let names = axes.flatMap(AxisNames.init) {
      settings.axes = try AxisArguments(
        names: names, concepts: settings.concepts, states: states, layer: layer, run: run,
        tuned: try tuned.map(Run.open)
      ).chosen()
    }
    let started = ContinuousClock.now
    let work = ProjectionWork(layout: layout, settings: settings, output: output)
    let map = try work.run(states, context)
    notes += map.notes
    let seconds = started.duration(to: .now).seconds
    let quality = try MapQuality.measure(
      map.result.points, of: states, checkpoint: context.checkpoint)
    let global = try GlobalQuality.measure(
      map.result.points, of: states, checkpoint: context.checkpoint)
    let density = try DensityQuality.measure(
      map.result.points, of: states, checkpoint: context.checkpoint)
    try OutputFile.write(
      table(map.result.points, unit: layout.keepsUnit ? unit : 1, run?.rows ?? []), to: output)
    work.finish()
    let result = Result(
      rows: states.rows, seconds: seconds, figures: Array(zip(layout.figures, map.result.figures)),
      trustworthiness: quality.trustworthiness, neighboursKept: quality.neighboursKept,
      randomTriplets: global.randomTriplets, distanceCorrelation: global.distanceCorrelation,
      densityCorrelation: density)
    return (result, notes + map.result.notes + layout.optionCautions(map.result.settings))
  }

  private func table(_ points: Matrix, unit: Double, _ rows: [RunRow]) -> String {
    let more = (2..<max(2, points.columns)).map { "pc\($0 + 1)" }
    var text = CSV.line(["x", "y"] + more + ["row", "concept"])
    for index in 0..<points.rows {
      let place = points.values(row: index).map {
        unit == 1 ? "\($0)" : "\(Double($0) * unit)"
      }
      let row = index < rows.count ? rows[index] : nil
      text += CSV.line(place + [String(row?.row ?? index), row?.concept ?? ""])
    }
    return text
  }
}
