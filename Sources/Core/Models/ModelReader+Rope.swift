import Foundation
import SeerFormats
import SeerSupport

/// Where `config.json` describes a family's rotary positions, and what is meant by leaving it out.
struct RopeKeys: Sendable {
  /// The kind of layers that `rope_parameters` has an object for; nil where one holds for all.
  var layers: String?
  /// The base's key beside the object, for which older files have no place in it.
  var base = "rope_theta"
  var usualBase = 10_000.0
  /// The key, beside the object, of the share of a head that turns.
  var share = "partial_rotary_factor"
  var usualShare = 1.0
  /// The key of the size that the share is of, where it need not be the head's.
  var size: String?
  /// Part of a head may turn; else the reference never reads the share of unscaled positions.
  var turnsParts = false
  /// YaRN's borders are whole frequencies in GGUF files, which do not say.
  var truncatesYarn = true
  /// The kinds of scaling that the family has, by their names in files; nil is all of them.
  var types: [String: String]?
}

extension ModelReader {
  /// Reads rotary positions with their scaling. Where rows beyond `context` turn by frequencies of
  /// their own, the context grows to what the scaling is for.
  func rope(
    _ c: inout ModelConfiguration, _ keys: RopeKeys = RopeKeys()
  ) throws(Failure) -> Rope {
    let rope =
      format == .gguf ? try storedRope(&c, keys) : try describedRope(&c, RopeWords(self, keys))
    guard rope.attentionFactor.isFinite, rope.frequencies.allSatisfy(\.isFinite) else {
      throw Failure(
        .badData, file: source.configurationPath, place: "rotary positions",
        found: "constants that make frequencies that are no numbers",
        wanted: "those of one of the kinds of scaling",
        advice: "Convert or download the model again.")
    }
    return rope
  }

  // MARK: config.json

  private func describedRope(
    _ c: inout ModelConfiguration, _ words: RopeWords
  ) throws(Failure) -> Rope {
    let keys = words.keys
    let type = try words.type()
    let base = try words.base()
    var dimension = c.headDimension
    if type != "proportional", keys.turnsParts || type != "default" {
      let share = try words.share()
      let size = try keys.size.flatMap { source.has($0) ? $0 : nil }.map {
        (key) throws(Failure) in try source.integer(key, in: 2...4096)
      }
      let turning = Double(size ?? c.headDimension) * min(2, share.value)
      dimension = Int(turning)
      guard dimension <= c.headDimension, dimension % 2 == 0 else {
        throw source.unsupported(
          share.key, "a share that is an even number of at most \(c.headDimension) sizes")
      }
      guard keys.turnsParts || dimension == c.headDimension else {
        throw source.unsupported(share.key, "1: this family's heads turn as a whole")
      }
    }
    let rope = Rope(base: base, dimension: dimension)
    switch type {
    case "linear":
      return rope.scaled(linear: Float(try words.positive("factor")))
    case "dynamic":
      // The row's own length decides; up to the context nothing changes.
      let factor = try words.positive("factor")
      guard dimension > 2 else {
        throw source.unsupported(words.typeKey, "another kind for heads of \(dimension) sizes")
      }
      var growing = rope
      growing.longRows = .growing(beyond: c.context, factor: factor)
      c.context = max(c.context, Int(min(Double(c.context) * factor, 1e9)))
      return growing
    case "llama3":
      return rope.scaledAsLlama3(
        factor: Float(try words.positive("factor")),
        low: Float(try words.positive("low_freq_factor")),
        high: Float(try words.positive("high_freq_factor")),
        context: Float(try words.original(c.context)))
    case "yarn":
      let original = Double(try words.original(c.context))
      // Null, not absent, asks for the ratio of the contexts.
      let factor =
        words.isNull("factor") ? Double(c.context) / original : try words.positive("factor")
      var yarn = Rope.Yarn(factor: factor, original: original)
      yarn.fast = try words.optional("beta_fast") ?? yarn.fast
      yarn.slow = try words.optional("beta_slow") ?? yarn.slow
      yarn.truncates = try words.flag("truncate") ?? true
      var attention = Rope.Yarn.attention(factor)
      if let scale = try words.real("mscale"), let all = try words.real("mscale_all_dim"),
        scale != 0, all != 0
      {
        attention =
          Rope.Yarn.attention(factor, scale: scale) / Rope.Yarn.attention(factor, scale: all)
      }
      return rope.scaled(
        yarn, attentionFactor: Float(try words.real("attention_factor") ?? attention))
    case "longrope":
      let original = try words.original(c.context)
      let count = rope.frequencies.count
      let factor = try words.optional("factor") ?? Double(c.context) / Double(original)
      let short = try words.factors("short_factor", count)
      let long = try words.factors("long_factor", count)
      return rope.switched(
        short: short, long: long, beyond: original,
        attentionFactor: Float(
          try words.real("attention_factor") ?? Rope.longAttention(factor, original: original)))
    case "proportional":
      let factor = Float(try words.optional("factor") ?? 1)
      let turning = Int(min(1, try words.share().value) * Double(c.headDimension) / 2)
      return Rope(
        base: base,
        frequencies: rope.frequencies.enumerated().map { $0 < turning ? $1 / factor : 0 })
    default:
      return rope
    }
  }

