import SeerSupport

/// Writes a model with an adapter merged into its weights: a GGUF file, or a folder with
/// `config.json` and `model.safetensors`.
package struct Merging: Sendable {
  package enum WeightType: String, CaseIterable, Sendable {
    case f16, q8_0
  }

  package var model: String
  package var adapter: String
  /// Ends in `.gguf`, or names a folder.
  package var output: String
  package var type = WeightType.f16

  package init(model: String, adapter: String, output: String) {
    self.model = model
    self.adapter = adapter
    self.output = output
  }

  package func run(_ context: JobContext) throws {
    let language = try LanguageModel(model)
    let weights = MergedWeights(
      model: language.transformer,
      adapter: try AdapterFile.read(adapter, for: language.configuration))
    if let found = weights.unmergeable {
      throw Failure(
        .badData, file: adapter, found: found, wanted: "what the model's own weights can hold",
        advice: "Use --adapter with the model, or merge with peft.")
    }
    let merged = MergedModel(source: language.source, weights: weights, type: type)
    if output.hasSuffix(".gguf") {
      try merged.writeGGUF(output, context)
    } else {
      try merged.writeFolder(output, context)
    }
  }
}
