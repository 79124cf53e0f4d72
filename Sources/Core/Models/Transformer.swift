import CKernels
import Foundation
import LinearAlgebra

/// A decoder-only transformer of one of the families; ``ModelFamily`` opens them, and their names
/// for what is here stand in the families' files.
///
/// The variations (norms, biases, soft caps, windows, ...) are values in the configuration or
/// weights that a model has or has not; one forward and one backward pass serve all.
public struct Transformer: Sendable {
  public let configuration: ModelConfiguration
  /// (vocabulary, width)
  let embeddings: StoredMatrix
  /// Learned positions, (context, width), added to the embeddings.
  let positions: StoredMatrix?
  let blocks: [Block]
  let finalNorm: Norm
  /// (vocabulary, width); nil where the embeddings are the head.
  let ownHead: StoredMatrix?
  /// What the files call all this.
  let names: TensorNames
  /// The blocks below this number keep their weights in memory; the others' pages are given back
  /// after use (``MemoryPlan``).
  var residentBlocks = Int.max

  var head: StoredMatrix { ownHead ?? embeddings }

  /// A linear layer's weights, (outputs, inputs), and bias.
  struct Linear: Sendable {
    let weight: StoredMatrix
    var bias: [Float]?
  }

  struct Block: Sendable {
    let attentionNorm: Norm
    let queries: Linear  // (heads x head dimension, width)
    let keys: Linear  // (KV heads x head dimension, width)
    let values: Linear
    /// Of every query and key head, before they turn.
    let headNorms: (queries: Norm, keys: Norm)?
    let output: Linear  // (width, heads x head dimension)
    /// Of what attention adds to the residual stream.
    let attentionPostNorm: Norm?
    let feedForwardNorm: Norm
    let gate: Linear?  // (feed forward, width)
    let up: Linear
    let down: Linear  // (width, feed forward)
    /// Of what the feed-forward part adds.
    let feedForwardPostNorm: Norm?

    var linears: [Linear] { [queries, keys, values, output, up, down] + (gate.map { [$0] } ?? []) }
    var weights: [StoredMatrix] { linears.map(\.weight) }

    /// Gives the pages of mapped weights back to the kernel.
    func release() { for weight in weights { weight.release() } }
  }
}
