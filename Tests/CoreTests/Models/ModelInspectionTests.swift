import Foundation
import SeerFormats
import SeerModels
import TestModels
import TestSupport
import Testing

/// Everything that cannot be run is found, not the first of it only.
struct ModelInspectionTests {
  @Test func aModelThatRunsHasNoProblems() throws {
    #expect(try ModelInspection(Fixtures.tinyModel).problems.isEmpty)
    let folder = try TinyFolder()
    try folder.write()
    #expect(try ModelInspection(folder.path).problems.isEmpty)
  }

  @Test func aFileWithMuchThatIsUnsupported() throws {
    var builder = try TinyLlama.builder()
    for index in builder.tensors.indices {
      let name = builder.tensors[index].name
      if name.hasSuffix("ffn_up.weight") { builder.tensors[index].type = 15 }
      if name == "blk.2.attn_v.weight" { builder.tensors[index].type = 40 }
    }
    builder.set("llama.rope.scaling.type", .string("strange"))
    builder.set("llama.residual_scale", .float32(8))
    builder.set("tokenizer.ggml.pre", .string("of-tomorrow"))
    builder.set("tokenizer.chat_template", .string("{{ '<|im_start|>' }}{{ '<|im_sep|>' }}"))
    let folder = try TemporaryFolder()
    let path = try folder.write(builder.bytes, to: "model.gguf")
    let problems = try ModelInspection(path).problems
    try #require(problems.count == 5, "\(problems)")
    problems[0].expect(
      file: path, place: "tensor blk.0.ffn_up.weight and 2 more", found: "Q8_K", wanted: "Q4_K")
    problems[1].expect(place: "tensor blk.2.attn_v.weight", found: "NVFP4")
    problems[2].expect(place: "key llama.residual_scale", found: "8")
    problems[3].expect(place: "key llama.rope.scaling.type", found: "strange")
    problems[4].expect(place: "tokenizer.ggml.pre", found: "of-tomorrow")
  }

  @Test func aTemplateThatCannotBeRunIsAProblemAmongOthers() throws {
    var builder = try TinyLlama.builder()
    builder.set("tokenizer.chat_template", .string("{% include 'x' %}"))
    let folder = try TemporaryFolder()
    let path = try folder.write(builder.bytes, to: "model.gguf")
    // By itself it stops nothing: --template plain is left.
    #expect(try ModelInspection(path).problems.isEmpty)
    builder.set("llama.residual_scale", .float32(8))
    try folder.write(builder.bytes, to: "model.gguf")
    let problems = try ModelInspection(path).problems
    try #require(problems.count == 2, "\(problems)")
    problems[1].expect(place: "chat template", found: "`include`", advice: "--template-file")
  }

  @Test func everyTensorAndEveryKeyOfTheTokenizerThatIsWrong() throws {
    var builder = try TinyLlama.builder()
    builder.tensors.removeAll {
      $0.name.hasSuffix("attn_q.weight") || $0.name == "blk.1.attn_norm.weight"
    }
    for index in builder.tensors.indices
    where builder.tensors[index].name == "blk.2.ffn_down.weight" {
      builder.tensors[index].sizes.reverse()
    }
    builder.set("tokenizer.ggml.pre", .string("of-tomorrow"))
    builder.set("tokenizer.ggml.merges", .int64(3))
    builder.set("tokenizer.ggml.add_bos_token", .string("yes"))
    let folder = try TemporaryFolder()
    let path = try folder.write(builder.bytes, to: "model.gguf")
    let problems = try ModelInspection(path).problems
    try #require(problems.count == 6, "\(problems)")
    problems[0].expect(
      file: path, place: "tensor blk.0.attn_q.weight and 2 more", found: "no such tensor")
    problems[1].expect(place: "tensor blk.1.attn_norm.weight", found: "no such tensor")
    problems[2].expect(place: "tensor blk.2.ffn_down.weight", found: "shape")
    problems[3].expect(
      place: "key tokenizer.ggml.merges", found: "integer 3", wanted: "an array of strings")
    problems[4].expect(place: "key tokenizer.ggml.pre", found: "of-tomorrow")
    problems[5].expect(
      place: "key tokenizer.ggml.add_bos_token", found: "string", wanted: "true or false")
  }

  @Test func withoutEmbeddingsTheRestOfTheTokenizerIsLookedAt() throws {
    var builder = try TinyLlama.builder()
    builder.tensors.removeAll { $0.name == "token_embd.weight" }
    builder.set("tokenizer.ggml.model", .string("rwkv"))
    let folder = try TemporaryFolder()
    let path = try folder.write(builder.bytes, to: "model.gguf")
    let problems = try ModelInspection(path).problems
    try #require(problems.count == 2, "\(problems)")
    problems[0].expect(place: "tensor token_embd.weight", found: "no such tensor")
    problems[1].expect(place: "key tokenizer.ggml.model", found: "`rwkv`", wanted: "gpt2")
  }

  @Test func anUnknownFamilyIsNamedWithTheRest() throws {
    var folder = try TinyFolder()
    folder.configuration["model_type"] = "mamba"
    folder.tokenizer["normalizer"] = ["type": "Precompiled"]
    folder.tokenizer["decoder"] =
      [
        "type": "Sequence", "decoders": [["type": "WordPiece"], ["type": "CTC"]],
      ] as [String: Any]
    try folder.write()
    let problems = try ModelInspection(folder.path).problems
    try #require(problems.count == 4, "\(problems)")
    problems[0].expect(place: "key model_type", found: "`mamba`")
    problems[1].expect(place: "normalizer", found: "`Precompiled`")
    problems[2].expect(place: "decoder.decoders[0]", found: "`WordPiece`")
    problems[3].expect(place: "decoder.decoders[1]", found: "`CTC`")
  }

  @Test func aFileThatIsNoModelIsThrown() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("nothing", to: "model.gguf")
    let failure = try #require(thrownFailure { _ = try ModelInspection(path) })
    failure.expect(file: path, found: "bytes", wanted: "GGUF")
  }
}
