import Foundation

/// What a block does between its two feed-forward products.
package enum Activation: Equatable, Sendable {
  /// `silu(gate) * up` (SwiGLU, Shazeer 2020).
  case gatedSilu
  /// `gelu(gate) * up`, with GELU's tanh approximation.
  case gatedGeluTanh
  /// `gelu(gate) * up`.
  case gatedGelu
  /// `relu(gate) * up`.
  case gatedRelu
  /// `silu(up)`; there is no gate.
  case silu
  /// `gelu(up)` with the tanh approximation; there is no gate.
  case geluTanh
  /// `gelu(up)`; there is no gate.
  case gelu
  /// `relu(up)`; there is no gate.
  case relu
  /// `(up + 1) * gate * logistic(alpha * gate)`, gate at most `limit` and up within it on both sides
  /// (gpt-oss, OpenAI 2025).
  case clamped(alpha: Float, limit: Float)

  package var isGated: Bool {
    switch self {
    case .gatedSilu, .gatedGeluTanh, .gatedGelu, .gatedRelu, .clamped: true
    case .silu, .geluTanh, .gelu, .relu: false
    }
  }
}

/// The sizes and constants of a decoder-only transformer, and which of the families' variations
/// it has. The defaults are Llama's.
package struct ModelConfiguration: Equatable, Sendable {
  /// The family, by the file's name: `llama`.
  package var architecture: String
  /// Blocks; the model has one layer of states more.
  package var blocks: Int
  /// Sizes of one state of the residual stream.
  package var width: Int
  package var heads: Int
  /// Key and value heads; a divisor of `heads`.
  package var kvHeads: Int
  package var headDimension: Int
  /// The size between the products of a dense feed-forward part; 0 where no block has one.
  package var feedForward: Int
  package var vocabulary: Int
  /// The longest row the model was made for, in tokens.
  package var context: Int
  package var rope: Rope
  /// The norms' epsilon.
  package var epsilon: Float

  package var activation = Activation.gatedSilu
  /// Layer 0 is the embedding times this.
  package var embeddingScale: Float = 1
  /// What scores are multiplied with; nil is `1 / sqrt(head dimension)`.
  package var attentionScale: Float?
  /// Scores are divided by the block's number too, counted from 1.
  package var scalesByBlock = false
  /// Scores become `cap * tanh(score / cap)`; 0 leaves them as they are.
  package var attentionCap: Float = 0
  /// The same for next-token logits.
  package var logitCap: Float = 0
  /// Attention and feed-forward both read the block's input (Wang and Komatsuzaki 2021).
  package var isParallel = false
  /// How many tokens the blocks of ``slidingBlocks`` look back on, the token itself included.
  package var window: Int?
  package var slidingBlocks: Set<Int> = []
  /// A token looks at none after itself. Otherwise it looks at all of them, in ``slidingBlocks`` at
  /// ``windowAhead``.
  package var isCausal = true
  package var windowAhead = 0
  /// The rotation of ``slidingBlocks``, where it differs.
  package var slidingRope: Rope?
  /// Blocks whose queries and keys do not turn.
  package var unturnedBlocks: Set<Int> = []
  /// How queries grow with their place, where they do.
  package var queryGrowth: QueryGrowth?
  /// A head's sizes turn in pairs of neighbours, not of its first half with its second.
  package var turnsNeighbours = false
  /// Heads of queries and keys are normed before they turn.
  package var normsHeads = false
  /// What attention and feed-forward make is normed before it is added to the residual stream.
  package var normsBranches = false
  /// Norms take the mean away (LayerNorm) where they have no bias too.
  package var centresNorms = false
  /// What attention and feed-forward make is multiplied with this before it is added.
  package var residualScale: Float = 1
  /// What next-token logits are multiplied with, before the soft cap.
  package var logitScale: Float = 1
  /// What a mixture of experts has in place of some blocks' dense feed-forward part.
  package var experts: ExpertConfiguration?
  /// The path of the blocks in the reference implementation, which adapter files repeat.
  package var blockPath = "model.layers"
  /// The paths of what makes layer 0 of token ids, and of what makes logits of the last layer.
  package var embeddingsPath = "model.embed_tokens"
  package var headPath = "lm_head"
  /// The linear layers of a block as the reference implementation has them.
  package var modules = LoRAModule.separate

  /// Queries beyond the context that a model was first trained for are multiplied with a factor
  /// that grows with the logarithm of their place (Llama 4).
  package struct QueryGrowth: Equatable, Sendable {
    package var slope: Float
    /// That context, in tokens.
    package var original: Int

    func factor(at position: Int) -> Float {
      position < original ? 1 : 1 + slope * log1p(Float(position / original))
    }
  }

  package init(
    architecture: String, blocks: Int, width: Int, heads: Int, kvHeads: Int, headDimension: Int,
    feedForward: Int, vocabulary: Int, context: Int, rope: Rope, epsilon: Float,
    activation: Activation = Activation.gatedSilu, embeddingScale: Float = 1,
    attentionScale: Float? = nil, attentionCap: Float = 0, logitCap: Float = 0,
    isParallel: Bool = false, window: Int? = nil, slidingBlocks: Set<Int> = [],
    slidingRope: Rope? = nil, normsHeads: Bool = false, normsBranches: Bool = false,
    blockPath: String = "model.layers", modules: [LoRAModule] = LoRAModule.separate
  ) {
    self.architecture = architecture
    self.blocks = blocks
    self.width = width
    self.heads = heads
    self.kvHeads = kvHeads
    self.headDimension = headDimension
    self.feedForward = feedForward
    self.vocabulary = vocabulary
    self.context = context
    self.rope = rope
    self.epsilon = epsilon
    self.activation = activation
    self.embeddingScale = embeddingScale
    self.attentionScale = attentionScale
    self.attentionCap = attentionCap
    self.logitCap = logitCap
    self.isParallel = isParallel
    self.window = window
    self.slidingBlocks = slidingBlocks
    self.slidingRope = slidingRope
    self.normsHeads = normsHeads
    self.normsBranches = normsBranches
    self.blockPath = blockPath
    self.modules = modules
  }

  /// What a part of a block makes is not added to the residual stream as it is.
  package var changesBranches: Bool { normsBranches || residualScale != 1 }

  package var queryWidth: Int { heads * headDimension }
  package var keyWidth: Int { kvHeads * headDimension }

  package var scale: Float { attentionScale ?? 1 / Float(headDimension).squareRoot() }

  package func scale(ofBlock block: Int) -> Float {
    scalesByBlock ? scale / Float(block + 1) : scale
  }

  package func window(ofBlock block: Int) -> Int? { slidingBlocks.contains(block) ? window : nil }

  /// How many tokens after itself a token looks at.
  package func ahead(ofBlock block: Int) -> Int {
    isCausal ? 0 : window(ofBlock: block) == nil ? .max : windowAhead
  }
}
