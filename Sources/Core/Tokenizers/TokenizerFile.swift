import SeerSupport

/// Reads `tokenizer.json`, the file of the `tokenizers` library, into a ``TokenizerDescription``.
///
/// The pipeline it describes is normalizer, pre_tokenizer, model, post_processor, decoder, with
/// added_tokens apart. A part of a kind that there is no counterpart of is refused by its name:
/// leaving it out would give other ids.
package struct TokenizerFile {
  package let path: String
  package let root: JSON
  package var description = TokenizerDescription()
  /// Ids the post-processor puts before and after a text, by their strings.
  package private(set) var prefix: [[UInt8]] = []
  package private(set) var suffix: [[UInt8]] = []
  /// What is wrong with single parts, where all of it is asked for.
  package private(set) var problems: [Failure] = []
  private let collectsProblems: Bool
  /// What the files beside it say.
  private(set) var folder: TokenizerFolder?
  /// The numbers of added tokens and of tokens with a part.
  var added: AddedVocabulary?

  /// - Parameters:
  ///   - folder: the folder whose other files count too.
  ///   - collectsProblems: goes on after a part that cannot be used, to find the others.
  package init(
    path: String, folder: String? = nil, collectsProblems: Bool = false
  ) throws(Failure) {
    self.path = path
    self.collectsProblems = collectsProblems
    root = try JSON(path: path)
    description.source = path
    guard root.kind == .object else { throw failure("the file", "no JSON object", "one") }
    description.isByteLevel = false
    if let folder { self.folder = try TokenizerFolder(path: folder, file: root) }
    let built = self.folder?.built
    if built == nil, let part = part("normalizer", of: root) {
      try normalizer(part, "normalizer")
    }
    if built == nil, let part = part("pre_tokenizer", of: root) {
      var steps: [PreTokenizer.Step] = []
      try preTokenizer(part, "pre_tokenizer", &steps)
      description.preTokenizer = PreTokenizer(steps)
    }
    guard let model = part("model", of: root) else { throw missing("model", "the model") }
    do throws(Failure) {
      try self.model(model)
      try built?.apply(to: &description)
      try addedTokens()
    } catch {
      try note(error)
    }
    if built?.addsNoTokens != true, let part = part("post_processor", of: root) {
      try postProcessor(part, "post_processor")
    }
    if built == nil, let part = part("decoder", of: root) { try decoder(part, "decoder") }
    if problems.isEmpty {
      try useSpecials()
      useParts()
    }
  }

  /// A part that cannot be used: the end, or one of several.
  private mutating func note(_ problem: Failure) throws(Failure) {
    guard collectsProblems else { throw problem }
    problems.append(problem)
  }

  // MARK: Looking up

  /// A member that is there and not null.
  package func part(_ name: String, of json: JSON) -> JSON? {
    json[name].flatMap { $0.isNull ? nil : $0 }
  }

  package func failure(_ place: String, _ found: String, _ wanted: String, _ advice: String? = nil)
    -> Failure
  {
    Failure(
      .badData, file: path, place: place, found: found, wanted: wanted,
      advice: advice ?? "The file is damaged or of another kind: download it again.")
  }

  package func missing(_ place: String, _ wanted: String) -> Failure {
    failure(place, "no such entry", wanted)
  }

  package func unsupported(_ place: String, _ type: String, _ wanted: String) -> Failure {
    failure(
      place, "`\(type)`", "one of \(wanted)",
      "This build cannot encode text as that model does; use another model.")
  }

  package func type(of json: JSON, _ place: String) throws(Failure) -> String {
    guard let type = json["type"]?.string else { throw missing("\(place).type", "a string") }
    return type
  }

  package func bytes(_ name: String, of json: JSON, _ place: String) throws(Failure) -> [UInt8] {
    guard let bytes = json[name]?.bytes else { throw missing("\(place).\(name)", "a string") }
    return bytes
  }

  package func string(_ name: String, of json: JSON, _ place: String) throws(Failure) -> String {
    String(decoding: try bytes(name, of: json, place), as: UTF8.self)
  }

  /// A flag that may be left out.
  package func flag(_ name: String, of json: JSON, _ place: String, else value: Bool)
    throws(Failure)
    -> Bool
  {
    guard let part = part(name, of: json) else { return value }
    guard let flag = part.bool else { throw failure("\(place).\(name)", "no boolean", "one") }
    return flag
  }

  /// A pattern: `{"String": "..."}` or `{"Regex": "..."}`.
  package func pattern(of json: JSON, _ place: String) throws(Failure) -> Pattern {
    do throws(Failure) {
      if let text = json["pattern"]?["String"]?.string { return try Pattern(literal: text) }
      if let text = json["pattern"]?["Regex"]?.string { return try Pattern(oniguruma: text) }
    } catch {
      var failure = error
      failure.file = path
      failure.place = "\(place).\(error.place ?? "pattern")"
      throw failure
    }
    throw missing("\(place).pattern", "a `String` or a `Regex`")
  }

  // MARK: Normalizer

  private mutating func normalizer(_ json: JSON, _ place: String) throws(Failure) {
    do throws(Failure) { try useNormalizer(json, place) } catch { try note(error) }
  }

  private mutating func useNormalizer(_ json: JSON, _ place: String) throws(Failure) {
    let type = try type(of: json, place)
    switch type {
    case "Sequence":
      for (index, part) in (json["normalizers"]?.elements ?? json.elements).enumerated() {
        try normalizer(part, "\(place).normalizers[\(index)]")
      }
    case "NFC", "NFD", "NFKC", "NFKD":
      if let form = Normalizer.Form(rawValue: type) { description.normalizers.append(.form(form)) }
    case "Lowercase": description.normalizers.append(.lowercase)
    case "StripAccents": description.normalizers.append(.stripAccents)
    case "Strip":
      description.normalizers.append(
        .strip(
          left: try flag("strip_left", of: json, place, else: true),
          right: try flag("strip_right", of: json, place, else: true)))
    case "Prepend":
      description.normalizers.append(.prepend(try bytes("prepend", of: json, place)))
    case "Replace":
      description.normalizers.append(
        .replace(try pattern(of: json, place), try bytes("content", of: json, place)))
    default:
      throw unsupported(
        place, type,
        "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace")
    }
  }

  // MARK: Pre-tokenizer

  private mutating func preTokenizer(
    _ json: JSON, _ place: String, _ steps: inout [PreTokenizer.Step]
  ) throws(Failure) {
    do throws(Failure) { try usePreTokenizer(json, place, &steps) } catch { try note(error) }
  }

  private mutating func usePreTokenizer(
    _ json: JSON, _ place: String, _ steps: inout [PreTokenizer.Step]
  ) throws(Failure) {
    guard !description.isByteLevel else {
      throw failure(place, "a step after ByteLevel", "ByteLevel as the last step")
    }
    func split(_ expression: String, _ behavior: PreTokenizer.Behavior, inverted: Bool = false)
      throws(Failure)
    {
      steps.append(.split(try Pattern(oniguruma: expression), behavior, inverted: inverted))
    }
    let type = try type(of: json, place)
    switch type {
    case "Sequence":
      for (index, part) in (json["pretokenizers"]?.elements ?? json.elements).enumerated() {
        try preTokenizer(part, "\(place).pretokenizers[\(index)]", &steps)
      }
    case "ByteLevel":
      description.isByteLevel = true
      if try flag("add_prefix_space", of: json, place, else: true) { steps.append(.prefixSpace) }
      if try flag("use_regex", of: json, place, else: true) {
        try split(PreTokenizer.byteLevelExpression, .isolated)
      }
    case "Split":
      let name = try string("behavior", of: json, place)
      guard let behavior = PreTokenizer.Behavior(rawValue: name) else {
        throw unsupported(
          "\(place).behavior", name,
          "Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous")
      }
      steps.append(
        .split(
          try pattern(of: json, place), behavior,
          inverted: try flag("invert", of: json, place, else: false)))
    case "Digits":
      let alone = try flag("individual_digits", of: json, place, else: false)
      try split(#"\p{N}"#, alone ? .isolated : .contiguous)
    case "Punctuation":
      let name = part("behavior", of: json)?.string ?? "Isolated"
      guard let behavior = PreTokenizer.Behavior(rawValue: name) else {
        throw unsupported("\(place).behavior", name, "Removed, Isolated, Contiguous")
      }
      try split(#"[\p{P}$+<=>^`|~]"#, behavior)
    case "Whitespace":
      // Joiners belong to words here, not in patterns.
      try split(
        #"[\w\x{200C}\x{200D}]+|[^\w\s\x{200C}\x{200D}]+"#, .removed, inverted: true)
    case "WhitespaceSplit": try split(#"\s"#, .removed)
    case "Metaspace":
      steps.append(
        .metaspace(
          replacement: try replacement(json, place),
          try prependScheme(json, place),
          splits: try flag("split", of: json, place, else: true)))
    default:
      throw unsupported(
        place, type,
        "Sequence, ByteLevel, Split, Digits, Punctuation, Whitespace, WhitespaceSplit, Metaspace")
    }
  }

  /// The character that Metaspace writes for a space.
  private func replacement(_ json: JSON, _ place: String) throws(Failure) -> [UInt8] {
    let bytes = try bytes("replacement", of: json, place)
    let characters = String(decoding: bytes, as: UTF8.self).unicodeScalars.count
    guard characters == 1 else {
      throw failure("\(place).replacement", "\(characters) characters", "one")
    }
    return bytes
  }

  private func prependScheme(
    _ json: JSON, _ place: String
  ) throws(Failure) -> PreTokenizer.PrependScheme {
    guard let part = part("prepend_scheme", of: json) else {
      // Older files have a flag.
      return try flag("add_prefix_space", of: json, place, else: true) ? .always : .never
    }
    guard let name = part.string, let scheme = PreTokenizer.PrependScheme(rawValue: name) else {
      throw unsupported("\(place).prepend_scheme", part.string ?? "", "always, never, first")
    }
    return scheme
  }

  // MARK: Post-processor

  private mutating func postProcessor(_ json: JSON, _ place: String) throws(Failure) {
    do throws(Failure) { try usePostProcessor(json, place) } catch { try note(error) }
  }

  private mutating func usePostProcessor(_ json: JSON, _ place: String) throws(Failure) {
    let type = try type(of: json, place)
    switch type {
    case "Sequence":
      for (index, part) in (json["processors"]?.elements ?? json.elements).enumerated() {
        try postProcessor(part, "\(place).processors[\(index)]")
      }
    // Moves offsets only.
    case "ByteLevel": break
    case "TemplateProcessing":
      var isPast = false
      for piece in json["single"]?.elements ?? json.elements {
        if piece["Sequence"] != nil {
          isPast = true
        } else if let name = piece["SpecialToken"]?["id"]?.bytes {
          if isPast { suffix.append(name) } else { prefix.append(name) }
        } else {
          throw failure("\(place).single", "another entry", "a `Sequence` or a `SpecialToken`")
        }
      }
    default: throw unsupported(place, type, "Sequence, ByteLevel, TemplateProcessing")
    }
  }

  /// The post-processor's tokens: at most one on either side.
  private mutating func useSpecials() throws(Failure) {
    for (side, strings) in [("before", prefix), ("after", suffix)] where strings.count > 1 {
      throw failure(
        "post_processor", "\(strings.count) tokens \(side) the text", "at most one",
        "This build cannot encode text as that model does; use another model.")
    }
    if let first = prefix.first {
      description.beginningOfText = try id(of: first, "post_processor")
      description.addsBeginningOfText = true
    }
    if let last = suffix.first {
      description.endOfText = try id(of: last, "post_processor")
      description.addsEndOfText = true
    }
  }

  /// The tokens that the files beside it give a part. What is put before and after a text the file's
  /// own post-processor says.
  private mutating func useParts() {
    guard let folder else { return }
    func id(_ part: String) -> Int? { folder.content(of: part).flatMap { added?.id(of: $0) } }
    if !description.addsBeginningOfText {
      description.beginningOfText = id("bos_token") ?? description.beginningOfText
    }
    if let end = id("eos_token") {
      if description.addsEndOfText {
        description.stops.append(end)
      } else {
        description.endOfText = end
      }
    }
    description.padding = id("pad_token")
    description.splitsSpecialTokens = folder.splitsSpecialTokens
    let marks = ["prefix_token", "suffix_token", "middle_token"].compactMap {
      folder.ownToken($0).flatMap { added?.id(of: $0) }.flatMap(Int32.init(exactly:))
    }
    if marks.count == 3, let mark = folder.ownToken("fill_token") {
      description.infilling = Infilling(
        mark: mark, prefix: marks[0], suffix: marks[1], middle: marks[2])
    }
  }

  /// The id of a token of the vocabulary.
  package func id(of token: [UInt8], _ place: String) throws(Failure) -> Int {
    guard let id = added?.id(of: token) ?? description.vocabulary.firstIndex(of: token) else {
      throw failure(
        place, "\(Tokenizer.quoted(token)), which is not in the vocabulary", "a token that is")
    }
    return id
  }

  // MARK: Decoder

  private mutating func decoder(_ json: JSON, _ place: String) throws(Failure) {
    do throws(Failure) { try useDecoder(json, place) } catch { try note(error) }
  }

  private mutating func useDecoder(_ json: JSON, _ place: String) throws(Failure) {
    let type = try type(of: json, place)
    switch type {
    case "Sequence":
      for (index, part) in (json["decoders"]?.elements ?? json.elements).enumerated() {
        try decoder(part, "\(place).decoders[\(index)]")
      }
    // What these do follows from the types of the tokens.
    case "ByteLevel", "ByteFallback", "Fuse": break
    case "Replace":
      guard let mark = json["pattern"]?["String"]?.bytes, !mark.isEmpty,
        json["content"]?.bytes == [0x20]
      else {
        throw failure(place, "another replacement", "that of a string by a space")
      }
      description.spaceMark = mark
    case "Metaspace":
      description.spaceMark = try replacement(json, place)
      if try prependScheme(json, place) != .never { description.leadingSpace = .firstToken }
    case "Strip":
      guard json["content"]?.bytes == [0x20], json["stop"]?.integer ?? 0 == 0,
        let start = json["start"]?.integer, 0...1 ~= start
      else { throw failure(place, "another Strip", "at most one space at the start") }
      if start == 1 { description.leadingSpace = .one }
    default:
      throw unsupported(place, type, "Sequence, ByteLevel, ByteFallback, Fuse, Replace, Metaspace")
    }
  }
}
