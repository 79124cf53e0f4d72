import SeerSupport

/// A tokenizer of which transformers takes the vocabulary and the merges of `tokenizer.json` and
/// builds the rest anew, as the class does that the folder names. There `add_prefix_space` counts,
/// and the file's own steps do not.
struct BuiltTokenizer {
  private enum Kind: String {
    case gpt2 = "GPT2Tokenizer"
    case neoX = "GPTNeoXTokenizer"
    case qwen2 = "Qwen2Tokenizer"
    case gemma = "GemmaTokenizer"
    case llama = "LlamaTokenizer"
    case codeLlama = "CodeLlamaTokenizer"
  }

  private let kind: Kind
  private let addsPrefixSpace: Bool?
  /// Llama: a text's later parts, after special tokens, get a space in front too.
  private let isLegacy: Bool
  /// The token of what has none, where the class has one.
  private let unknown: [UInt8]?

  /// The class of each `model_type`, where it has one of its own.
  private static let classes: [String: Kind] = [
    "gpt2": .gpt2, "gpt_neox": .neoX, "qwen2": .qwen2, "qwen2_vl": .qwen2, "qwen2_5_vl": .qwen2,
    "qwen3": .qwen2, "qwen3_vl": .qwen2, "internvl": .qwen2, "gemma2": .gemma, "gemma3": .gemma,
    "gemma3_text": .gemma,
  ]
  /// Those whose folders often name a class that is not theirs.
  private static let misnamed: Set<String> = ["qwen2", "phi3", "llava", "llava_next", "smolvlm"]
  /// Those whose file is taken as it is, whatever class the folder names.
  private static let asStored: Set<String> = ["mistral", "mistral3"]

  /// nil where the file is taken as it is.
  init?(settings: JSON?, configuration: JSON?, file: JSON) {
    let type = configuration?["model_type"]?.string ?? ""
    var named = (settings?["tokenizer_class"] ?? configuration?["tokenizer_class"])?.string
    if let name = named, name.hasSuffix("Fast") { named = String(name.dropLast(4)) }
    // Who saves under the general class has the file's own steps in mind.
    if named == "TokenizersBackend" { return nil }
    let registered = Self.classes[type]
    // Llama 3's folders name Llama 2's class.
    if named == Kind.llama.rawValue, !Self.misnamed.contains(type), Self.isByteLevel(file) {
      return nil
    }
    if Self.asStored.contains(type) { return nil }
    let chosen =
      Self.misnamed.contains(type) ? registered : named.map(Kind.init(rawValue:)) ?? registered
    guard let kind = chosen else { return nil }
    self.kind = kind
    addsPrefixSpace = settings?["add_prefix_space"]?.bool
    isLegacy = settings?["legacy"]?.bool ?? false
    let token = settings?["unk_token"]
    let hasUnknown = kind == .gemma || kind == .codeLlama
    unknown = hasUnknown ? token?.bytes ?? token?["content"]?.bytes ?? Array("<unk>".utf8) : nil
  }

  private static func isByteLevel(_ file: JSON) -> Bool {
    func holds(_ json: JSON?) -> Bool {
      guard let json else { return false }
      if json["type"]?.string == "ByteLevel" { return true }
      return ["pretokenizers", "decoders"].contains { name in
        json[name]?.elements.contains { holds($0) } ?? false
      }
    }
    return holds(file["pre_tokenizer"]) || holds(file["decoder"])
  }

  /// The tokens of parts that only this class has, in its order.
  var ownTokens: [(part: String, token: String)] {
    guard kind == .codeLlama else { return [] }
    return [
      ("prefix_token", "\u{2581}<PRE>"), ("middle_token", "\u{2581}<MID>"),
      ("suffix_token", "\u{2581}<SUF>"), ("eot_token", "\u{2581}<EOT>"),
      ("fill_token", "<FILL_ME>"),
    ]
  }

  /// The tokens that have a part where the folder gives it to none.
  var usualTokens: [String: String] {
    let end = "<|endoftext|>"
    return switch kind {
    case .gpt2: ["unk_token": end, "bos_token": end, "eos_token": end]
    case .neoX:
      ["unk_token": end, "bos_token": end, "eos_token": end, "pad_token": "<|padding|>"]
    case .qwen2: ["unk_token": end, "eos_token": end, "pad_token": end]
    case .llama, .codeLlama: ["unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"]
    case .gemma:
      [
        "unk_token": "<unk>", "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>",
        "mask_token": "<mask>",
      ]
    }
  }

  /// Whether the file's post-processor is replaced by one that adds nothing.
  var addsNoTokens: Bool { kind == .neoX }

  /// Sets all that the class decides: the steps before the model, the model's flags, the decoder.
  func apply(to description: inout TokenizerDescription) throws(Failure) {
    let isByteLevel = ![.gemma, .llama, .codeLlama].contains(kind)
    description.isByteLevel = isByteLevel
    description.ignoresMerges = false
    description.fusesUnknown = !isByteLevel
    description.byteFallback = !isByteLevel
    description.unknown = unknown.flatMap { description.vocabulary.firstIndex(of: $0) }
    description.encodesUnknown = description.unknown != nil
    description.normalizers = []
    var steps: [PreTokenizer.Step] = []
    let spaceMark = TokenizerDescription.spaceMark
    switch kind {
    case .gpt2, .neoX:
      if kind == .neoX { description.normalizers = [.form(.nfc)] }
      if addsPrefixSpace ?? false { steps.append(.prefixSpace) }
      let words = try Pattern(oniguruma: PreTokenizer.byteLevelExpression)
      steps.append(.split(words, .isolated, inverted: false))
    case .qwen2:
      description.normalizers = [.form(.nfc)]
      for expression in try PreTokenizer.named("qwen2").expressions {
        steps.append(.split(try Pattern(oniguruma: expression), .isolated, inverted: false))
      }
      if addsPrefixSpace ?? false { steps.append(.prefixSpace) }
    case .gemma:
      description.normalizers = [.replace(try Pattern(literal: " "), spaceMark)]
    case .llama:
      let adds = addsPrefixSpace ?? true
      let scheme: PreTokenizer.PrependScheme = adds ? (isLegacy ? .always : .first) : .never
      steps.append(.metaspace(replacement: spaceMark, scheme, splits: false))
      description.leadingSpace = adds ? .one : .kept
    case .codeLlama:
      let scheme: PreTokenizer.PrependScheme = addsPrefixSpace ?? true ? .first : .never
      steps.append(.metaspace(replacement: spaceMark, scheme, splits: false))
      description.leadingSpace = .one
    }
    if !isByteLevel { description.spaceMark = spaceMark }
    description.preTokenizer = PreTokenizer(steps)
  }
}
