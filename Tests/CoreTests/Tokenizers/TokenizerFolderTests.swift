import Foundation
import SeerSupport
import SeerTokenizers
import TestSupport
import Testing

/// `tokenizer.json` with the files beside it, as transformers' `AutoTokenizer` reads them
/// (Fixtures/TokenizerFolders/make_folders.py).
struct TokenizerFolderTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    /// The files by their names.
    let files: [String: Data]
    /// nil where transformers refuses.
    let ids: [String: [Int32]]?

    var testDescription: String { name }

    static let all: [Case] = {
      let path = Fixtures.folder + "/TokenizerFolders/folders.json"
      guard let data = try? Data(contentsOf: URL(filePath: path)),
        let object = try? JSONSerialization.jsonObject(with: data),
        let fixture = object as? [String: Any], let cases = fixture["cases"] as? [[String: Any]]
      else { return [] }
      return cases.compactMap { entry in
        guard let name = entry["name"] as? String, let base = entry["base"] as? String,
          var tokenizer = fixture[base] as? [String: Any],
          let texts = entry["files"] as? [String: String]
        else { return nil }
        for (key, value) in entry["change"] as? [String: Any] ?? [:] { tokenizer[key] = value }
        var files = texts.mapValues { Data($0.utf8) }
        files["tokenizer.json"] = try? JSONSerialization.data(withJSONObject: tokenizer)
        return Case(
          name: name, files: files,
          ids: (entry["ids"] as? [String: [NSNumber]])?.mapValues { $0.map(\.int32Value) })
      }
    }()

    func write() throws -> TemporaryFolder {
      let folder = try TemporaryFolder()
      for (name, data) in files { try folder.write([UInt8](data), to: name) }
      return folder
    }
  }

  func open(_ folder: TemporaryFolder) throws -> Tokenizer {
    try Tokenizer(
      try TokenizerFile(path: folder("tokenizer.json"), folder: folder.path).description)
  }

  @Test(arguments: Case.all)
  func idsAreThoseOfTheReference(test: Case) throws {
    let folder = try test.write()
    defer { withExtendedLifetime(folder) {} }
    let tokenizer = try open(folder)
    for (text, theirs) in test.ids ?? [:] {
      var theirs = theirs
      // A beginning that the text has written itself is not put before it once more.
      if tokenizer.addsBeginningOfText, theirs.prefix(2) == [0, 0] { theirs.removeFirst() }
      #expect(tokenizer.encode(text) == theirs, "\(test.name): \(text)")
    }
  }

  @Test func thereAreCases() {
    #expect(Case.all.count > 100)
    #expect(Case.all.filter { $0.ids == nil }.map(\.name) == ["map"])
  }

  @Test(arguments: [
    ("tokenizer_config.json", #"{"added_tokens_decoder":[]}"#, "added_tokens_decoder", "no object"),
    (
      "tokenizer_config.json", #"{"added_tokens_decoder":{"x":{"content":"a"}}}"#, "entry x",
      "no number"
    ),
    ("tokenizer_config.json", #"{"added_tokens_decoder":{"5":"a"}}"#, "entry 5", "with a token"),
    ("tokenizer_config.json", "[]", "", "no JSON object"),
    ("added_tokens.json", #"{"a":"b"}"#, "token `a`", "no number"),
    ("special_tokens_map.json", "3", "", "no JSON object"),
  ])
  func aBadFileIsNamed(file: String, text: String, place: String, found: String) throws {
    let first = try #require(Case.all.first)
    let folder = try first.write()
    try folder.write(text, to: file)
    let failure = try #require(thrownFailure { _ = try open(folder) }, "it opened")
    failure.expect(file: folder(file), place: place, found: found)
  }

  @Test func tokensWithAPartAreFound() throws {
    let test = try #require(Case.all.first { $0.name == "all kinds" })
    let folder = try test.write()
    defer { withExtendedLifetime(folder) {} }
    let tokenizer = try open(folder)
    func name(_ id: Int32?) -> String? { id.flatMap(tokenizer.token) }
    #expect(name(tokenizer.beginningOfText) == "<one>")
    #expect(name(tokenizer.endOfText) == "<two>")
    #expect(tokenizer.isSpecial(try #require(tokenizer.id(of: "<new>"))))
  }
}