  // MARK: GGUF

  /// Scaling by what llama.cpp's keys mean: a factor without a type is linear, 0 is none.
  private func storedRope(
    _ c: inout ModelConfiguration, _ keys: RopeKeys
  ) throws(Failure) -> Rope {
    let size = ModelKey("rope.dimension_count")
    let dimension = try has(size) ? integer(size, in: 0...1 << 20) : c.headDimension
    guard dimension <= c.headDimension, dimension % 2 == 0 else {
      throw unsupported(size, "an even number of at most \(c.headDimension) sizes")
    }
    let base = ModelKey("rope.freq_base")
    let plain = Rope(base: try positive(base, default: keys.usualBase), dimension: dimension)
    let typeKey = ModelKey("rope.scaling.type")
    let type = try has(typeKey) ? string(typeKey) : "linear"
    var factor = 1.0
    for name in ["rope.scaling.factor", "rope.scale_linear"] {
      let key = ModelKey(name)
      guard has(key) else { continue }
      let value = try real(key)
      if value != 0 { factor = try positive(key) }
      break
    }
    let originalKey = ModelKey("rope.scaling.original_context_length")
    let original = try has(originalKey) ? integer(originalKey, in: 1...1 << 30) : c.context
    let attentionKey = ModelKey("rope.scaling.attn_factor")
    let attention = try has(attentionKey) ? positive(attentionKey) : nil
    var rope = plain
    switch type {
    case "none", "longrope": break
    case "linear": rope = plain.scaled(linear: Float(factor))
    case "yarn":
      var yarn = Rope.Yarn(factor: factor, original: Double(original))
      yarn.fast = try positive(ModelKey("rope.scaling.yarn_beta_fast"), default: yarn.fast)
      yarn.slow = try positive(ModelKey("rope.scaling.yarn_beta_slow"), default: yarn.slow)
      yarn.truncates = keys.truncatesYarn
      var attention = Rope.Yarn.attention(factor)
      let multiplier = ModelKey("rope.scaling.yarn_log_multiplier")
      if has(multiplier), try real(multiplier) != 0 {
        attention /= Rope.Yarn.attention(factor, scale: try positive(multiplier))
      }
      rope = plain.scaled(yarn, attentionFactor: Float(attention))
    default:
      throw unsupported(typeKey, "none, linear, yarn or longrope")
    }
    rope.attentionFactor *= Float(attention ?? 1)
    let count = rope.frequencies.count
    let (all, short, long) = (
      TensorName("rope_freqs", ""), TensorName("rope_factors_short", ""),
      TensorName("rope_factors_long", "")
    )
    if has(all) { return rope.divided(by: try factors(all, count)) }
    guard has(short) else {
      guard type == "longrope" else { return rope }
      throw unsupported(typeKey, "one whose tensors of factors are in the file")
    }
    let longFactors = has(long) ? try factors(long, count) : nil
    // Without factors for long rows there are none.
    if longFactors == nil { c.context = min(c.context, original) }
    let usual = Rope.longAttention(Double(c.context) / Double(original), original: original)
    return rope.switched(
      short: try factors(short, count), long: longFactors, beyond: original,
      attentionFactor: Float(attention ?? usual))
  }

  private func factors(_ name: TensorName, _ count: Int) throws(Failure) -> [Float] {
    let factors = try vector(name, count: count)
    guard factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw Failure(
        .badData, file: source.path, place: "tensor \(self.name(name))",
        found: "a factor that is not above 0", wanted: "finite factors above 0",
        advice: "Convert or download the model again.")
    }
    return factors
  }
}

extension Rope {
  /// LongRoPE (Ding et al. 2024): each frequency divided by its own factor, by another where a row
  /// is longer than `length` tokens.
  fileprivate func switched(
    short: [Float], long: [Float]?, beyond length: Int, attentionFactor: Float
  ) -> Rope {
    var rope = divided(by: short, attentionFactor: attentionFactor)
    if let long {
      rope.longRows = .switched(beyond: length, divided(by: long).frequencies)
    }
    return rope
  }

