import Foundation
import SeerSupport

/// Under which keys rotary positions are described; `group` is the kind of layer where
/// `config.json` describes several.
struct RopeKeys {
  let base: ModelKey
  let type: ModelKey
  let factor: ModelKey
  let lowFactor: ModelKey
  let highFactor: ModelKey
  let originalContext: ModelKey
  let shortFactors: ModelKey
  let attentionFactor: ModelKey
  let share: ModelKey

  init(group: String? = nil) {
    let now = "rope_parameters." + (group.map { $0 + "." } ?? "")
    base = ModelKey("rope.freq_base", now + "rope_theta", "rope_theta", "rotary_emb_base")
    type = ModelKey(
      "rope.scaling.type", now + "rope_type", "rope_scaling.rope_type", "rope_scaling.type")
    factor = ModelKey("rope.scaling.factor", now + "factor", "rope_scaling.factor")
    lowFactor = ModelKey("", now + "low_freq_factor", "rope_scaling.low_freq_factor")
    highFactor = ModelKey("", now + "high_freq_factor", "rope_scaling.high_freq_factor")
    originalContext = ModelKey(
      "rope.scaling.original_context_length", now + "original_max_position_embeddings",
      "rope_scaling.original_max_position_embeddings", "original_max_position_embeddings")
    shortFactors = ModelKey("", now + "short_factor", "rope_scaling.short_factor")
    attentionFactor = ModelKey(
      "rope.scaling.attn_factor", now + "attention_factor", "rope_scaling.attention_factor")
    share = ModelKey("", now + "partial_rotary_factor", "partial_rotary_factor", "rotary_pct")
  }
}

extension ModelReader {
  /// Reads rotary positions with their scaling. LongRoPE's factors for short texts are taken and
  /// the context shrinks to those.
  func rope(
    _ c: inout ModelConfiguration, _ keys: RopeKeys = RopeKeys(), base: Double = 10_000
  ) throws(Failure) -> Rope {
    let dimension = try rotatedDimensions(c.headDimension, share: keys.share)
    let rope = Rope(base: try positive(keys.base, default: base), dimension: dimension)
    let count = rope.frequencies.count
    func number(_ key: ModelKey) throws(Failure) -> Float { Float(try positive(key)) }
    let type = has(keys.type) ? try string(keys.type) : "none"
    switch type {
    case "none", "default":
      let factors = TensorName("rope_freqs", "rope_freqs")
      if format == .gguf, has(factors) {
        return rope.divided(by: try finite(vector(factors, count: count), factors))
      }
      let short = TensorName("rope_factors_short", "")
      if format == .gguf, has(short) { return try longRope(rope, keys, &c) }
      return rope
    case "linear":
      return rope.scaled(linear: try number(keys.factor))
    case "llama3":
      return rope.scaledAsLlama3(
        factor: try number(keys.factor), low: try number(keys.lowFactor),
        high: try number(keys.highFactor), context: try number(keys.originalContext))
    case "longrope", "su":
      return try longRope(rope, keys, &c)
    default:
      throw wrongKey(keys.type, "none, linear, llama3 or longrope, the kinds of RoPE scaling known")
    }
  }

  private func longRope(
    _ rope: Rope, _ keys: RopeKeys, _ c: inout ModelConfiguration
  ) throws(Failure) -> Rope {
    let count = rope.frequencies.count
    let whole = c.context
    let original =
      has(keys.originalContext) ? try integer(keys.originalContext, in: 2...1 << 30) : whole
    c.context = min(whole, original)
    let factors: [Float]
    if format == .gguf {
      let name = TensorName("rope_factors_short", "")
      factors = try finite(vector(name, count: count), name)
    } else {
      let key = name(keys.shortFactors)
      let values: [Double]
      switch source.value(key) {
      case .reals(let numbers)?: values = numbers
      case .integers(let numbers)?: values = numbers.map(Double.init)
      default: throw source.wrongKey(key, "an array of \(count) numbers")
      }
      guard values.count == count, values.allSatisfy({ $0 > 0 && $0.isFinite }) else {
        throw source.wrongKey(key, "\(count) numbers above 0")
      }
      factors = values.map { Float($0) }
    }
    let stretch = max(1, try positive(keys.factor, default: Double(whole) / Double(original)))
    let usual = (1 + log(stretch) / log(Double(original))).squareRoot()
    return rope.divided(
      by: factors, attentionFactor: Float(try positive(keys.attentionFactor, default: usual)))
  }

  private func finite(
    _ factors: [Float], _ name: TensorName
  ) throws(Failure) -> [Float] {
    guard factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw Failure(
        .badData, file: source.path, place: "tensor \(self.name(name))",
        found: "a factor that is not above 0", wanted: "finite factors above 0",
        advice: "Convert or download the model again.")
    }
    return factors
  }
}
