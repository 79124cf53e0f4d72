import Foundation
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// Models as Hugging Face folders and split GGUF files: the numbers of the one file, and what is
/// wrong with a folder by name.
struct HuggingFaceFolderTests {
  func opening(_ folder: TinyFolder) throws -> Failure {
    try #require(thrownFailure { _ = try LanguageModel(folder.path) }, "it opened")
  }

  // MARK: Right ones

  @Test(arguments: [Safetensors.DataType.float32, .float16, .bfloat16], [1, 3])
  func aFolderIsTheSameModel(type: Safetensors.DataType, shards: Int) throws {
    let file = try TinyLlama.model()
    let tiny = try TinyFolder()
    // The folder goes with its value.
    defer { withExtendedLifetime(tiny) {} }
    let folder = try LanguageModel(tiny.write(type, shards: shards))
    #expect(folder.configuration == file.configuration)
    #expect(folder.parameters == file.parameters)
    let chat = [ChatMessage(.user, "x")]
    #expect(try folder.tokenizer.chat.text(chat) == file.tokenizer.chat.text(chat))
    #expect(folder.tokenizer.endOfText == file.tokenizer.endOfText)
    let names = ["F32", "F16", "BF16"]
    #expect(names.contains(folder.quantization))
    for text in ["Is the sky blue? 12", "<|im_start|>user\n日本<|im_end|>"] {
      let ids = file.tokenizer.encode(text)
      #expect(folder.tokenizer.encode(text) == ids)
      // Every type holds the matrices exactly, float32 the norms' vectors too.
      let bound = type == .float32 ? 1e-5 : type == .float16 ? 2e-3 : 2e-2
      for (ours, theirs) in zip(try folder.states(ids), try file.states(ids)) {
        for (a, b) in zip(ours, theirs) { #expect(relativeDistance(a, b) <= bound) }
      }
    }
  }

  @Test func aTemplateFileOfItsOwnWins() throws {
    var folder = try TinyFolder()
    let chat = [ChatMessage(.user, "x")]
    func text(_ options: ChatOptions = ChatOptions()) throws -> String {
      try LanguageModel(folder.path, chat: options).tokenizer.chat.text(chat)
    }
    folder.settings["chat_template"] = [
      ["name": "tool_use", "template": "tools"], ["name": "default", "template": "settings"],
    ]
    _ = try folder.write()
    try folder.folder.write("{\"chat_template\": \"processor\"}", to: "chat_template.json")
    #expect(try text() == "settings")
    let tools = ChatOptions(arguments: [try ChatOptions.Argument("tools=[]")])
    #expect(try text(tools) == "tools")
    try folder.folder.write("jinja", to: "chat_template.jinja")
    #expect(try text() == "jinja")
    #expect(try text(tools) == "jinja")
    let mine = folder.folder("mine.txt")
    try folder.folder.write("{% x", to: "mine.txt")
    let failure = try #require(thrownFailure { _ = try text(ChatOptions(file: mine)) })
    failure.expect(file: mine, place: "chat template, line 1", found: "`x`")
    try folder.folder.write("{{ 'mine' if messages }}", to: "mine.txt")
    #expect(try text(ChatOptions(file: mine)) == "mine")
  }

  @Test func aProcessorsTemplateIsTheLast() throws {
    var folder = try TinyFolder()
    folder.settings["chat_template"] = nil
    _ = try folder.write()
    try folder.folder.write("{\"chat_template\": \"processor\"}", to: "chat_template.json")
    let model = try LanguageModel(folder.path)
    #expect(try model.tokenizer.chat.text([ChatMessage(.user, "x")]) == "processor")
  }

  /// The settings' tokens, or those of the map where the settings are of the old kind.
  @Test func templatesKnowTheSpecialTokens() throws {
    var folder = try TinyFolder()
    folder.settings["chat_template"] = "{{ bos_token }}|{{ unk_token }}|{{ cls_token is defined }}"
    folder.settings["unk_token"] = ["content": "<u>"]
    _ = try folder.write()
    func text() throws -> String {
      try LanguageModel(folder.path).tokenizer.chat.text([ChatMessage(.user, "x")])
    }
    let first = try text()
    #expect(first.hasSuffix("|<u>|False"))
    try folder.folder.write("{\"unk_token\": \"<map>\"}", to: "special_tokens_map.json")
    #expect(try text().hasSuffix("|<map>|False"))
    folder.settings["added_tokens_decoder"] = [String: String]()
    _ = try folder.write()
    #expect(try text() == first)
    // A class of transformers' brings tokens of its own, but for what the settings name or null.
    folder.settings["tokenizer_class"] = "GemmaTokenizerFast"
    folder.settings["chat_template"] = "{{ pad_token }}|{{ unk_token }}"
    _ = try folder.write()
    #expect(try text() == "<pad>|<u>")
    folder.settings["pad_token"] = NSNull()
    _ = try folder.write()
    #expect(try text() == "|<u>")
  }

  @Test func stopsOfTheGenerationSettingsEndAnAnswer() throws {
    let folder = try TinyFolder()
    try folder.write()
    try folder.write(["eos_token_id": [0, 2]], to: "generation_config.json")
    #expect(try LanguageModel(folder.path).stopTokens.isSuperset(of: [0, 2]))
  }

  @Test func aHashIsOfAllFiles() throws {
    var folder = try TinyFolder()
    let first = try LanguageModel(folder.write(shards: 2)).sha256()
    #expect(first.utf8.count == 64)
    #expect(try LanguageModel(folder.path).sha256() == first)
    folder.configuration["rms_norm_eps"] = 2e-5
    #expect(try LanguageModel(folder.write(shards: 2)).sha256() != first)
  }

  /// As transformers has it: the one file counts, whatever an index beside it says.
  @Test func anIndexBesideTheOneFileIsStale() throws {
    let folder = try TinyFolder()
    defer { withExtendedLifetime(folder) {} }
    let wanted = try LanguageModel(folder.write())
    let ids = wanted.tokenizer.encode("Is the sky blue? 12")
    let states = try wanted.states(ids)
    let shard = TinyFolder.shardName(0, of: 2)
    for shards in [["model.embed_tokens.weight": shard], [:]] {
      try folder.write(["weight_map": shards], to: "model.safetensors.index.json")
      let model = try LanguageModel(folder.path)
      #expect(try model.states(ids) == states)
      #expect(!model.source.filePaths.contains { $0.hasSuffix(".index.json") })
    }
    // A file of that name is not read either.
    try folder.folder.write("no safetensors", to: shard)
    #expect(try LanguageModel(folder.path).states(ids) == states)
  }

  @Test func tensorsOfIntegersAreNoWeights() throws {
    let folder = try TinyFolder()
    try folder.write()
    var bytes = try TestSupport.bytes(ofFile: folder.folder("model.safetensors"))
    // An unused mask in place of nothing: the header is rewritten around the same data.
    let length = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
    var header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    header = header.replacingOccurrences(
      of: "{\"model.embed",
      with: "{\"mask\":{\"dtype\":\"BOOL\",\"shape\":[0],\"data_offsets\":[0,0]},\"model.embed")
    bytes = sized(Array(header.utf8)) + bytes[(8 + length)...]
    try folder.folder.write(bytes, to: "model.safetensors")
    #expect(try LanguageModel(folder.path).configuration.blocks == 3)
    header = header.replacingOccurrences(of: "BOOL", with: "F64")
    try folder.folder.write(
      sized(Array(header.utf8)) + bytes[(8 + header.utf8.count + 1)...], to: "model.safetensors")
    try opening(folder).expect(place: "tensor mask", found: "dtype F64", wanted: "F32, F16 or BF16")
  }

  // MARK: Wrong ones

  @Test func missingFiles() throws {
    let folder = try TinyFolder()
    try opening(folder).expect(file: folder.path, found: "without config.json")
    try folder.write(shards: 3)
    let shard = TinyFolder.shardName(1, of: 3)
    try folder.remove(shard)
    try opening(folder).expect(
      .missingInput, file: folder.folder(shard), found: "no such file", wanted: "3 shards")
    try folder.remove("model.safetensors.index.json")
    try opening(folder).expect(
      .missingInput, found: "none of model.safetensors, model.safetensors.index.json, pytorch")
    try folder.write()
    try folder.remove("tokenizer.json")
    try opening(folder).expect(
      .missingInput, file: folder.folder("tokenizer.json"), found: "no such file")
  }

  @Test func aWrongIndex() throws {
    let folder = try TinyFolder()
    try folder.write(shards: 2)
    let name = TinyFolder.shardName(0, of: 2)
    func index(_ map: String) throws -> Failure {
      try folder.folder.write(map, to: "model.safetensors.index.json")
      return try opening(folder)
    }
    // What it says of tensors is not asked; that file alone is not the model.
    try index(#"{"weight_map":{"nothing":"\#(name)"}}"#).expect(
      place: "tensor model.", found: "no such tensor", advice: "not a complete model")
    try index(#"{"weight_map":{"a":"../x.safetensors"}}"#).expect(
      place: "tensor a", found: "`../x.safetensors`")
    try index(#"{"weight_map":{"a":"\#(name)","a":"\#(name)"}}"#).expect(
      place: "tensor a", found: "it twice")
    try index(#"{"weight_map":{"a":3}}"#).expect(place: "tensor a", found: "no string")
    try index(#"{"weight_map":{}}"#).expect(place: "weight_map", found: "no tensors")
    try index("[]").expect(place: "weight_map", found: "no such object")
    try index("{").expect(place: "JSON, offset 1", found: "the end of the text")
    // Without one of its tensors the model is not complete.
    try index(#"{"weight_map":{"model.norm.weight":"\#(TinyFolder.shardName(0, of: 2))"}}"#)
      .expect(found: "")
  }

  @Test func aShapeThatDisagrees() throws {
    var folder = try TinyFolder()
    folder.configuration["intermediate_size"] = 95
    try folder.write()
    try opening(folder).expect(place: "mlp", found: "shape [96, 64]", wanted: "[95, 64]")
  }

  @Test func anUnknownFamilyOrQuantisation() throws {
    var folder = try TinyFolder()
    folder.configuration["model_type"] = "mamba"
    try folder.write()
    try opening(folder).expect(
      file: folder.folder("config.json"), place: "key model_type", found: "`mamba`",
      wanted: "llama")
    folder.configuration["quantization_config"] = ["quant_method": "gptq"]
    try folder.write()
    try opening(folder).expect(place: "quantization_config.quant_method", found: "`gptq`")
  }

  @Test func aVocabularyThatDisagreesWithTheEmbeddings() throws {
    var folder = try TinyFolder()
    folder.configuration["vocab_size"] = 400
    try folder.write()
    try opening(folder).expect(
      file: folder.folder("config.json"), place: "key vocab_size", found: "400",
      wanted: "325, the rows of tensor model.embed_tokens.weight")
  }

  @Test func aVocabularyBeyondTheEmbeddings() throws {
    var folder = try TinyFolder()
    folder.tokenizer["added_tokens"] =
      [["id": 325, "content": "<new>", "special": true]] as [[String: Any]]
    try folder.write()
    let model = try LanguageModel(folder.path)
    #expect(model.tokenizer.count == 326)
    #expect(try model.states(model.tokenizer.encode("Is the sky blue?")).count == 4)
    // What the model has no state for is refused where it is asked for.
    let ids = model.tokenizer.encode("Is the sky <new>?")
    #expect(ids.contains(325))
    let failure = try #require(thrownFailure { _ = try model.states(ids) }, "it ran")
    failure.expect(found: "token 325", wanted: "below 325", advice: "take them out")
  }

  @Test(arguments: [
    (#""merges":[["","h"]]"#, "merge 0", "no pair"),
    (#""merges":[["t","h"],["t","h"]]"#, "merge 1", "a second merge of this pair"),
    (#""merges":["t h","t h"]"#, "merge 1", "a second merge of this pair"),
    (#""merges":[["t","h"],3]"#, "merges[1]", "no pair of strings"),
    (#""merges":[["t","zz"]]"#, "merge 0", "`zz`, which is not in the vocabulary"),
    (#""merges":[],"vocab":{"a":0,"b":0}"#, "token `b`", "that of `a` already"),
    (#""merges":[],"vocab":{"a":0,"a":1}"#, "token 1", "which is token 0 already"),
    (#""merges":[],"vocab":{"a":-1}"#, "token `a`", "id -1"),
    (#""merges":[],"vocab":{"a":99999999}"#, "token `a`", "id 99999999"),
    (#""merges":[],"vocab":{"a":"0"}"#, "token `a`", "of no integer"),
    (#""merges":[],"vocab":{"":0}"#, "vocab", "an empty token"),
    (#""merges":[],"unk_token":"zz""#, "unk_token", "`zz`, which is not in the vocabulary"),
    (#""merges":[],"dropout":0.5"#, "dropout", "`0.5`"),
    (#""merges":[],"end_of_word_suffix":"</w>""#, "end_of_word_suffix", "`</w>`"),
    (#""merges":3"#, "model.merges", "no such entry"),
  ])
  func aBadModelOfATokenizer(members: String, place: String, found: String) throws {
    let folder = try TemporaryFolder()
    let vocabulary = members.contains("\"vocab\"") ? "" : #""vocab":{"t":0,"h":1,"th":2},"#
    let text = #"{"model":{"type":"BPE",\#(vocabulary)\#(members)}}"#
    let path = try folder.write(text, to: "tokenizer.json")
    let failure = try #require(
      thrownFailure { _ = try Tokenizer(try TokenizerFile(path: path).description) }, "it opened")
    failure.expect(file: path, place: place, found: found)
  }

  @Test(arguments: [
    (#""normalizer":{"type":"Precompiled"}"#, "normalizer", "`Precompiled`"),
    (#""pre_tokenizer":{"type":"UnicodeScripts"}"#, "pre_tokenizer", "`UnicodeScripts`"),
    (
      #""pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated"}"#,
      "pre_tokenizer.pattern (a", "parenthesis"
    ),
    (
      #""pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"}]}"#,
      "pre_tokenizer.pretokenizers[1]", "a step after ByteLevel"
    ),
    // An empty one was found in every place of a text, for ever (by fuzzing).
    (
      #""pre_tokenizer":{"type":"Metaspace","replacement":""}"#, "pre_tokenizer.replacement",
      "0 characters"
    ),
    (#""decoder":{"type":"Metaspace","replacement":"ab"}"#, "decoder.replacement", "2 characters"),
    (
      #""decoder":{"type":"Replace","pattern":{"String":""},"content":" "}"#, "decoder",
      "another replacement"
    ),
    (#""post_processor":{"type":"BertProcessing"}"#, "post_processor", "`BertProcessing`"),
    (#""decoder":{"type":"WordPiece"}"#, "decoder", "`WordPiece`"),
    (#""added_tokens":[{"id":0,"content":""}]"#, "added_tokens[0]", "no usable id"),
    (#""added_tokens":[{"content":"x"}]"#, "added_tokens[0]", "no usable id"),
  ])
  func anUnsupportedPartOfATokenizer(member: String, place: String, found: String) throws {
    let folder = try TemporaryFolder()
    let text = #"{\#(member),"model":{"type":"BPE","vocab":{"t":0},"merges":[]}}"#
    let path = try folder.write(text, to: "tokenizer.json")
    let failure = try #require(thrownFailure { _ = try TokenizerFile(path: path) }, "it opened")
    failure.expect(file: path, place: place, found: found)
  }

  // MARK: Split GGUF

  /// The tiny model in three parts.
  func split(_ folder: TemporaryFolder) throws -> [String] {
    let whole = try TinyLlama.builder()
    return try (0..<3).map { part in
      var builder = part == 0 ? whole : GGUFBuilder()
      builder.set("split.no", .uint32(UInt32(part)))
      builder.set("split.count", .uint32(3))
      builder.set("split.tensors.count", .uint32(UInt32(whole.tensors.count)))
      builder.tensors = whole.tensors.indices.filter { $0 % 3 == part }.map { whole.tensors[$0] }
      return try folder.write(builder.bytes, to: "tiny-0000\(part + 1)-of-00003.gguf")
    }
  }

  @Test func partsAreTheSameModel() throws {
    let folder = try TemporaryFolder()
    let paths = try split(folder)
    let whole = try TinyLlama.model()
    let ids = whole.tokenizer.encode("Is the sky blue?")
    for path in paths {
      let model = try LanguageModel(path)
      #expect(model.configuration == whole.configuration)
      #expect(try model.states(ids) == whole.states(ids))
    }
  }

  @Test func partsThatDoNotFit() throws {
    let folder = try TemporaryFolder()
    let paths = try split(folder)
    try FileManager.default.removeItem(atPath: paths[1])
    func opening() throws -> Failure {
      try #require(thrownFailure { _ = try LanguageModel(paths[0]) }, "it opened")
    }
    try opening().expect(
      .missingInput, file: paths[1], found: "no such file", wanted: "part 2 of 3")
    try FileManager.default.copyItem(atPath: paths[2], toPath: paths[1])
    try opening().expect(file: paths[1], place: "key split.no", found: "2", wanted: "1")
    #expect(SplitGGUF.paths(of: "a-00004-of-00003.gguf") == nil)
    #expect(SplitGGUF.paths(of: "a-0001-of-00003.gguf") == nil)
    #expect(SplitGGUF.paths(of: "-00001-of-00001.gguf") == nil)
  }
}
