import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// Damaged files of every kind: each opens or fails with a message; none traps or hangs, and none
/// makes a reader take memory out of proportion.
///
/// A few hundred files each in the suite; `make fuzz` sets SEER_FUZZ_SECONDS, measures memory and
/// ends a file that takes 20 seconds: it reads one file at a time (`--no-parallel`).
struct ReaderFuzzTests {
  static let environment = ProcessInfo.processInfo.environment
  static let seconds = environment["SEER_FUZZ_SECONDS"].flatMap { Double($0) }
  static let words = [
    "null", "{}", "[]", "[", "{", "\"", "\\u", "\\ud800", "-1", "1e999", "18446744073709551616",
    "0.5", "true", ",", ":", "\"a\"", "[[[[[[[[", "9999999", "(", "[^", "*", "{1,99999}", "\u{0}",
    "{%", "%}", "{{", "}}", " in ", " not ", "range(99999)", "|join", "|list", "[::-1]", "loop(",
    "namespace(",
  ]

  /// Opens `file` damaged in many ways, written under `name` into a folder of other files.
  func fuzz(
    _ file: [UInt8], name: String, in folder: TemporaryFolder, count: Int, seed: UInt64,
    spare: Int = 16 << 20, _ open: (String) throws -> Void
  ) throws {
    var mutator = Mutator(seed: seed)
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .seconds(Self.seconds ?? 0))
    let before = Self.peakBytes()
    if Self.seconds != nil { print("fuzzing \(folder(name))") }
    var done = 0
    while Self.seconds == nil ? done < count : clock.now < end {
      let bytes = mutator.mutated(file, Self.words)
      let path = try folder.write(bytes, to: name)
      // A file that hangs a reader ends the process, and stays where it is to be looked at.
      if Self.seconds != nil { alarm(20) }
      defer { if Self.seconds != nil { alarm(0) } }
      do {
        try open(path)
      } catch let failure as Failure {
        #expect(failure.kind == .badData || failure.kind == .missingInput, "\(failure)")
        #expect(!failure.found.isEmpty)
      }
      done += 1
    }
    if Self.seconds != nil {
      let limit = 4 * file.count + spare
      #expect(Self.peakBytes() - before <= limit, "\(name): \(done) files")
    }
  }

  /// The largest resident size of this process so far.
  static func peakBytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) << 10
  }

  @Test func gguf() throws {
    let file = try bytes(ofFile: Fixtures.tinyModel)
    try fuzz(file, name: "x.gguf", in: TemporaryFolder(), count: 400, seed: 1) { path in
      let model = try LanguageModel(path)
      _ = model.tokenizer.encode("The sky <|im_end|> 日本")
    }
  }

  @Test func safetensors() throws {
    let file = try bytes(ofFile: Fixtures.folder + "/Training/adapters.safetensors")
    try fuzz(file, name: "x.safetensors", in: TemporaryFolder(), count: 600, seed: 2) { path in
      let file = try Safetensors(path: path)
      for tensor in file.tensors.values {
        let matrix = MutableMatrix(rows: 1, columns: tensor.count)
        file.read(tensor, count: tensor.count, into: matrix.elements)
      }
    }
  }

  @Test(arguments: ["transformers.npy", "transformers.npz", "transformer-lens.npz"])
  func arrays(name: String) throws {
    let file = try bytes(ofFile: Fixtures.folder + "/Imports/" + name)
    let folder = try TemporaryFolder()
    try fuzz(file, name: name, in: folder, count: 400, seed: 7) { path in
      let file = try ArrayFile(path: path)
      for entry in file.entries {
        let array = try file.array(entry, scratch: folder.path)
        guard array.shape.count > 1, !array.shape.contains(0) else { continue }
        let rows = array.rows(along: 0, columnsAlong: array.shape.count - 1)
        let matrix = MatrixBuilder(unfilled: rows.rows, columns: rows.columns)
        rows.read(0..<rows.rows, into: matrix.elements)
      }
    }
  }

  @Test(arguments: [2, 4])
  func torch(version: Int) throws {
    let file = try bytes(ofFile: Fixtures.folder + "/TorchFiles/protocol-\(version).bin")
    let seed = UInt64(20 + version)
    try fuzz(file, name: "x.bin", in: TemporaryFolder(), count: 600, seed: seed) { path in
      for tensor in try TorchFile(path: path).tensors.values {
        let matrix = MatrixBuilder(unfilled: 1, columns: tensor.count)
        tensor.read(into: matrix.elements)
      }
    }
  }

  @Test(arguments: ["llama3", "gemma", "unigram", "digits"])
  func tokenizer(kind: String) throws {
    let file = try bytes(ofFile: Fixtures.folder + "/TokenizerFiles/\(kind)/tokenizer.json")
    let seed = UInt64(kind.utf8.count)
    try fuzz(file, name: "tokenizer.json", in: TemporaryFolder(), count: 150, seed: seed) { path in
      let tokenizer = try Tokenizer(try TokenizerFile(path: path).description)
      let ids = tokenizer.encode("The sky <|end|> is  日本 whole\n\n12")
      _ = tokenizer.decode(ids)
    }
  }

  @Test(arguments: ["config.json", "tokenizer_config.json", "model.safetensors.index.json"])
  func folder(name: String) throws {
    let folder = try TinyFolder()
    try folder.write(.float16, shards: 2)
    let file = try bytes(ofFile: folder.folder(name))
    try fuzz(file, name: name, in: folder.folder, count: 150, seed: 5) { _ in
      _ = try LanguageModel(folder.path)
    }
  }

  /// Every block type's kernel on whatever its blocks hold.
  @Test func blocks() throws {
    var random = SeededGenerator(seed: 8)
    var builder = GGUFBuilder()
    for type in BlockType.ofGGUF {
      builder.tensors.append(
        GGUFBuilder.Tensor(
          type.name, sizes: [512, 2], type: type.rawValue,
          bytes: type.randomBlocks(1024 / type.weights, using: &random)))
    }
    try fuzz(builder.bytes, name: "x.gguf", in: TemporaryFolder(), count: 300, seed: 9) { path in
      let file = try GGUF(path: path)
      for name in file.tensorNames { Self.expand(file.tensor(name)) }
    }
  }

  @Test(
    arguments: ["fp8-blocks", "fp8-tensors", "fp8-exponents", "mxfp4"],
    ["model.safetensors", "config.json"])
  func quantisedFolder(kind: String, name: String) throws {
    let folder = try TemporaryFolder()
    let source = Fixtures.folder + "/QuantisedFolders/" + kind + "/"
    for file in ["model.safetensors", "config.json"] {
      try folder.write(bytes(ofFile: source + file), to: file)
    }
    let file = try bytes(ofFile: source + name)
    try fuzz(file, name: name, in: folder, count: 200, seed: 10) { _ in
      let model = try HuggingFaceFolder(path: folder.path)
      for name in model.tensorNames { Self.expand(model.tensor(name)) }
    }
  }

  /// Reads all of a tensor, a row at a time.
  static func expand(_ tensor: StoredTensor?) {
    guard let tensor, let columns = tensor.shape.last, tensor.shape.allSatisfy({ $0 > 0 }) else {
      return
    }
    let rows = tensor.shape.dropLast().reduce(1, *)
    let matrix = StoredMatrix(tensor, rows: rows, columns: columns)
    let line = MatrixBuilder(unfilled: 1, columns: columns)
    for row in 0..<rows { matrix.expand(row: row, into: line.elements) }
  }

  @Test(arguments: ["adapter_config.json", "adapter_model.safetensors"])
  func adapter(name: String) throws {
    let folder = try TemporaryFolder()
    let source = Fixtures.folder + "/Training/adapter-plain/"
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
      try folder.write(bytes(ofFile: source + file), to: file)
    }
    let configuration = try TinyLlama.model().configuration
    let file = try bytes(ofFile: source + name)
    try fuzz(file, name: name, in: folder, count: 300, seed: 6) { _ in
      _ = try AdapterFile.read(folder.path, for: configuration)
    }
  }

  /// Damaged chat templates end, with a text or a failure: their work and what they write is bounded.
  @Test(arguments: ["llama3.1", "gpt-oss", "hermes-tools", "glm4", "macro-call"])
  func template(name: String) throws {
    let file = try bytes(ofFile: Fixtures.folder + "/Templates/published/\(name).jinja")
    var options = ChatOptions()
    for written in [
      "tools=[{\"function\": {\"name\": \"f\", \"description\": \"d\", \"parameters\": {\"properties\": {}}}}]",
      "documents=[{\"text\": \"é\"}]", "enable_thinking=false",
    ] {
      options.arguments.append(try ChatOptions.Argument(written))
    }
    let turns = [
      ChatMessage(.system, "s"), ChatMessage(.user, " 日本 "), ChatMessage(.assistant, "</think>x"),
      ChatMessage(.user, "u"),
    ]
    let seed = UInt64(name.utf8.count)
    // A template may write 16 MB, and copies of that on its way.
    try fuzz(
      file, name: "chat.jinja", in: TemporaryFolder(), count: 150, seed: seed, spare: 256 << 20
    ) { path in
      let text = try String(decoding: bytes(ofFile: path), as: UTF8.self)
      _ = try ChatTemplate(text, options: options).text(turns, generationHeader: true)
    }
  }
}
