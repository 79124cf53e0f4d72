import Foundation
import SeerFormats
import SeerSupport

extension TokenizerDescription {
  /// Takes over what a Hugging Face folder says of its chat template, with transformers'
  /// precedence: `chat_template.jinja` and `additional_chat_templates`, then
  /// `tokenizer_config.json`, then `chat_template.json`, which only processors read.
  mutating func readChatTemplate(ofFolder path: String) throws(Failure) {
    func json(_ name: String) throws(Failure) -> JSON? {
      let file = path + "/" + name
      return FileManager.default.fileExists(atPath: file) ? try JSON(path: file) : nil
    }
    let settings = try json("tokenizer_config.json")
    var named = try Self.files(path)
    if named.isEmpty { named = Self.named(settings?["chat_template"]) }
    if named.isEmpty { named = Self.named(try json("chat_template.json")?["chat_template"]) }
    try use(templates: named, of: path)
    var tokens = Self.tokens(settings)
    // Files of before transformers kept a list of added tokens in its settings.
    if settings?["added_tokens_decoder"] == nil, let map = try json("special_tokens_map.json") {
      tokens.merge(Self.tokens(map)) { $1 }
    }
    for (name, token) in Self.usualTokens(settings?["tokenizer_class"]?.string ?? "")
    where tokens[name] == nil && settings?[name] == nil { tokens[name] = token }
    templateTokens = tokens
  }

  /// Takes the template named `default` of several, or the only one, and that for tools.
  mutating func use(templates named: [String: String], of path: String) throws(Failure) {
    chatTemplate = named["default"] ?? (named.count == 1 ? named.first?.value : nil)
    toolTemplate = named["tool_use"]
    guard chatTemplate != nil || named.isEmpty else {
      throw Failure(
        .badData, file: path, place: "chat template",
        found: "templates named \(named.keys.sorted().joined(separator: ", "))",
        wanted: "one named default", advice: "Give one of them with --template-file.")
    }
  }

  /// The tokens that transformers' classes of tokenizers have where a model's settings name none.
  private static func usualTokens(_ kind: String) -> [String: String] {
    switch kind.hasSuffix("Fast") ? String(kind.dropLast(4)) : kind {
    case "LlamaTokenizer", "CodeLlamaTokenizer":
      ["bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"]
    case "GemmaTokenizer":
      ["bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>", "pad_token": "<pad>"]
    case "Qwen2Tokenizer":
      [
        "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>",
      ]
    case "GPT2Tokenizer":
      [
        "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
      ]
    case "CohereTokenizer":
      [
        "bos_token": "<BOS_TOKEN>", "eos_token": "<|END_OF_TURN_TOKEN|>", "unk_token": "<UNK>",
        "pad_token": "<PAD>",
      ]
    default: [:]
    }
  }

  /// Templates that are files of their own.
  private static func files(_ path: String) throws(Failure) -> [String: String] {
    func text(_ file: String) throws(Failure) -> String {
      try MappedFile(path: file).withBytes { String(decoding: $0, as: UTF8.self) }
    }
    var named: [String: String] = [:]
    let main = path + "/chat_template.jinja"
    if FileManager.default.fileExists(atPath: main) { named["default"] = try text(main) }
    let folder = path + "/additional_chat_templates"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasSuffix(".jinja") {
      named[String(name.dropLast(6))] = try text(folder + "/" + name)
    }
    return named
  }

  /// A string, or a list of named templates.
  private static func named(_ json: JSON?) -> [String: String] {
    guard let json else { return [:] }
    if let text = json.string { return ["default": text] }
    var named: [String: String] = [:]
    for element in json.elements {
      if let name = element["name"]?.string, let text = element["template"]?.string {
        named[name] = text
      }
    }
    return named
  }

  /// Special tokens as templates know them.
  private static func tokens(_ json: JSON?) -> [String: String] {
    var tokens: [String: String] = [:]
    for name in ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] {
      let name = name + "_token"
      if let text = json?[name]?.string ?? json?[name]?["content"]?.string { tokens[name] = text }
    }
    return tokens
  }
}

extension ChatOptions {
  /// The text of the template file; fails where it cannot be read as a template.
  func templateText() throws(Failure) -> String? {
    guard let file else { return nil }
    let text = try MappedFile(path: file).withBytes { String(decoding: $0, as: UTF8.self) }
    do throws(Failure) {
      try ChatTemplate(text).check()
    } catch {
      var failure = error
      failure.file = file
      throw failure
    }
    return text
  }
}

extension TokenizerDescription {
  /// Takes what the user says before what the files say.
  package mutating func use(_ options: ChatOptions) throws(Failure) {
    chatOptions = options
    guard let text = try options.templateText() else { return }
    chatTemplate = text
    toolTemplate = nil
  }
}
