/// Writes a model with an adapter merged into its weights: a GGUF file, or a folder with
/// `config.json` and `model.safetensors`.
public struct Merging: Sendable {
  public enum WeightType: String, CaseIterable, Sendable {
    case f16, q8_0
  }

  public var model: String
  public var adapter: String
  /// Ends in `.gguf`, or names a folder.
  public var output: String
  public var type = WeightType.f16

  public init(model: String, adapter: String, output: String) {
    self.model = model
    self.adapter = adapter
    self.output = output
  }

  public func run(_ context: JobContext) throws {
    let language = try LanguageModel(model)
    let merged = MergedModel(
      source: language.source,
      weights: MergedWeights(
        model: language.transformer,
        adapter: try AdapterFile.read(adapter, for: language.configuration)), type: type)
    if output.hasSuffix(".gguf") {
      try merged.writeGGUF(output, context)
    } else {
      try merged.writeFolder(output, context)
    }
  }
}
