import Foundation
import SeerFormats
import TestSupport
import Testing

/// Every way in which what the user gives can be wrong: a clear message, the contract's exit code,
/// and nothing on the disk harmed.
struct BadInputTests {
  let seer: Seer

  init() throws { seer = try Seer() }

  /// Every command that opens a model, with one.
  static let commands = [
    ["model"], ["tokenize", "text", "--model"], ["generate", "--prompt", "text", "--model"],
    ["extract", "--concepts", "concepts.csv", "--run", "run", "--model"],
  ]

  func opening(_ command: [String], _ model: String) throws -> Seer.Outcome {
    _ = try seer.concepts()
    let outcome = try seer.run(Seer.program, command + [model])
    #expect(!FileManager.default.fileExists(atPath: seer.folder("run")))
    return outcome
  }

  func extracting(_ text: [UInt8], _ options: String...) throws -> Seer.Outcome {
    try seer.folder.write(text, to: "concepts.csv")
    return try seer.run(
      Seer.program, ["extract", "--concepts", "concepts.csv", "--run", "run"] + options)
  }

  func extracting(_ text: String, _ options: String...) throws -> Seer.Outcome {
    try seer.folder.write(text, to: "concepts.csv")
    return try seer.run(
      Seer.program, ["extract", "--concepts", "concepts.csv", "--run", "run"] + options)
  }

  /// The tiny model with some bytes replaced by as many others.
  func model(replacing old: String, with new: String) throws -> String {
    var bytes = try bytes(ofFile: Fixtures.tinyModel)
    let range = try #require(bytes.firstRange(of: Array(old.utf8)))
    bytes.replaceSubrange(range, with: new.utf8)
    return try seer.folder.write(bytes, to: "model.gguf")
  }

  // MARK: Models

  @Test(arguments: commands)
  func missingModel(command: [String]) throws {
    try opening(command, "none.gguf").expect(66, "none.gguf: found no file there", "wanted a GGUF")
  }

  @Test func defaultModelThatWasNotFetched() throws {
    try seer("model", "smollm2", environment: ["XDG_CACHE_HOME": seer.folder("elsewhere")]).expect(
      66, "smollm2: found no file", "make model")
  }

  @Test(arguments: commands, [0, 3, 20, 5000, 85_000])
  func truncatedModel(command: [String], count: Int) throws {
    let bytes = try bytes(ofFile: Fixtures.tinyModel).prefix(count)
    try seer.folder.write(Array(bytes), to: "model.gguf")
    try opening(command, "model.gguf").expect(65, "model.gguf, ", ": found ", "wanted ")
  }

  @Test(arguments: commands)
  func notAGGUF(command: [String]) throws {
    try seer.folder.write("prompt,value\n", to: "model.gguf")
    try opening(command, "model.gguf").expect(
      65, "model.gguf, offset 0: found bytes 70 72 6f 6d, wanted the magic bytes GGUF")
  }

  @Test(arguments: commands)
  func aFolderForAModel(command: [String]) throws {
    try opening(command, "cache").expect(65, "cache: found a folder without config.json")
  }

  @Test(arguments: commands)
  func anotherArchitecture(command: [String]) throws {
    let model = try model(replacing: "llama", with: "gemma")
    try opening(command, model).expect(
      65, "model.gguf, key general.architecture: found `gemma`, wanted one of llama")
  }

  @Test func noChatTemplate() throws {
    let model = try model(replacing: "tokenizer.chat_template", with: "tokenizer.chat_templatX")
    #expect(try seer("model", model, "--json").json()["template"] as? String == "none")
    try seer("generate", "--model", model, "--prompt", "Hi").expect(
      65, "chat template: found none in the model", "--template plain")
    let plain = try seer(
      "generate", "--model", model, "--prompt", "Hi", "--tokens", "2", "--template", "plain")
    #expect(plain.status == 0)
  }

  // MARK: Concept files

  @Test func missingConceptFile() throws {
    try seer("extract", "--concepts", "none.csv", "--run", "run").expect(66, "none.csv: found ")
    #expect(!FileManager.default.fileExists(atPath: seer.folder("run")))
  }

  @Test(arguments: [
    ("", "an empty file"), ("\n\n", "an empty file"),
    ("prompt,value\n", "a header without rows"), ("\u{FEFF}prompt,value\r\n", "without rows"),
    ("prompt,label\nHi,a\n", "wanted a column `value`"),
    ("text,value\nHi,a\n", "wanted a column `prompt`"),
    ("prompt,value\nHi\n", "line 2: found 1 field"),
    ("prompt,value\n\"Hi,a\n", "a quote that is never closed"),
    ("prompt,value\nHi,\n", "line 2: found an empty `value`"),
    ("prompt,value,split\nHi,a,dev\n", "line 2: found the split `dev`"),
    ("prompt,prompt,value\nHi,Ho,a\n", "`prompt` twice"),
  ])
  func aBadConceptFile(text: String, words: String) throws {
    try extracting(text).expect(65, "concepts.csv", words)
    #expect(!FileManager.default.fileExists(atPath: seer.folder("run")))
  }

