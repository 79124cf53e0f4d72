import CKernels
import Foundation
import LinearAlgebra

/// The Llama family (Touvron et al. 2023): RMSNorm, rotary positions, grouped-query attention,
/// SwiGLU, no biases. SmolLM2 is one of them.
public struct Transformer: Sendable {
  public let configuration: ModelConfiguration
  /// `token_embd.weight`, (vocabulary, width).
  let embeddings: StoredMatrix
  let blocks: [Block]
  /// `output_norm.weight`
  let finalNorm: [Float]
  /// `output.weight`, or the embeddings where they are tied: (vocabulary, width).
  let head: StoredMatrix

  struct Block: Sendable {
    let attentionNorm: [Float]  // attn_norm
    let queries: StoredMatrix  // attn_q, (heads x head dimension, width)
    let keys: StoredMatrix  // attn_k, (KV heads x head dimension, width)
    let values: StoredMatrix  // attn_v
    let output: StoredMatrix  // attn_output, (width, heads x head dimension)
    let feedForwardNorm: [Float]  // ffn_norm
    let gate: StoredMatrix  // ffn_gate, (feed forward, width)
    let up: StoredMatrix  // ffn_up
    let down: StoredMatrix  // ffn_down, (width, feed forward)
  }
}

// MARK: Loading

extension Transformer {
  /// Reads the `llama.*` keys and finds every tensor; nothing is expanded.
  init(_ file: GGUF) throws(Failure) {
    let configuration = try ModelConfiguration(llama: file)
    self.configuration = configuration
    let weights = WeightFinder(file)
    let c = configuration
    embeddings = try weights.matrix("token_embd.weight", rows: c.vocabulary, columns: c.width)
    // llama.cpp's converter permutes q and k of this architecture only.
    let permuted = StoredMatrix.RowOrder.interleavedHeads(headDimension: c.headDimension)
    var blocks: [Block] = []
    for index in 0..<c.blocks {
      let name = "blk.\(index)."
      blocks.append(
        Block(
          attentionNorm: try weights.vector(name + "attn_norm.weight", count: c.width),
          queries: try weights.matrix(
            name + "attn_q.weight", rows: c.queryWidth, columns: c.width, order: permuted),
          keys: try weights.matrix(
            name + "attn_k.weight", rows: c.keyWidth, columns: c.width, order: permuted),
          values: try weights.matrix(
            name + "attn_v.weight", rows: c.keyWidth, columns: c.width),
          output: try weights.matrix(
            name + "attn_output.weight", rows: c.width, columns: c.queryWidth),
          feedForwardNorm: try weights.vector(name + "ffn_norm.weight", count: c.width),
          gate: try weights.matrix(
            name + "ffn_gate.weight", rows: c.feedForward, columns: c.width),
          up: try weights.matrix(name + "ffn_up.weight", rows: c.feedForward, columns: c.width),
          down: try weights.matrix(
            name + "ffn_down.weight", rows: c.width, columns: c.feedForward)))
    }
    self.blocks = blocks
    finalNorm = try weights.vector("output_norm.weight", count: c.width)
    head =
      file.tensors["output.weight"] == nil
      ? embeddings
      : try weights.matrix("output.weight", rows: c.vocabulary, columns: c.width)
  }
}

extension ModelConfiguration {
  fileprivate init(llama file: GGUF) throws(Failure) {
    let sizes = 1...1 << 20
    blocks = try file.integer("llama.block_count", in: 1...4096)
    width = try file.integer("llama.embedding_length", in: sizes)
    heads = try file.integer("llama.attention.head_count", in: 1...4096)
    kvHeads =
      file.has("llama.attention.head_count_kv")
      ? try file.integer("llama.attention.head_count_kv", in: 1...4096) : heads
    guard heads % kvHeads == 0 else {
      throw file.wrongKey("llama.attention.head_count_kv", "a divisor of \(heads) heads")
    }
    headDimension =
      file.has("llama.attention.key_length")
      ? try file.integer("llama.attention.key_length", in: 2...4096) : width / heads
    guard headDimension >= 2, headDimension % 2 == 0 else {
      throw file.wrongKey("llama.attention.head_count", "heads of an even number of sizes")
    }
    if file.has("llama.rope.dimension_count") {
      let rotated = try file.integer("llama.rope.dimension_count")
      guard rotated == headDimension else {
        throw file.wrongKey("llama.rope.dimension_count", "\(headDimension), the whole head")
      }
    }
    if file.has("llama.rope.scaling.type"), try file.string("llama.rope.scaling.type") != "none" {
      throw file.wrongKey("llama.rope.scaling.type", "no RoPE scaling, the only kind supported")
    }
    if file.tensors["rope_freqs.weight"] != nil {
      throw Failure(
        .badData, file: file.file.path, place: "tensor rope_freqs.weight",
        found: "scaled RoPE frequencies (Llama 3.1 and later)", wanted: "unscaled RoPE",
        advice: "Use a model without RoPE scaling.")
    }
    if file.has("llama.expert_count"), try file.integer("llama.expert_count") > 0 {
      throw file.wrongKey("llama.expert_count", "0: mixtures of experts are not supported")
    }
    feedForward = try file.integer("llama.feed_forward_length", in: sizes)
    guard let shape = file.tensors["token_embd.weight"]?.shape, shape.count == 2 else {
      throw Failure(
        .badData, file: file.file.path, place: "tensor token_embd.weight",
        found: file.tensors["token_embd.weight"] == nil ? "no such tensor" : "a vector",
        wanted: "the (vocabulary, width) embeddings",
        advice: "The file is not a complete model: download it again.")
    }
    vocabulary = shape[0]
    context = try file.integer("llama.context_length", in: 1...1 << 30)
    ropeBase = file.has("llama.rope.freq_base") ? try file.positive("llama.rope.freq_base") : 10_000
    epsilon = Float(try file.positive("llama.attention.layer_norm_rms_epsilon"))
    architecture = "llama"
  }
}
