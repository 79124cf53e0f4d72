/// What a block does between its two feed-forward products.
public enum Activation: Sendable {
  /// `silu(gate) * up` (SwiGLU, Shazeer 2020).
  case gatedSilu
  /// `gelu(gate) * up`, with GELU's tanh approximation.
  case gatedGeluTanh
  /// `gelu(up)` with the tanh approximation; there is no gate.
  case geluTanh
  /// `gelu(up)`; there is no gate.
  case gelu

  public var isGated: Bool { self == .gatedSilu || self == .gatedGeluTanh }
}

/// The sizes and constants of a decoder-only transformer, and which of the families' variations
/// it has. The defaults are Llama's.
public struct ModelConfiguration: Equatable, Sendable {
  /// The family, by the file's name: `llama`.
  public var architecture: String
  /// Blocks; the model has one layer of states more.
  public var blocks: Int
  /// Sizes of one state of the residual stream.
  public var width: Int
  public var heads: Int
  /// Key and value heads; a divisor of `heads`.
  public var kvHeads: Int
  public var headDimension: Int
  public var feedForward: Int
  public var vocabulary: Int
  /// The longest row the model was made for, in tokens.
  public var context: Int
  public var rope: Rope
  /// The norms' epsilon.
  public var epsilon: Float

  public var activation = Activation.gatedSilu
  /// Layer 0 is the embedding times this.
  public var embeddingScale: Float = 1
  /// What scores are multiplied with; nil is `1 / sqrt(head dimension)`.
  public var attentionScale: Float?
  /// Scores become `cap * tanh(score / cap)`; 0 leaves them as they are.
  public var attentionCap: Float = 0
  /// The same for next-token logits.
  public var logitCap: Float = 0
  /// Attention and feed-forward both read the block's input (Wang and Komatsuzaki 2021).
  public var isParallel = false
  /// How many tokens the blocks of ``slidingBlocks`` look back on, the token itself included.
  public var window: Int?
  public var slidingBlocks: Set<Int> = []
  /// The rotation of ``slidingBlocks``, where it differs.
  public var slidingRope: Rope?
  /// Heads of queries and keys are normed before they turn.
  public var normsHeads = false
  /// What attention and feed-forward make is normed before it is added to the residual stream.
  public var normsBranches = false
  /// The path of the blocks in the reference implementation, which adapter files repeat.
  public var blockPath = "model.layers"
  /// The linear layers of a block as the reference implementation has them.
  public var modules = LoRAModule.separate

  public var queryWidth: Int { heads * headDimension }
  public var keyWidth: Int { kvHeads * headDimension }

  var scale: Float { attentionScale ?? 1 / Float(headDimension).squareRoot() }

  func window(ofBlock block: Int) -> Int? { slidingBlocks.contains(block) ? window : nil }
}
