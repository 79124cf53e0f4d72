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

    var weights: [StoredMatrix] { [queries, keys, values, output, gate, up, down] }
  }
}
