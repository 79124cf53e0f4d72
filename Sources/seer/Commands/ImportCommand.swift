import ArgumentParser
import SeerRuns
import SeerSupport

extension StateAxes: ExpressibleByArgument {}

/// What numbers of two bytes are where a file does not say: NumPy has no name for bfloat16.
enum TwoByteType: String, ExpressibleByArgument, CaseIterable {
  case bfloat16
}

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a run of states that another program computed.",
    discussion: """
      The states are an .npy, .npz or safetensors file, or a folder with one such file for each
      layer: float16, float32, float64, bfloat16 or integers, in any order of bytes and axes. The
      rows are a concept file (prompt, value, response, split), or the rows.csv of a run, with a
      row for each row of the states, in their order.

      A layer is the residual stream after that many blocks: 0 is the input of the first one. With
      --first-layer another program's numbers are put right: 1 where it leaves the embedding out.
      Arrays with the layer in their names (layer_0, layer_1; blocks.0.hook_resid_post) are a
      layer each; of a file with others, too, --tensor takes some: a * stands for the number.

      No model belongs to such a run: nothing can be scored with it.

      Example:
        seer import --states states.npy --rows concepts.csv --axes layers,rows,width --run my-run
        seer import --states cache.safetensors --tensor "blocks.*.hook_resid_post" \
      --rows concepts.csv --model-name gpt2 --run my-run
      """.reflowed)

  @Option(help: "A file of arrays, or a folder with one a layer.") var states: String
  @Option(help: "The rows that the states belong to.") var rows: String
  @OptionGroup var columns: RowColumnArguments
  @Option(name: .customLong("run"), help: "The folder to write.") var folder: String
  @Option(help: "What the axes are, the outermost first.") var axes: StateAxes?
  @Option(help: "The number of the first layer.") var firstLayer: Int?
  @Option(help: "Which array, where a file has several; * stands for the layer's number.")
  var tensor: String?
  @Option(help: "What numbers of two bytes without a type's name are: bfloat16.")
  var dtype: TwoByteType?
  @Option(help: "The model, as the run is to name it.") var modelName: String?
  @Option(help: "The chat template, as the run is to name it.") var templateName: String?
  @Option(help: "Which tokens speak for a row, as the run is to say.") var position: Position?
  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    let layers: [Int]
    let rows: Int
    let width: Int
  }

  func validate() throws {
    if let firstLayer, !(0...100_000).contains(firstLayer) {
      throw ValidationError("--first-layer: found \(firstLayer), wanted 0 to 100000.")
    }
  }

  func run() throws {
    var order = StateImport(states: states, rows: rows, folder: folder, tool: Version.tool)
    order.columns = columns.names
    order.axes = axes
    order.firstLayer = firstLayer
    order.tensor = tensor
    order.readsBFloat16 = dtype == .bfloat16
    order.modelName = modelName
    order.templateName = templateName
    order.position = position
    let job = order
    let summary = try runJob("import", showsProgress: true) { try job.run($0) }
    RunLocator.remember(folder)
    for note in summary.notes { Report.note(note) }
    if json {
      return try Report.json(
        Result(layers: summary.layers, rows: summary.rows, width: summary.width))
    }
    Report.line(
      "\(folder): \(summary.rows) rows of width \(summary.width), "
        + "layers \(Run.described(summary.layers))")
  }
}