  /// LongRoPE's attention factor for a context that is `factor` times the original one.
  fileprivate static func longAttention(_ factor: Double, original: Int) -> Double {
    factor <= 1 ? 1 : (1 + log(factor) / log(Double(original))).squareRoot()
  }
}

/// `config.json`'s words for rotary positions: in `rope_scaling` (before transformers 5) or else in
/// `rope_parameters`, and beside them.
private struct RopeWords {
  let reader: ModelReader
  let keys: RopeKeys
  /// Where they are looked for, the first place that has one counts.
  let objects: [String]

  private var source: any WeightSource { reader.source }

  init(_ reader: ModelReader, _ keys: RopeKeys) throws(Failure) {
    self.reader = reader
    self.keys = keys
    let source = reader.source
    for name in ["rope_scaling", "rope_parameters"] where source.has(name) {
      throw source.wrongKey(name, "an object or null")
    }
    switch keys.layers {
    case "full_attention"?: objects = ["rope_scaling", "rope_parameters.full_attention"]
    case let layers?: objects = ["rope_parameters.\(layers)"]
    case nil:
      objects = [source.members("rope_scaling").isEmpty ? "rope_parameters" : "rope_scaling"]
    }
  }

  /// The stored key of a word that is there, if only with null.
  private func key(_ word: String) -> String? {
    objects.map { "\($0).\(word)" }.first { source.has($0) || source.isNull($0) }
  }

  private func missing(_ word: String) -> Failure {
    source.wrongKey("\(objects[objects.count - 1]).\(word)", "what this kind of scaling needs")
  }

  func isNull(_ word: String) -> Bool { key(word).map(source.isNull) ?? false }

  /// A number that may be left out or null.
  func real(_ word: String) throws(Failure) -> Double? {
    guard let key = key(word), source.has(key) else { return nil }
    return try source.real(key)
  }

  /// The same, above 0.
  func optional(_ word: String) throws(Failure) -> Double? {
    guard let key = key(word), source.has(key) else { return nil }
    return try source.positive(key)
  }

  func positive(_ word: String) throws(Failure) -> Double {
    guard let value = try optional(word) else { throw missing(word) }
    return value
  }

  func flag(_ word: String) throws(Failure) -> Bool? {
    guard let key = key(word), source.has(key) else { return nil }
    return try source.bool(key)
  }

  func factors(_ word: String, _ count: Int) throws(Failure) -> [Float] {
    guard let key = key(word) else { throw missing(word) }
    let values: [Double]
    switch source.value(key) {
    case .reals(let numbers)?: values = numbers
    case .integers(let numbers)?: values = numbers.map(Double.init)
    default: throw source.wrongKey(key, "an array of \(count) numbers")
    }
    guard values.count == count, values.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw source.wrongKey(key, "\(count) numbers above 0")
    }
    return values.map { Float($0) }
  }

  var typeKey: String {
    key("rope_type") ?? key("type") ?? "\(objects[objects.count - 1]).rope_type"
  }

  /// The kind of scaling; a factor alone is none.
  func type() throws(Failure) -> String {
    let known = ["default", "linear", "dynamic", "llama3", "yarn", "longrope", "proportional"]
    let types = keys.types ?? Dictionary(known.map { ($0, $0) }) { first, _ in first }
    guard source.has(typeKey) else { return "default" }
    guard let type = types[try source.string(typeKey)] else {
      throw source.unsupported(typeKey, types.keys.sorted().joined(separator: ", "))
    }
    return type
  }

  func base() throws(Failure) -> Double {
    if let base = try optional("rope_theta") { return base }
    return source.has(keys.base) ? try source.positive(keys.base) : keys.usualBase
  }

  /// The share of a head that turns, and its key.
  func share() throws(Failure) -> (value: Double, key: String) {
    if let share = try optional("partial_rotary_factor"), let key = key("partial_rotary_factor") {
      return (share, key)
    }
    return (source.has(keys.share) ? try source.positive(keys.share) : keys.usualShare, keys.share)
  }

  /// The context that the model was first trained for: beside the object, in it, or all of it.
  func original(_ context: Int) throws(Failure) -> Int {
    let word = "original_max_position_embeddings"
    if keys.layers == nil {
      if source.has(word) { return try source.integer(word, in: 1...1 << 30) }
    }
    guard let key = key(word), source.has(key) else { return context }
    return try source.integer(key, in: 1...1 << 30)
  }
}
