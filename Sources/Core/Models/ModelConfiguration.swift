/// The sizes and constants of a decoder-only transformer.
public struct ModelConfiguration: Equatable, Sendable {
  /// The family, by GGUF's name: `llama`.
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
  public var ropeBase: Double
  /// RMSNorm's epsilon.
  public var epsilon: Float

  public var queryWidth: Int { heads * headDimension }
  public var keyWidth: Int { kvHeads * headDimension }
}
