import Foundation
import SeerSupport

/// What the files beside `tokenizer.json` say of it, with the precedence that transformers gives
/// them: `added_tokens_decoder` of `tokenizer_config.json`, or without it `special_tokens_map.json`,
/// `added_tokens.json` and the file's own list; then the tokens that have a part to play.
struct TokenizerFolder {
  /// The class that transformers builds anew from the file's vocabulary; nil takes the file as it is.
  let built: BuiltTokenizer?
  /// Special tokens in text are cut like any other text.
  let splitsSpecialTokens: Bool
  private let path: String
  private let settings: JSON?
  /// `special_tokens_map.json` and `added_tokens.json`, where they count.
  private let map: JSON?
  private let old: JSON?

  private static let settingsName = "tokenizer_config.json"
  /// The parts that every tokenizer may give to a token, in transformers' order.
  private static let parts = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  /// - Parameter file: `tokenizer.json`.
  init(path: String, file: JSON) throws(Failure) {
    self.path = path
    func read(_ name: String) throws(Failure) -> JSON? {
      let whole = path + "/" + name
      guard FileManager.default.fileExists(atPath: whole) else { return nil }
      let json = try JSON(path: whole)
      guard json.kind == .object else {
        throw Failure(
          .badData, file: whole, found: "no JSON object", wanted: "one",
          advice: "Download the file again, or take it away.")
      }
      return json
    }
    let settings = try read(Self.settingsName)
    self.settings = settings
    let isListed = settings?["added_tokens_decoder"] != nil
    map = isListed ? nil : try read("special_tokens_map.json")
    old = isListed ? nil : try read("added_tokens.json")
    splitsSpecialTokens = settings?["split_special_tokens"]?.bool ?? false
    built = BuiltTokenizer(
      settings: settings, configuration: try read("config.json"), file: file)
  }

  private func bad(_ name: String, _ place: String, _ found: String, _ wanted: String) -> Failure {
    Failure(
      .badData, file: path + "/" + name, place: place, found: found, wanted: wanted,
      advice: "Save the tokenizer again, or download the file again.")
  }

  // MARK: Tokens with a part

  /// The token that plays a part such as `eos_token`, and whatever else ends in `_token`.
  private func parts() -> [(name: String, token: AddedToken)] {
    var named: [String: JSON] = [:]
    var more: [String] = []
    for json in [settings, map] {
      for (name, value) in json?.members.map({ ($0.0, $0.1) }) ?? [] {
        let name = String(decoding: name, as: UTF8.self)
        guard name.hasSuffix("_token") else { continue }
        if !Self.parts.contains(name), named[name] == nil { more.append(name) }
        named[name] = value
      }
    }
    let extra = settings?["extra_special_tokens"]
    if let extra, extra.kind == .object {
      for (name, value) in extra.members {
        let name = String(decoding: name, as: UTF8.self)
        if named[name] == nil { more.append(name) }
        named[name] = value
      }
    }
    let own = built?.ownTokens.map(\.part) ?? []
    return (Self.parts + own + more.filter { !own.contains($0) }).compactMap { name in
      guard let value = named[name] else {
        // What is left out is the class's own; null is none.
        return (built?.usualTokens[name].map { Array($0.utf8) } ?? ownToken(name)).map {
          (name, AddedToken(id: 0, content: $0, isSpecial: true))
        }
      }
      if let text = value.bytes { return (name, AddedToken(id: 0, content: text, isSpecial: true)) }
      return AddedToken(value, isSpecial: map?[name] == nil ? nil : true).map { (name, $0) }
    }
  }

  /// Special tokens without a part: `extra_special_tokens`, or `additional_special_tokens` as older
  /// files call them.
  private func extras() -> [AddedToken] {
    func list(_ json: JSON?) -> [AddedToken] {
      (json?.elements.map { $0 } ?? []).compactMap { value in
        value.bytes.map { AddedToken(id: 0, content: $0, isSpecial: true) } ?? AddedToken(value)
      }
    }
    let ofClass = (built?.ownTokens ?? []).compactMap { ownToken($0.part) }
      .map { AddedToken(id: 0, content: $0, isSpecial: true) }
    let extra = settings?["extra_special_tokens"]
    if let extra, extra.kind == .object, extra.count > 0 { return ofClass }
    let own = list(extra)
    if !own.isEmpty { return ofClass + own }
    let additional = settings?["additional_special_tokens"] ?? map?["additional_special_tokens"]
    return ofClass + list(additional)
  }

  /// The class's own token for a part that only it has: the settings can take it away, not change it.
  func ownToken(_ part: String) -> [UInt8]? {
    guard settings?[part]?.isNull != true else { return nil }
    return built?.ownTokens.first { $0.part == part }.map { Array($0.token.utf8) }
  }

  /// The token that plays a part; nil where there is none.
  func content(of part: String) -> [UInt8]? {
    parts().first { $0.name == part }?.token.content
  }

  // MARK: Added tokens

  /// Every token that may be added to those of the file.
  func candidates() throws(Failure) -> [AddedToken] {
    try listed(own: []).map(\.token) + parts().map(\.token) + extras()
  }

  /// What transformers adds to the tokens of the file, in turn.
  ///
  /// - Parameters:
  ///   - own: the file's list, with the numbers in it.
  ///   - held: what has been added of it.
  func tokens(
    own: [(id: Int, token: AddedToken)], held: AddedVocabulary
  ) throws(Failure) -> [AddedToken] {
    let listed = try listed(own: own)
    var tokens = listed.map(\.token).filter { !held.contains($0) }
    var contents = Set((held.tokens + tokens).map(\.content))
    let flags = Dictionary(listed.map { ($0.token.content, $0.token) }) { $1 }
    let parts = parts().map { flags[$0.token.content] ?? $0.token }
    for token in parts + extras() where !contents.contains(token.content) {
      contents.insert(token.content)
      tokens.append(token)
    }
    let playing = Set(parts.map(\.content))
    for index in tokens.indices where playing.contains(tokens[index].content) {
      tokens[index].isSpecial = true
    }
    return tokens
  }

  /// The tokens of the lists, by their numbers there.
  private func listed(
    own: [(id: Int, token: AddedToken)]
  ) throws(Failure) -> [(id: Int, token: AddedToken)] {
    var tokens: [Int: AddedToken] = [:]
    if let list = settings?["added_tokens_decoder"] {
      guard list.kind == .object else {
        throw bad(
          Self.settingsName, "added_tokens_decoder", "no object", "one of numbers and tokens")
      }
      for (number, value) in list.members {
        let text = String(decoding: number, as: UTF8.self)
        guard let id = Int(text), let token = AddedToken(value) else {
          throw bad(
            Self.settingsName, "added_tokens_decoder, entry \(text.prefix(40))",
            "no number with a token", "a number and an object with `content`")
        }
        tokens[id] = token
      }
    } else {
      let special = Set((parts().map(\.token) + extras()).map(\.content))
      for (content, value) in old?.members.map({ ($0.0, $0.1) }) ?? [] {
        guard let id = value.integer else {
          throw bad(
            "added_tokens.json", "token \(Tokenizer.quoted(content))", "no number", "its number")
        }
        let isSpecial = special.contains(content)
        tokens[id] = AddedToken(
          id: 0, content: content, isSpecial: isSpecial, isNormalized: !isSpecial)
      }
      for (id, token) in own { tokens[id] = token }
    }
    return tokens.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
