import Foundation
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// Folders whose weights are PyTorch's own files give the states of the safetensors; weights that
/// GPTQ, AWQ or bitsandbytes made smaller are refused by name.
struct TorchFolderTests {
  static let name = "pytorch_model.bin"

  /// The tiny folder with its weights in so many of PyTorch's files, and nothing else.
  func write(_ tiny: TinyFolder, shards: Int = 1) throws {
    try tiny.write()
    try tiny.remove("model.safetensors")
    var map: [String: String] = [:]
    for shard in 0..<shards {
      let file = shards == 1 ? Self.name : "pytorch_model-\(shard + 1)-of-\(shards).bin"
      let part = tiny.tensors.indices.filter { $0 % shards == shard }.map { tiny.tensors[$0] }
      for tensor in part { map[tensor.name] = file }
      let tensors = part.map {
        TorchBuilder.Tensor($0.name, shape: $0.shape, bytes: floatBytes($0.values))
      }
      try tiny.folder.write(TorchBuilder(tensors).bytes, to: file)
    }
    if shards > 1 {
      try tiny.write(["weight_map": map] as [String: Any], to: Self.name + ".index.json")
    }
  }

  func opening(_ folder: TinyFolder) throws -> Failure {
    try #require(thrownFailure { _ = try LanguageModel(folder.path) }, "it opened")
  }

  @Test(arguments: [1, 3])
  func statesAreThoseOfTheSafetensors(shards: Int) throws {
    let tiny = try TinyFolder()
    defer { withExtendedLifetime(tiny) {} }
    let wanted = try LanguageModel(tiny.write())
    let ids = wanted.tokenizer.encode("Is the sky blue? 12")
    let states = try wanted.states(ids)
    try write(tiny, shards: shards)
    let model = try LanguageModel(tiny.path)
    #expect(model.configuration == wanted.configuration && model.quantization == "F32")
    #expect(try model.states(ids) == states)
    #expect(model.source.filePaths.count { $0.hasSuffix(".bin") } == shards)
  }

  @Test func safetensorsCountBeforeBin() throws {
    let tiny = try TinyFolder()
    defer { withExtendedLifetime(tiny) {} }
    try tiny.write()
    try tiny.folder.write("no zip", to: Self.name)
    _ = try LanguageModel(tiny.path)
    try tiny.remove("model.safetensors")
    try opening(tiny).expect(file: tiny.folder(Self.name), found: "no end of a zip file")
    // Of PyTorch's own the single file counts.
    try write(tiny, shards: 2)
    try tiny.folder.write("no zip", to: Self.name)
    try opening(tiny).expect(file: tiny.folder(Self.name), found: "no end of a zip file")
    try tiny.remove(Self.name)
    _ = try LanguageModel(tiny.path)
  }

  @Test func anIndexNamesFilesOfItsKind() throws {
    let tiny = try TinyFolder()
    try write(tiny, shards: 2)
    try tiny.write(
      ["weight_map": ["a": "x.safetensors"]] as [String: Any], to: Self.name + ".index.json")
    try opening(tiny).expect(place: "tensor a", found: "`x.safetensors`", wanted: "*.bin")
    try tiny.write(
      ["weight_map": ["a": "x.bin"]] as [String: Any], to: Self.name + ".index.json")
    try opening(tiny).expect(
      .missingInput, file: tiny.folder("x.bin"), place: "pytorch_model.bin.index.json",
      found: "no such file")
  }

  @Test(
    arguments: [
      (["quant_method": "gptq", "bits": 4], "`gptq`", "unquantised form"),
      (["quant_method": "awq"], "`awq`", "unquantised form"),
      (["quant_method": "bitsandbytes"], "`bitsandbytes`", "dequantize()"),
      (["load_in_4bit": true], "`bitsandbytes`", "dequantize()"),
      (["bits": 3], "`of no named method`", "unquantised form"),
    ] as [([String: any Sendable], String, String)])
  func quantisedModelsAreNamed(
    settings: [String: any Sendable], found: String, advice: String
  ) throws {
    var tiny = try TinyFolder()
    tiny.configuration["quantization_config"] = settings
    try tiny.write()
    try opening(tiny).expect(
      file: tiny.folder("config.json"), place: "quantization_config.quant_method", found: found,
      wanted: "F32, F16 or BF16", advice: advice)
    // Nothing of it is said.
    for neutral in [NSNull(), [:] as [String: Any]] as [Any] {
      tiny.configuration["quantization_config"] = neutral
      _ = try LanguageModel(tiny.write())
    }
  }

  @Test(arguments: [
    ("qweight", "GPTQ or AWQ"), ("g_idx", "GPTQ"), ("qzeros", "GPTQ or AWQ"),
    ("weight.absmax", "bitsandbytes"), ("SCB", "bitsandbytes"),
  ])
  func tensorsOfQuantisedModelsAreNamed(ending: String, method: String) throws {
    var tiny = try TinyFolder()
    let name = "model.layers.0.mlp.up_proj." + ending
    tiny.tensors.append((name, [1], [0]))
    try tiny.write()
    try opening(tiny).expect(
      file: tiny.folder("model.safetensors"), place: "tensor \(name)", found: method,
      wanted: "F32, F16 or BF16")
    try write(tiny)
    try opening(tiny).expect(file: tiny.folder(Self.name), place: name, found: method)
  }
}
