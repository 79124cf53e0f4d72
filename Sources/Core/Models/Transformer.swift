import CKernels
import Foundation
import LinearAlgebra
import SeerFormats

/// A decoder-only transformer of one of the families; ``ModelFamily`` opens them, and their names
/// for what is here stand in the families' files.
///
/// The variations (norms, biases, soft caps, windows, ...) are values in the configuration or
/// weights that a model has or has not; one forward and one backward pass serve all.
package struct Transformer: Sendable {
  /// What it was opened as.
  let family: ModelFamily
  package let configuration: ModelConfiguration
  /// (vocabulary, width)
  package let embeddings: StoredMatrix
  /// Learned positions, (context, width), added to the embeddings.
  package let positions: StoredMatrix?
  package let blocks: [Block]
  package let finalNorm: Norm
  /// (vocabulary, width); nil where the embeddings are the head.
  let ownHead: StoredMatrix?
  /// What the files call all this.
  package let names: TensorNames
  /// The blocks below this number keep their weights in memory; the others' pages are given back
  /// after use (``MemoryPlan``).
  package var residentBlocks = Int.max
  /// How exactly states are multiplied with the weights.
  package var precision = Precision.exact

  package var head: StoredMatrix { ownHead ?? embeddings }

  /// A linear layer's weights, (outputs, inputs), and bias.
  package struct Linear: Sendable {
    package let weight: StoredMatrix
    package var bias: [Float]?

    /// Adds the bias to each token's outputs, (tokens, outputs).
    func addBias(to output: UnsafeMutablePointer<Float>, tokens: Int) {
      guard let bias else { return }
      bias.withUnsafeBufferPointer { bias in
        let width = bias.count
        Parallel.ranges(of: tokens, grain: 32) { range in
          sk_add_bias(output + range.lowerBound * width, bias.baseAddress, range.count, width)
        }
      }
    }
  }

  package struct Block: Sendable {
    /// Of what attention reads; nil where that is the residual stream as it is.
    let attentionNorm: Norm?
    package let queries: Linear  // (heads x head dimension, width)
    package let keys: Linear  // (KV heads x head dimension, width)
    package let values: Linear
    /// Of every query and key head, or of all at once, before they turn.
    package let headNorms: (queries: Norm, keys: Norm)?
    package let output: Linear  // (width, heads x head dimension)
    /// Of what attention adds to the residual stream.
    let attentionPostNorm: Norm?
    /// Of what the feed-forward part reads.
    let feedForwardNorm: Norm?
    package let gate: Linear?  // (feed forward, width)
    /// nil, as down, where there are experts and no part that all tokens go through.
    package let up: Linear?
    package let down: Linear?  // (width, feed forward)
    package let experts: Experts?
    /// Of each query head: a score beside those of the keys, for attention that goes nowhere.
    package let sinks: [Float]?
    /// Of what the feed-forward part adds.
    let feedForwardPostNorm: Norm?

    package var linears: [Linear] {
      [queries, keys, values, output] + [gate, up, down].compactMap { $0 }
        + (experts?.linears ?? [])
    }
    package var weights: [StoredMatrix] { linears.map(\.weight) }

    /// Gives the pages of mapped weights back to the kernel.
    package func release() { for weight in weights { weight.release() } }
  }
}
