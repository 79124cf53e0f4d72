import Foundation
import TestSupport
import Testing

/// What each command prints: the keys of the contract with `--json`, nothing but the result on
/// standard output.
struct ResultTests {
  let seer: Seer

  init() throws { seer = try Seer() }

  @Test func model() throws {
    let outcome = try seer("model", "smollm2", "--json")
    let result = try outcome.json()
    #expect(
      Set(result.keys) == [
        "architecture", "layers", "width", "heads", "kv_heads", "vocabulary", "parameters",
        "context", "quantization", "template",
      ])
    #expect(result["architecture"] as? String == "llama")
    #expect(result["layers"] as? Int == 3)
    #expect(result["width"] as? Int == 64)
    #expect(result["heads"] as? Int == 4)
    #expect(result["kv_heads"] as? Int == 2)
    #expect(result["vocabulary"] as? Int == 325)
    #expect(result["context"] as? Int == 2048)
    #expect(result["quantization"] as? String == "Q4_0")
    #expect(result["template"] as? String == "chatml")
    #expect(result["parameters"] as? Int == 134_208)
    #expect(outcome.errors.isEmpty)
  }

  @Test func modelAsText() throws {
    let outcome = try seer("model", Fixtures.tinyModel)
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    for word in ["llama", "Q4_0", "chatml", "325"] { #expect(outcome.output.contains(word)) }
  }

  @Test func tokenize() throws {
    let result = try seer("tokenize", "Hi<|im_end|> the 1", "--json").json()
    #expect(Set(result.keys) == ["ids", "tokens"])
    #expect(result["tokens"] as? [String] == ["H", "i", "<|im_end|>", "Ġthe", "Ġ", "1"])
    let ids = try #require(result["ids"] as? [Int])
    #expect(ids.count == 6 && ids[2] == 2)
    let text = try seer("tokenize", "Hi<|im_end|> the 1")
    #expect(text.output.split(separator: "\n").count == 6)
    #expect(text.output.contains("2\t<|im_end|>\n"))
  }

  @Test func tokenizeNothing() throws {
    let result = try seer("tokenize", "", "--json").json()
    #expect((result["ids"] as? [Int]) == [] && (result["tokens"] as? [String]) == [])
  }

  @Test(arguments: ["plain", "chat"])
  func generate(template: String) throws {
    let outcome = try seer(
      "generate", "--prompt", "Is the sky", "--tokens", "5", "--ignore-stop", "--template",
      template, "--json")
    let result = try outcome.json()
    #expect(Set(result.keys) == ["text", "ids", "tokens"])
    #expect((result["ids"] as? [Int])?.count == 5)
    #expect((result["tokens"] as? [String])?.count == 5)
    let plain = try seer(
      "generate", "--prompt", "Is the sky", "--tokens", "5", "--ignore-stop", "--template", template
    )
    #expect(plain.output == (result["text"] as? String ?? "") + "\n")
    let uncached = try seer(
      "generate", "--prompt", "Is the sky", "--tokens", "5", "--ignore-stop", "--template",
      template, "--no-cache", "--json")
    #expect(uncached.output == outcome.output)
  }

  @Test func aSeedGivesTheSameText() throws {
    func generated(_ seed: String) throws -> String {
      try seer(
        "generate", "--prompt", "Hi", "--tokens", "12", "--ignore-stop", "--temperature", "1.5",
        "--seed", seed, "--json"
      ).output
    }
    #expect(try generated("1") == generated("1"))
    #expect(try generated("1") != generated("2"))
  }

  @Test func extract() throws {
    let outcome = try seer(
      "extract", "--concepts", try seer.concepts(), "--run", seer.folder("run"), "--json")
    let result = try outcome.json()
    #expect(Set(result.keys) == ["rows", "tokens", "seconds", "tokens_per_second"])
    #expect(result["rows"] as? Int == 4)
    let tokens = try #require(result["tokens"] as? Int)
    let seconds = try #require(result["seconds"] as? Double)
    let rate = try #require(result["tokens_per_second"] as? Double)
    #expect(tokens > 100 && seconds > 0 && abs(rate * seconds / Double(tokens) - 1) < 1e-6)
    #expect(
      try names(inFolder: seer.folder("run")) == ["rows.csv", "run.json", "states.safetensors"])
    let manifest = try #require(
      JSONSerialization.jsonObject(
        with: Data(try bytes(ofFile: seer.folder("run/run.json")))) as? [String: Any])
    for key in [
      "format", "tool", "model", "model_sha256", "concepts", "concepts_sha256", "template",
      "position", "max_tokens", "layers", "rows", "width", "dtype", "precision",
    ] {
      #expect(manifest[key] != nil, "\(key)")
    }
    #expect(manifest["template"] as? String == "chat")
    #expect(manifest["precision"] as? String == "exact")
    let rows = String(decoding: try bytes(ofFile: seer.folder("run/rows.csv")), as: UTF8.self)
    #expect(
      rows.hasPrefix(
        "row,text,concept,tokens,split,prompt\n0,\"Is the sky blue?\nYes, it is.\",color,"))
    // Progress goes to standard error: plain lines where there is no terminal.
    #expect(outcome.errors.contains("extract: ") && !outcome.errors.contains("\u{1B}"))
  }

  @Test(arguments: ["last", "prompt-end", "mean", "all"], ["float32", "float16"])
  func extractAtEveryPosition(position: String, dtype: String) throws {
    let result = try seer(
      "extract", "--concepts", try seer.concepts(), "--run", seer.folder("run"), "--position",
      position, "--dtype", dtype, "--template", "plain", "--limit", "3", "--max-tokens", "9",
      "--json"
    ).json()
    #expect(result["rows"] as? Int == (position == "all" ? 27 : 3))
    let rows = String(decoding: try bytes(ofFile: seer.folder("run/rows.csv")), as: UTF8.self)
    #expect(rows.contains("split,prompt,token\n") == (position == "all"))
  }

  @Test func theNumberOfThreadsDoesNotShowInTheStates() throws {
    for threads in ["1", "2", "5"] {
      let outcome = try seer(
        "extract", "--concepts", try seer.concepts(), "--run", seer.folder(threads),
        environment: ["SEER_THREADS": threads])
      #expect(outcome.status == 0)
    }
    let states = try ["1", "2", "5"].map {
      try bytes(ofFile: seer.folder($0 + "/states.safetensors"))
    }
    #expect(states[1] == states[0] && states[2] == states[0])
  }

  @Test func extractAgainDoesNothing() throws {
    let concepts = try seer.concepts()
    func extract() throws -> Seer.Outcome {
      try seer("extract", "--concepts", concepts, "--run", seer.folder("run"), "--json")
    }
    let first = try extract()
    let before = try seer.contents(seer.folder("run"))
    let second = try extract()
    #expect(second.output == first.output)
    #expect(second.errors.contains("holds this run already"))
    #expect(try seer.contents(seer.folder("run")) == before)
  }

  @Test func projectARun() throws {
    _ = try seer("extract", "--concepts", try seer.concepts(), "--run", seer.folder("run")).status
    let output = seer.folder("map.csv")
    let result = try seer(
      "project", "--run", seer.folder("run"), "--layer", "2", "--method", "pca", "--components",
      "3", "--output", output, "--json"
    ).json()
    #expect(result["rows"] as? Int == 4)
    #expect(result["seconds"] is Double)
    let variance = try #require(result["explained_variance"] as? [Double])
    #expect(variance.count == 3 && variance.reduce(0, +) <= 1.0001)
    let lines = String(decoding: try bytes(ofFile: output), as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "x,y,pc3,row,concept")
    #expect(lines.count == 5)
    for (index, line) in lines.dropFirst().enumerated() {
      let fields = line.split(separator: ",")
      #expect(fields.count == 5 && fields[3] == "\(index)")
      #expect(fields[4] == ["color", "number", "color", "number"][index])
    }
  }

  @Test func projectAMatrix() throws {
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }"
    header += String(repeating: " ", count: 128 - 11 - header.utf8.count) + "\n"
    let values: [Float] = [0, 0, 0, 2, 0, 0, 0, 1, 0, 2, 1, 0]
    let file =
      [0x93] + Array("NUMPY".utf8) + [1, 0] + little(UInt16(header.utf8.count))
      + Array(header.utf8) + floatBytes(values)
    let matrix = try seer.folder.write(file, to: "matrix.npy")
    let result = try seer(
      "project", "--matrix", matrix, "--method", "pca", "--output", seer.folder("map.csv"), "--json"
    ).json()
    let variance = try #require(result["explained_variance"] as? [Double])
    #expect(abs(variance[0] - 0.8) < 1e-5 && abs(variance[1] - 0.2) < 1e-5)
    let map = String(decoding: try bytes(ofFile: seer.folder("map.csv")), as: UTF8.self)
    #expect(map.hasPrefix("x,y,row,concept\n"))
    let last = try #require(map.split(separator: "\n").last)
    #expect(last.hasSuffix(",3,"))
  }
}
