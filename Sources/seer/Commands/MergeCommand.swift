import ArgumentParser
import SeerFormats
import SeerModels
import SeerSupport

extension Merging.WeightType: ExpressibleByArgument {}

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Write a model with an adapter merged into its weights.",
    discussion: """
      An output that ends in .gguf is a GGUF file; another one is a folder with config.json and
      model.safetensors (without a tokenizer: take the base model's).

      Example:
        seer merge --model smollm2 --adapter my-adapter --type q8_0 --output tuned.gguf
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(help: "A PEFT adapter folder.") var adapter: String
  @Option(help: "How matrices are stored.") var type = Merging.WeightType.f16
  @Option(help: "A file that ends in .gguf, or a folder.") var output: String

  func run() throws {
    let isFile = output.hasSuffix(".gguf")
    let names = [HuggingFaceFolder.configurationName, HuggingFaceFolder.weightsName]
    for file in isFile ? [output] : names.map({ output + "/" + $0 }) {
      try OutputFile.check(
        file, isNoneOf: AdapterFile.files(adapter), try? ModelLocator.path(of: model))
    }
    Report.makeWay(for: output)
    var merging = Merging(model: model, adapter: adapter, output: output)
    merging.type = type
    let job = merging
    try runJob("merge", priority: .training, showsProgress: true) { try job.run($0) }
    Report.line(output)
  }
}
