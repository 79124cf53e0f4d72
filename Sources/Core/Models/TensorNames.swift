import SeerFormats

/// A tensor's names without the ending `.weight` or `.bias`; `#` stands for the block's number.
package struct TensorName: Sendable {
  package let gguf: String
  package let huggingFace: String
  /// A bias stands beside the weight.
  var hasBias: Bool
  /// Hugging Face's is (inputs, outputs), as GPT-2's `Conv1D` has it.
  var isTransposed: Bool
  /// Hugging Face's rows are queries, keys and values of head 0, then those of head 1, and so on.
  var isInterleaved: Bool

  package init(
    _ gguf: String, _ huggingFace: String, hasBias: Bool = false, isTransposed: Bool = false,
    isInterleaved: Bool = false
  ) {
    self.gguf = gguf
    self.huggingFace = huggingFace
    self.hasBias = hasBias
    self.isTransposed = isTransposed
    self.isInterleaved = isInterleaved
  }

  fileprivate func named(_ huggingFace: String) -> TensorName {
    TensorName(
      gguf, huggingFace, hasBias: hasBias, isTransposed: isTransposed,
      isInterleaved: isInterleaved)
  }

  /// A name for each head, where the files have a tensor for each.
  func ofHeads(_ heads: Int, _ format: WeightFormat) -> [TensorName]? {
    guard format == .huggingFace, huggingFace.contains("*") else { return nil }
    return (0..<heads).map { head in
      named(
        huggingFace.split(separator: "*", omittingEmptySubsequences: false)
          .joined(separator: String(head)))
    }
  }

  /// The name without its ending; `block` is the number that stands for `#`.
  package func stored(_ format: WeightFormat, block: Int? = nil) -> String {
    let name = format == .gguf ? gguf : huggingFace
    guard let block else { return name }
    return name.split(separator: "#", omittingEmptySubsequences: false)
      .joined(separator: String(block))
  }
}

/// Over what queries and keys are normed, and by which weights.
enum HeadNormScope: Sendable {
  /// Every head, all by the same.
  case shared
  /// Every head by its own: (heads, head dimension), or in Hugging Face's files a tensor for each
  /// head, whose number `*` stands for.
  case own
  /// All heads of a token at once.
  case whole
}

/// What a family calls its tensors; nil where it has no such thing.
package struct TensorNames: Sendable {
  package var embeddings: TensorName
  package var positions: TensorName?
  /// Nil where attention reads the residual stream as it is.
  var attentionNorm: TensorName?
  /// Queries, keys, values; or one tensor with the rows of all three.
  var attentionInputs: [TensorName]
  /// Of queries and of keys.
  package var headNorms: [TensorName] = []
  var headNormScope = HeadNormScope.shared
  /// A score for each head, without an ending in Hugging Face's files.
  var sinks: TensorName?
  var attentionOutput: TensorName
  var attentionPostNorm: TensorName?
  /// Nil where the feed-forward part reads the residual stream as it is, or what attention reads.
  var feedForwardNorm: TensorName?
  /// Gate and up; one tensor with the rows of both; or up alone where nothing is gated.
  var feedForwardInputs: [TensorName]
  var feedForwardOutput: TensorName
  var feedForwardPostNorm: TensorName?
  /// Of blocks that have experts.
  var experts: ExpertNames?
  package var finalNorm: TensorName
  /// Absent from files whose head is the embeddings.
  package var head: TensorName

  /// The same with another path in Hugging Face's names; the head lies beside what it begins with.
  func renamed(own: String, _ path: String) -> TensorNames {
    func renamed(_ name: TensorName) -> TensorName {
      guard name.huggingFace.hasPrefix(own) else { return name }
      return name.named(path + name.huggingFace.dropFirst(own.count))
    }
    var names = self
    names.embeddings = renamed(embeddings)
    names.positions = positions.map(renamed)
    names.attentionNorm = attentionNorm.map(renamed)
    names.attentionInputs = attentionInputs.map(renamed)
    names.headNorms = headNorms.map(renamed)
    names.sinks = sinks.map(renamed)
    names.attentionOutput = renamed(attentionOutput)
    names.attentionPostNorm = attentionPostNorm.map(renamed)
    names.feedForwardNorm = feedForwardNorm.map(renamed)
    names.feedForwardInputs = feedForwardInputs.map(renamed)
    names.feedForwardOutput = renamed(feedForwardOutput)
    names.feedForwardPostNorm = feedForwardPostNorm.map(renamed)
    names.experts = experts?.renamed(renamed)
    names.finalNorm = renamed(finalNorm)
    if path.hasPrefix("language_model.") {
      names.head = head.named("language_model." + head.huggingFace)
    }
    return names
  }
}
