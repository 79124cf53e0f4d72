import Foundation
import SeerFormats
import SeerSupport
import SeerTokenizers

/// An opened model: its weights (mapped, as stored), tokenizer and chat template.
///
/// Opening costs the tokenizer's tables and page tables, not a copy of the weights.
package struct LanguageModel: Sendable {
  package let path: String
  package let configuration: ModelConfiguration
  package let tokenizer: Tokenizer
  package var transformer: Transformer
  package let source: any ModelSource
  /// Tokens that pass at a time where many rows are read.
  package var batchTokens = Batch.usualTokens

  /// Opens a model by path or cached name.
  ///
  /// - Parameters:
  ///   - chat: what the user says of how conversations are written.
  ///   - precision: how exactly it multiplies, as far as the machine has kernels for that.
  package init(
    _ model: String, chat: ChatOptions = ChatOptions(), precision: Precision = .exact
  ) throws(Failure) {
    path = try ModelLocator.path(of: model)
    source = try openModel(path)
    var transformer = try Transformer(source)
    transformer.precision = precision.here
    self.transformer = transformer
    configuration = transformer.configuration
    var description = try source.tokenizerDescription()
    try description.use(chat)
    tokenizer = try Tokenizer(description)
  }

  /// How exactly it multiplies: what this machine made of what was asked for.
  package var precision: Precision { transformer.precision }

  /// Weights in all tensors; tied ones count once.
  package var parameters: Int {
    source.tensorNames.reduce(0) { $0 + (source.tensor($1)?.shape.reduce(1, *) ?? 0) }
  }

  /// The block type that holds most of the blocks' weights, by GGUF's name.
  package var quantization: String {
    var counts: [BlockType: Int] = [:]
    for block in transformer.blocks {
      for weight in block.weights {
        counts[weight.type, default: 0] += weight.rows * weight.columns
      }
    }
    return counts.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key.name
      ?? "F32"
  }

  /// The SHA-256 of the model: of its file, or of a list of its files' names and hashes. Known from
  /// earlier where the files have not changed since.
  package func sha256() throws(Failure) -> String {
    let files = source.filePaths
    let cache = HashCache.standard
    if files.count == 1 { return try cache.sha256(ofFile: files[0]) }
    var list = ""
    for file in files {
      list += "\(try cache.sha256(ofFile: file))  \(file.split(separator: "/").last ?? "")\n"
    }
    return try SeerSupport.sha256(ofText: list)
  }

  /// The same, begun at once on a thread of its own: a model of 8 GB takes some seconds.
  package func hashing() -> Background<String> {
    let model = self
    return Background { () throws(Failure) in try model.sha256() }
  }

  /// Working memory for batches of up to this many tokens.
  package func activations(tokens: Int) -> Activations {
    Activations(capacity: tokens, configuration: configuration)
  }

  package func cache() -> KVCache {
    KVCache(blocks: configuration.blocks, width: configuration.keyWidth)
  }

  /// How many of a row's tokens are kept where so many were asked for; where nobody asked, as many as
  /// is usual and the model's context has room for.
  package func tokensKept(_ asked: Int?, usual: Int = 512) throws(Failure) -> Int {
    guard let asked else { return min(usual, configuration.context) }
    guard asked <= configuration.context else {
      throw Failure(
        .usage, place: "--max-tokens", found: "\(asked)",
        wanted: "at most \(configuration.context), the model's context")
    }
    return asked
  }

  /// Throws unless every id is a row of the embeddings.
  package func check(_ ids: [Int32]) throws(Failure) {
    for (index, id) in ids.enumerated() where id < 0 || Int(id) >= configuration.vocabulary {
      throw Failure(
        .badData, place: "token \(index)", found: "id \(id)",
        wanted: "below \(configuration.vocabulary)")
    }
  }
}
