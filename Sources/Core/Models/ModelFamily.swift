import SeerFormats
import SeerSupport
import SeerTokenizers

/// One family of models: by which names files call it, how it is opened, and what is written of it.
struct ModelFamily: Sendable {
  /// `general.architecture` of GGUF files.
  let architectures: [String]
  /// `model_type` of Hugging Face's `config.json`.
  let modelTypes: [String]
  /// What GGUF's norms hold beyond Hugging Face's: 1 where those are stored as w - 1.
  var normOffset: Float = 0
  /// The keys of Hugging Face's `config.json` of a model that was read from a GGUF file, beside
  /// those of ``Transformer/huggingFaceConfiguration(_:)``.
  let settings: @Sendable (Transformer) -> [String: Any]
  let open: @Sendable (ModelReader) throws(Failure) -> Transformer

  /// Every family; one file each in this folder.
  static let all: [ModelFamily] = [
    .llama, .qwen2, .qwen3, .gemma2, .gemma3, .phi3, .gpt2, .neoX,
  ]

  func names(in format: WeightFormat) -> [String] {
    format == .gguf ? architectures : modelTypes
  }
}

extension Transformer {
  /// Opens a model of whichever family the file names.
  ///
  /// - Parameter problems: takes what is wrong with single tensors, to find the rest; such a model
  ///   must not be run.
  package init(_ source: any ModelSource, noting problems: TensorProblems? = nil) throws(Failure) {
    let key = source.format == .gguf ? "general.architecture" : "model_type"
    let name = try source.string(key)
    let families = ModelFamily.all
    guard let family = families.first(where: { $0.names(in: source.format).contains(name) }) else {
      let known = families.flatMap { $0.names(in: source.format) }
      throw Failure(
        .badData, file: source.configurationPath, place: "key \(key)", found: "`\(name)`",
        wanted: "one of \(known.joined(separator: ", "))",
        advice: "Use a model of one of these families.")
    }
    self = try family.open(
      ModelReader(source: source, architecture: name, family: family, problems: problems))
  }
}