  @Test func neitherUTF8NorWindows1252() throws {
    try extracting(Array("prompt,value\nHi,a\nCaf".utf8) + [0x81, 0x2C, 0x61, 0x0A]).expect(
      65, "concepts.csv, line 3, byte 21: found byte 0x81, which is neither UTF-8 nor Windows-1252",
      "UTF-8")
    #expect(!FileManager.default.fileExists(atPath: seer.folder("run")))
  }

  @Test func oneConceptOnly() throws {
    let outcome = try extracting("prompt,value\nHi,a\nHo,a\n", "--json")
    #expect(try outcome.json()["rows"] as? Int == 2)
    #expect(outcome.errors.contains("one concept only, `a`"))
  }

  @Test func aRowOfAMegabyte() throws {
    let long = String(repeating: "the sky is 1, ", count: 75_000)
    let outcome = try extracting("prompt,value\nHi,a\n\"\(long)\",b\nHo,a\n", "--json")
    #expect(try outcome.json()["rows"] as? Int == 3)
    #expect(outcome.errors.contains("1 row was cut at 512 tokens"))
  }

  @Test func aRowWithoutText() throws {
    try extracting("prompt,value\nHi,a\n,b\n").expect(65, "line 3: found a row without text")
  }

  // MARK: Runs and matrices

  @Test func missingRun() throws {
    try seer("project", "--run", "none", "--layer", "1", "--output", "map.csv").expect(
      66, "none/run.json: found nothing there", "seer extract")
  }

  @Test func aLayerThatIsNotThere() throws {
    _ = try extracting(Seer.text)
    for layer in ["4", "99"] {
      try seer("project", "--run", "run", "--layer", layer, "--output", "map.csv").expect(
        64, "layer: found \(layer), wanted one of 0 to 3")
    }
    #expect(!FileManager.default.fileExists(atPath: seer.folder("map.csv")))
  }

  @Test func aDamagedRun() throws {
    _ = try extracting(Seer.text)
    let states = try bytes(ofFile: seer.folder("run/states.safetensors"))
    try seer.folder.write(Array(states.dropLast(10)), to: "run/states.safetensors")
    try seer("project", "--run", "run", "--layer", "1", "--output", "map.csv").expect(
      65, "run/states.safetensors, tensor states: found")
  }

  @Test func aMatrixThatIsNone() throws {
    try seer.folder.write("1,2\n3,4\n", to: "matrix.npy")
    try seer("project", "--matrix", "matrix.npy", "--output", "map.csv").expect(
      65, "matrix.npy, offset 0: found bytes 31 2c 32 0a, wanted an .npy, .npz or safetensors")
    try seer("project", "--matrix", "none.npy", "--output", "map.csv").expect(66, "none.npy")
  }

  // MARK: Options

  @Test(arguments: [
    ["--frobnicate"], ["frobnicate"], ["model", "a", "b"], ["model", "--frobnicate"], ["tokenize"],
    ["extract"], ["extract", "--concepts", "c.csv"], ["generate"],
    ["extract", "--concepts", "c.csv", "--run", "r", "--position", "first"],
    ["extract", "--concepts", "c.csv", "--run", "r", "--template", "jinja"],
    ["extract", "--concepts", "c.csv", "--run", "r", "--dtype", "float8"],
    ["extract", "--concepts", "c.csv", "--run", "r", "--limit", "0"],
    ["extract", "--concepts", "c.csv", "--run", "r", "--limit", "many"],
    ["generate", "--prompt", "x", "--tokens", "0"],
    ["generate", "--prompt", "x", "--tokens", "-3"],
    ["generate", "--prompt", "x", "--temperature", "-1"],
    ["generate", "--prompt", "x", "--temperature", "nan"],
    ["project", "--output", "m.csv"], ["project", "--run", "r", "--output", "m.csv"],
    ["project", "--matrix", "m.npy", "--layer", "1", "--output", "m.csv"],
    ["project", "--run", "r", "--layer", "1", "--matrix", "m.npy", "--output", "m.csv"],
    ["project", "--matrix", "m.npy", "--components", "1", "--output", "m.csv"],
    ["project", "--matrix", "m.npy", "--method", "magic", "--output", "m.csv"],
  ])
  func wrongUsage(arguments: [String]) throws {
    let outcome = try seer.run(Seer.program, arguments)
    outcome.expect(64)
    #expect(!outcome.errors.isEmpty)
  }

  @Test(arguments: ["0", "-1", "2049"])
  func tokensThatCannotBeKept(count: String) throws {
    try extracting(Seer.text, "--max-tokens=\(count)").expect(64, "--max-tokens", "found \(count)")
    #expect(!FileManager.default.fileExists(atPath: seer.folder("run")))
  }

  @Test func moreTokensThanTheContext() throws {
    try seer("generate", "--prompt", "Hi", "--tokens", "5000").expect(64, "--tokens", "2048")
    let long = String(repeating: "the sky ", count: 2100)
    try seer("generate", "--prompt", long).expect(64, "--prompt", "2048")
  }

  @Test func anEmptyPrompt() throws {
    let outcome = try seer("generate", "--prompt", "", "--template", "plain")
    #expect([64, 65].contains(outcome.status), "\(outcome.errors)")
    #expect(outcome.errors.contains("found"))
  }

  @Test func noTerminal() throws {
    _ = try extracting(Seer.text)
    let outcome = try seer("explore", "--run", "run")
    outcome.expect(64, "terminal")
  }
}
