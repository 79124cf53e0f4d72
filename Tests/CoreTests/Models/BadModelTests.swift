import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// Files that are GGUF but no model of ours.
struct BadModelTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder("model.gguf")
  }

  func opening(_ change: (inout GGUFBuilder) -> Void) throws -> Failure {
    var builder = try TinyLlama.builder()
    change(&builder)
    try folder.write(builder.bytes, to: "model.gguf")
    let failure = try #require(thrownFailure { _ = try LanguageModel(path) }, "it opened")
    #expect(failure.kind == .badData)
    #expect(failure.file == path, "\(failure)")
    return failure
  }

  func resize(
    _ builder: inout GGUFBuilder, _ name: String, _ change: (inout GGUFBuilder.Tensor) -> Void
  ) {
    for index in builder.tensors.indices where builder.tensors[index].name == name {
      change(&builder.tensors[index])
    }
  }

  @Test func anotherArchitecture() throws {
    try opening { $0.set("general.architecture", .string("mamba")) }.expect(
      place: "key general.architecture", found: "mamba", wanted: "llama",
      advice: "families")
  }

  @Test func noArchitecture() throws {
    try opening { $0.set("general.architecture", nil) }.expect(
      place: "key general.architecture", found: "no such key", wanted: "a string")
  }

  @Test(arguments: [
    "llama.block_count", "llama.embedding_length", "llama.attention.head_count",
    "llama.feed_forward_length", "llama.context_length", "llama.attention.layer_norm_rms_epsilon",
    "tokenizer.ggml.model", "tokenizer.ggml.tokens",
  ])
  func aMissingKey(key: String) throws {
    try opening { $0.set(key, nil) }.expect(place: "key \(key)", found: "no such key")
  }

  @Test(arguments: [
    "llama.block_count", "llama.embedding_length", "llama.attention.head_count",
    "llama.attention.head_count_kv", "llama.feed_forward_length", "llama.context_length",
    "llama.attention.layer_norm_rms_epsilon", "llama.rope.freq_base",
    "llama.rope.dimension_count", "tokenizer.ggml.tokens", "tokenizer.ggml.merges",
    "tokenizer.ggml.token_type", "tokenizer.ggml.eos_token_id",
  ])
  func aKeyOfAnotherType(key: String) throws {
    try opening { $0.set(key, .string("many")) }.expect(
      place: "key \(key)", found: "string \"many\"")
  }

  @Test(
    arguments: [
      "llama.block_count", "llama.embedding_length", "llama.attention.head_count",
      "llama.attention.head_count_kv", "llama.feed_forward_length", "llama.context_length",
    ], [0, -1, 1 << 40])
  func aSizeOutOfRange(key: String, size: Int64) throws {
    try opening { $0.set(key, .int64(size)) }.expect(
      place: "key \(key)", found: "integer \(size)", wanted: "an integer from 1 to")
  }

  @Test(arguments: [0, -1, Float.nan, .infinity])
  func aRopeBaseThatIsNone(base: Float) throws {
    try opening { $0.set("llama.rope.freq_base", .float32(base)) }.expect(
      place: "key llama.rope.freq_base", found: "number \(Double(base))", wanted: "number")
  }

  @Test(arguments: [-1e-5, Float.nan])
  func anEpsilonThatIsNone(epsilon: Float) throws {
    try opening { $0.set("llama.attention.layer_norm_rms_epsilon", .float32(epsilon)) }.expect(
      place: "key llama.attention.layer_norm_rms_epsilon", found: "number", wanted: "number")
  }

  @Test func headsThatCannotBeGrouped() throws {
    try opening { $0.set("llama.attention.head_count_kv", .int64(3)) }.expect(
      place: "key llama.attention.head_count_kv", found: "integer 3", wanted: "divisor of 4")
  }

  @Test func headsThatDoNotShareTheWidth() throws {
    try opening {
      $0.set("llama.attention.head_count", .int64(6))
      $0.set("llama.rope.dimension_count", nil)
    }.expect(place: "tensor blk.0.attn_q.weight", found: "shape [64, 64]", wanted: "[60, 64]")
  }

  @Test func headsOfAnOddSize() throws {
    try opening {
      $0.set("llama.attention.head_count", .int64(64))
      $0.set("llama.rope.dimension_count", nil)
    }.expect(place: "key llama.attention.head_count", found: "64", wanted: "even")
  }

  @Test func partlyRotatedHeads() throws {
    try opening { $0.set("llama.rope.dimension_count", .int64(8)) }.expect(
      place: "key llama.rope.dimension_count", found: "8", wanted: "16, the whole head")
  }

  @Test func scaledRope() throws {
    try opening { $0.set("llama.rope.scaling.type", .string("strange")) }.expect(
      place: "key llama.rope.scaling.type", found: "strange",
      wanted: "none, linear, yarn or longrope", advice: "not supported")
    try opening { $0.set("llama.rope.scaling.type", .string("longrope")) }.expect(
      place: "key llama.rope.scaling.type", found: "longrope", wanted: "tensors of factors")
    try opening { $0.set("llama.rope.scale_linear", .float32(-4)) }.expect(
      place: "key llama.rope.scale_linear", found: "-4", wanted: "above 0")
  }

  @Test func ropeFrequencies() throws {
    try opening {
      $0.tensors.append(
        GGUFBuilder.Tensor(
          "rope_freqs.weight", sizes: [8], bytes: floatBytes([1, 1, 1, 1, 1, 1, 1, 0])))
    }.expect(place: "tensor rope_freqs.weight", found: "not above 0", wanted: "above 0")
    try opening {
      $0.tensors.append(
        GGUFBuilder.Tensor("rope_freqs.weight", sizes: [4], bytes: floatBytes([1, 1, 1, 1])))
    }.expect(place: "tensor rope_freqs.weight", found: "shape [4]", wanted: "[8]")
  }

  @Test func experts() throws {
    // A Mixtral, which needs more keys.
    try opening { $0.set("llama.expert_count", .int64(8)) }.expect(
      place: "key llama.expert_used_count", found: "no such key", wanted: "an integer")
  }

  @Test(arguments: [
    "token_embd.weight", "output_norm.weight", "blk.0.attn_norm.weight", "blk.1.attn_q.weight",
    "blk.2.ffn_down.weight",
  ])
  func aMissingTensor(name: String) throws {
    try opening { builder in builder.tensors.removeAll { $0.name == name } }.expect(
      place: "tensor \(name)", found: "no such tensor")
  }

  @Test func oneBlockMoreThanThereAre() throws {
    try opening { $0.set("llama.block_count", .int64(4)) }.expect(
      place: "tensor blk.3.attn_norm.weight", found: "no such tensor")
  }

  @Test(arguments: [
    ("llama.embedding_length", "token_embd.weight"),
    ("llama.feed_forward_length", "blk.0.ffn_gate.weight"),
  ])
  func aShapeThatDisagreesWithTheKeys(key: String, tensor: String) throws {
    try opening {
      $0.set(key, .int64(128))
      $0.set("llama.rope.dimension_count", nil)
    }.expect(place: "tensor \(tensor)", found: "shape", wanted: "128")
  }

  @Test func aNormOfAnotherSize() throws {
    try opening { builder in
      resize(&builder, "blk.1.ffn_norm.weight") {
        $0.sizes = [32]
        $0.bytes = Array($0.bytes.prefix(128))
      }
    }.expect(place: "tensor blk.1.ffn_norm.weight", found: "shape [32]", wanted: "[64]")
  }

  @Test func embeddingsThatAreAVector() throws {
    try opening { builder in
      resize(&builder, "token_embd.weight") { $0.sizes = [$0.sizes[0] * $0.sizes[1]] }
    }.expect(place: "tensor token_embd.weight", found: "a vector")
  }

  @Test func aHeadOfAnotherVocabulary() throws {
    try opening { builder in
      resize(&builder, "output.weight") {
        $0.sizes = [64, 100]
        $0.bytes = Array($0.bytes.prefix(100 * 36))
      }
    }.expect(place: "tensor output.weight", found: "shape [100, 64]", wanted: "[325, 64]")
  }

  @Test func moreTokensThanEmbeddings() throws {
    var builder = try TinyLlama.builder()
    for name in ["token_embd.weight", "output.weight"] {
      resize(&builder, name) {
        $0.sizes = [64, 300]
        $0.bytes = Array($0.bytes.prefix(300 * 36))
      }
    }
    let folder = try TemporaryFolder()
    let model = try LanguageModel(folder.write(builder.bytes, to: "model.gguf"))
    #expect(try model.states([1, 299]).count == 4)
    let failure = try #require(thrownFailure { _ = try model.states([1, 300]) }, "it ran")
    failure.expect(found: "token 300", wanted: "below 300", advice: "take them out")
  }

  @Test func anotherKindOfTokenizer() throws {
    let failure = try opening { $0.set("tokenizer.ggml.model", .string("bert")) }
    #expect(failure.description.contains("found `bert`, wanted one of gpt2, llama, t5"))
  }

  @Test func anIdBeyondTheVocabularyIsRefused() throws {
    let model = try TinyLlama.model()
    for id: Int32 in [-1, 325, .max] {
      let failure = try #require(thrownFailure { try model.check([0, id]) })
      failure.expect(place: "token 1", found: "id \(id)", wanted: "below 325")
    }
  }

  @Test func aNameThatIsNotInTheCache() throws {
    let failure = try #require(
      thrownFailure {
        _ = try ModelLocator.path(of: "smollm2", environment: ["XDG_CACHE_HOME": folder.path])
      })
    failure.expect(.missingInput, file: "smollm2", found: "no file", advice: "make model")
  }

  /// Whatever a byte of the header becomes, opening ends: well, or in a failure with a place.
  @Test func randomDamageNeverTraps() throws {
    let builder = try TinyLlama.builder()
    let whole = builder.bytes
    var random = SeededGenerator(seed: 1)
    for _ in 0..<600 {
      var bytes = whole
      for _ in 0...Int.random(in: 0..<3, using: &random) {
        // Most of the header is the vocabulary: half the damage goes elsewhere.
        let range = Bool.random(using: &random) ? 0..<400 : 0..<builder.header.count
        bytes[Int.random(in: range, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      try folder.write(bytes, to: "model.gguf")
      if let failure = thrownFailure({ _ = try LanguageModel(path) }) {
        #expect(failure.kind == .badData)
      }
    }
  }
}

/// Families that people have and that are not read: each is refused by its name, and the message
/// says what its blocks have.
struct ForeignFamilyTests {
  static let folders = [
    ("mamba2", "recurrent blocks"), ("qwen3_5_text", "recurrent blocks"),
    ("qwen3_next", "recurrent blocks"), ("lfm2", "recurrent blocks"),
    ("lfm2_moe", "recurrent blocks"), ("falcon_h1", "recurrent blocks"),
    ("jamba", "recurrent blocks"), ("nemotron_h", "recurrent blocks"),
    ("deepseek_v3", "attention by latent keys and values"),
    ("minicpm3", "attention by latent keys and values"),
    ("gemma3n_text", "embeddings of every layer"), ("gemma4_text", "heads whose size differs"),
    ("glm4_moe", "experts that are chosen by another rule"),
    ("llama4_text", "experts that are chosen by another rule"), ("t5", "an encoder"),
    ("modernbert", "an encoder"),
  ]

  @Test(arguments: folders)
  func aFolderIsRefusedByName(name: String, obstacle: String) throws {
    let tiny = try TinyFolder()
    var changed = tiny
    changed.configuration["model_type"] = name
    try changed.write()
    let failure = try #require(
      thrownFailure { _ = try Transformer(openModel(changed.path)) }, "it opened")
    failure.expect(
      file: changed.path + "/config.json", place: "key model_type",
      found: "`\(name)`, which has \(obstacle)", wanted: "one of llama, mistral,",
      advice: "Other families are not supported")
  }

  @Test(arguments: [
    ("mamba", "recurrent blocks"), ("qwen35", "recurrent blocks"), ("lfm2", "recurrent blocks"),
    ("falcon-h1", "recurrent blocks"), ("granitehybrid", "recurrent blocks"),
    ("nemotron_h", "recurrent blocks"), ("deepseek2", "attention by latent keys and values"),
    ("gemma3n", "embeddings of every layer"), ("gemma4", "heads whose size differs"),
    ("glm4moe", "experts that are chosen by another rule"), ("t5encoder", "an encoder"),
  ])
  func aFileIsRefusedByName(name: String, obstacle: String) throws {
    let folder = try TemporaryFolder()
    var builder = try TinyLlama.builder()
    builder.set("general.architecture", .string(name))
    let path = try folder.write(builder.bytes, to: "model.gguf")
    let failure = try #require(thrownFailure { _ = try Transformer(openModel(path)) }, "it opened")
    failure.expect(
      file: path, place: "key general.architecture", found: "`\(name)`, which has \(obstacle)",
      wanted: "one of llama,", advice: "Other families are not supported")
  }

  @Test func anUnknownNameIsSaidAsItIs() throws {
    let folder = try TemporaryFolder()
    var builder = try TinyLlama.builder()
    builder.set("general.architecture", .string("of-tomorrow"))
    let path = try folder.write(builder.bytes, to: "model.gguf")
    let failure = try #require(thrownFailure { _ = try Transformer(openModel(path)) }, "it opened")
    #expect(failure.found == "`of-tomorrow`")
  }

  /// Granite 4's hybrids share the dense ones' name.
  @Test(
    arguments: [
      ("layer_types", ["mamba", "full_attention", "mamba"], "none recurrent"),
      ("num_local_experts", 4, "a mixture of experts is not read of this family"),
    ] as [(String, any Sendable, String)])
  func aHybridOfAKnownNameIsRefused(key: String, value: any Sendable, wanted: String) throws {
    let source = Fixtures.folder + "/Families/granite4"
    let folder = try TemporaryFolder()
    var settings = try object(ofFile: source + "/config.json")
    settings[key] = value
    try folder.write(
      String(decoding: JSONSerialization.data(withJSONObject: settings), as: UTF8.self),
      to: "config.json")
    try folder.write(bytes(ofFile: source + "/model.safetensors"), to: "model.safetensors")
    try #require(thrownFailure { _ = try Transformer(openModel(folder.path)) }, "it opened")
      .expect(file: folder("config.json"), place: "key \(key)", found: "", wanted: wanted)
  }

  /// What `config.json` promises has to be in the file: transformers would make it up.
  @Test func whatTheFileLacksIsRefused() throws {
    var biased = try TinyFolder()
    biased.configuration["attention_bias"] = true
    try biased.write()
    try #require(thrownFailure { _ = try Transformer(openModel(biased.path)) }, "it opened").expect(
      place: "tensor model.layers.0.self_attn.q_proj.bias", found: "no such tensor")
    var longer = try TinyFolder()
    longer.configuration["num_hidden_layers"] = 4
    try longer.write()
    try #require(thrownFailure { _ = try Transformer(openModel(longer.path)) }, "it opened").expect(
      place: "tensor model.layers.3.", found: "no such tensor")
  }
}
