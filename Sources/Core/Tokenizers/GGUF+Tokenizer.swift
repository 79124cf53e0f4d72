import SeerFormats
import SeerSupport

extension GGUF {
  /// What the `tokenizer.*` keys say.
  package func tokenizerDescription() throws(Failure) -> TokenizerDescription {
    try readTokenizer { (problem: Failure) throws(Failure) in throw problem }
  }

  /// Every key of the tokenizer that cannot be used; where there is none, what is wrong with the whole.
  package func tokenizerProblems() -> [Failure] {
    var problems: [Failure] = []
    do throws(Failure) {
      let description = try readTokenizer { (problem: Failure) throws(Failure) in
        problems.append(problem)
      }
      if problems.isEmpty { _ = try Tokenizer(description) }
    } catch {
      problems.append(error)
    }
    return problems
  }

  /// Reads key by key.
  ///
  /// - Parameter note: takes a key that cannot be used; where it does not throw, the others are read.
  private func readTokenizer(
    _ note: (Failure) throws(Failure) -> Void
  ) throws(Failure) -> TokenizerDescription {
    func attempt(_ read: () throws(Failure) -> Void) throws(Failure) {
      do throws(Failure) { try read() } catch { try note(error) }
    }
    func key(_ name: String) -> String { "tokenizer.ggml." + name }
    func id(_ name: String) throws(Failure) -> Int? {
      var id: Int?
      try attempt { () throws(Failure) in
        if has(key(name + "_token_id")) { id = try integer(key(name + "_token_id")) }
      }
      return id
    }
    func flag(_ name: String, else value: Bool) throws(Failure) -> Bool {
      var flag = value
      try attempt { () throws(Failure) in if has(key(name)) { flag = try bool(key(name)) } }
      return flag
    }
    var description = TokenizerDescription()
    description.source = file.path
    try attempt { () throws(Failure) in
      description.vocabulary = try strings(key("tokens")).map { Array($0.utf8) }
    }
    try attempt { () throws(Failure) in
      guard has(key("token_type")) else { return }
      description.types = try integers(key("token_type")).map { Int32(clamping: $0) }
    }
    description.beginningOfText = try id("bos")
    description.endOfText = try id("eos")
    description.unknown = try id("unknown")
    // llama.cpp leaves out one that is no token.
    description.padding = try id("padding").flatMap {
      description.vocabulary.indices.contains($0) ? $0 : nil
    }
    for name in ["eot", "eom"] {
      if let id = try id(name) { description.stops.append(id) }
    }
    var model = ""
    try attempt { () throws(Failure) in
      model = try string(key("model"))
      guard ["gpt2", "llama", "t5"].contains(model) else {
        throw Failure(
          .badData, file: file.path, place: "key \(key("model"))", found: "`\(model)`",
          wanted: "one of gpt2, llama, t5",
          advice: "Use a model with a BPE or Unigram tokenizer.")
      }
    }
    switch model {
    case "gpt2":
      try attempt { () throws(Failure) in
        guard has(key("merges")) else { return }
        description.merges = try strings(key("merges")).map { Array($0.utf8) }
      }
      try attempt { () throws(Failure) in
        let name = has(key("pre")) ? try string(key("pre")) : "default"
        do throws(Failure) {
          try description.use(preTokenizer: name)
        } catch {
          var failure = error
          failure.file = file.path
          failure.place = "key \(key("pre"))"
          throw failure
        }
      }
    case "llama", "t5":
      try description.useSentencePiece(isUnigram: model == "t5")
      try attempt { () throws(Failure) in
        guard case .reals(let scores)? = metadata[key("scores")] else {
          throw wrongKey(key("scores"), "an array of numbers")
        }
        description.scores = scores
      }
      try attempt { () throws(Failure) in
        if case .integers(let map)? = metadata[key("precompiled_charsmap")], !map.isEmpty {
          throw unsupported(key("precompiled_charsmap"), "none of its rules")
        }
        for name in ["remove_extra_whitespaces", "treat_whitespace_as_suffix"] where model == "t5" {
          if has(key(name)), try bool(key(name)) { throw unsupported(key(name), "false") }
        }
      }
      // A space before every text and after every token written in it.
      if try flag("add_space_prefix", else: true) {
        description.normalizers.insert(.prepend(TokenizerDescription.spaceMark), at: 0)
        description.leadingSpace = .one
      }
    default:
      break
    }
    description.addsBeginningOfText = try flag(
      "add_bos_token", else: description.addsBeginningOfText)
    description.addsEndOfText = try flag("add_eos_token", else: description.addsEndOfText)
    try attempt { () throws(Failure) in
      let key = "tokenizer.chat_template"
      var named: [String: String] = [:]
      if has(key) { named["default"] = try string(key) }
      for other in metadata.keys where other.hasPrefix(key + ".") {
        named[String(other.dropFirst(key.utf8.count + 1))] = try string(other)
      }
      try description.use(templates: named, of: path)
    }
    return description
  }
}

extension TokenizerDescription {
  /// SentencePiece's ways: characters for symbols, U+2581 for a space, bytes where no token fits.
  mutating func useSentencePiece(isUnigram: Bool) throws(Failure) {
    model = isUnigram ? .unigram : .scoredBytePair
    isByteLevel = false
    byteFallback = true
    encodesUnknown = unknown != nil
    fusesUnknown = true
    spaceMark = Self.spaceMark
    addsBeginningOfText = !isUnigram
    addsEndOfText = isUnigram
    normalizers = [.replace(try Pattern(literal: " "), Self.spaceMark)]
  }
}
