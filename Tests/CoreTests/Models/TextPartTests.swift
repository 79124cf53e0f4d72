import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// Folders of the families' models as others save them: without their head, and as the text part of
/// a model that reads pictures too.
struct TextPartTests {
  struct Form: CustomTestStringConvertible, Sendable {
    let family: String
    /// What stands before the blocks, in place of the family's own path.
    var path: String
    /// `model_type` of the whole, where the family's configuration is its `text_config`.
    var whole: String?
    /// `model_type` of the text part; "" leaves it out.
    var part: String?
    var isFlat = false

    var testDescription: String { "\(family) as \(whole ?? "itself"), \(path.debugDescription)" }
  }

  static let forms =
    TinyFamily.names.map { Form(family: $0, path: "") }
    + ["language_model.model.", "model.language_model."].flatMap { path in
      [
        Form(family: "gemma3", path: path, whole: "gemma3"),
        Form(family: "gemma3", path: path, whole: "gemma3", part: ""),
        Form(family: "mistral", path: path, whole: "mistral3"),
        Form(family: "mistral", path: path, whole: "mistral3", part: ""),
        Form(family: "ministral3", path: path, whole: "mistral3"),
        Form(family: "llama3", path: path, whole: "llava"),
        Form(family: "qwen2", path: path, whole: "qwen2_vl", part: "qwen2_vl_text"),
        Form(family: "qwen2", path: path, whole: "qwen2_5_vl", part: "qwen2_5_vl_text"),
        Form(family: "qwen3", path: path, whole: "qwen3_vl", part: "qwen3_vl_text"),
      ]
    } + [Form(family: "qwen2", path: "model.", whole: "qwen2_vl", isFlat: true)]

  func write(_ form: Form, _ change: (inout [String: Any]) -> Void = { _ in }) throws
    -> TemporaryFolder
  {
    let source = Fixtures.folder + "/Families/" + form.family
    var text = try object(ofFile: source + "/config.json")
    if let part = form.part { text["model_type"] = part.isEmpty ? nil : part }
    change(&text)
    var configuration = text
    if let whole = form.whole, form.isFlat {
      configuration["model_type"] = whole
    } else if let whole = form.whole {
      configuration = ["model_type": whole, "text_config": text, "vision_config": ["a": 1]]
    }
    let folder = try TemporaryFolder()
    try folder.write(
      String(decoding: JSONSerialization.data(withJSONObject: configuration), as: UTF8.self),
      to: "config.json")
    let owns = ["model.", "transformer.", "gpt_neox."]
    try folder.write(
      changed(try bytes(ofFile: source + "/model.safetensors")) { name in
        guard let own = owns.first(where: name.hasPrefix) else {
          return form.path.hasPrefix("language_model.") ? "language_model." + name : name
        }
        return form.path + name.dropFirst(own.count)
      } adding: {
        form.whole == nil ? [:] : ["vision_tower.weight": [1, 2, 3]]
      },
      to: "model.safetensors")
    return folder
  }

  @Test(arguments: forms)
  func itIsTheSameModel(form: Form) throws {
    let folder = try write(form) { text in
      // Positions of pictures; a text's are all the same.
      if form.family == "qwen2" {
        text["rope_parameters"] = nil
        text["rope_theta"] = 10000
        text["rope_scaling"] =
          form.whole == nil
          ? NSNull() : ["type": "mrope", "mrope_section": [1, 1, 2]] as [String: Any]
      }
    }
    defer { withExtendedLifetime(folder) {} }
    let golden = TinyFamily(name: form.family, format: .huggingFace)
    let model = try Transformer(openModel(folder.path))
    let ids = try golden.ids(0)
    let ours = try model.states(ids, layers: [model.configuration.blocks])[0]
    let theirs = try golden.golden("0.states").suffix(ids.count)
    for (a, b) in zip(ours, theirs) { #expect(relativeDistance(a, b) <= golden.tolerance) }
    let logits = try model.forward(
      Batch([ids]), request: ForwardRequest(logitsAt: [0]),
      activations: Activations(capacity: ids.count, configuration: model.configuration)
    ).logits
    #expect(
      relativeDistance(try #require(logits).values(row: 0), try golden.golden("0.logits")[0])
        <= golden.tolerance)
  }

  /// Models as transformers saves them, tower and all (Fixtures/TextParts/make_text_parts.py).
  @Test(arguments: ["gemma3", "mistral3", "qwen2_vl", "qwen2_5_vl", "qwen3_vl"])
  func aModelThatReadsPicturesReadsTexts(name: String) throws {
    let folder = Fixtures.folder + "/TextParts/" + name
    let file = try Safetensors(path: folder + "/golden.safetensors")
    func golden(_ name: String) throws -> [[Float]] {
      let tensor = try #require(file.tensors[name], "\(name)")
      let columns = try #require(tensor.shape.last)
      let matrix = MutableMatrix(rows: tensor.count / columns, columns: columns)
      file.read(tensor, count: tensor.count, into: matrix.elements)
      return (0..<matrix.rows).map { matrix.values(row: $0) }
    }
    let model = try Transformer(openModel(folder))
    let ids = try golden("ids")[0].map { Int32($0) }
    let ours = try model.states(ids).flatMap { $0 }
    let theirs = try golden("states")
    try #require(ours.count == theirs.count)
    for (index, (a, b)) in zip(ours, theirs).enumerated() {
      #expect(relativeDistance(a, b) <= 1e-4, "layer \(index / ids.count)")
    }
    let logits = try model.forward(
      Batch([ids]), request: ForwardRequest(logitsAt: Array(ids.indices)),
      activations: Activations(capacity: ids.count, configuration: model.configuration)
    ).logits
    for (place, wanted) in try golden("logits").enumerated() {
      #expect(relativeDistance(try #require(logits).values(row: place), wanted) <= 1e-4)
    }
  }

  @Test func aMessageNamesTheWholeKey() throws {
    let folder = try write(
      Form(family: "gemma3", path: "model.language_model.", whole: "gemma3")
    ) { $0["hidden_activation"] = "quick_gelu" }
    let failure = try #require(thrownFailure { _ = try Transformer(openModel(folder.path)) })
    failure.expect(
      file: folder("config.json"), place: "key text_config.hidden_activation", found: "quick_gelu",
      wanted: "gelu_pytorch_tanh", advice: "not supported")
    let problems = try ModelInspection(folder.path).problems
    #expect(problems.contains { $0.place == "key text_config.hidden_activation" })
  }

  @Test(arguments: [
    ("gemma3", "gemma3n_text", "key text_config.model_type"), ("paligemma", nil, "key model_type"),
  ])
  func anotherTextPartIsRefused(whole: String, part: String?, place: String) throws {
    let folder = try write(
      Form(family: "gemma3", path: "model.language_model.", whole: whole, part: part))
    let failure = try #require(thrownFailure { _ = try Transformer(openModel(folder.path)) })
    failure.expect(
      file: folder("config.json"), place: place, found: "gemma", advice: "not supported")
  }

  @Test func whatIsLeftOutIsWhatTransformersTakes() throws {
    let folder = try write(
      Form(family: "gemma3", path: "model.language_model.", whole: "gemma3")
    ) { text in
      for key in text.keys where key != "hidden_size" { text[key] = nil }
    }
    // Of the sizes of Gemma 3 4B, which this is not.
    let failure = try #require(thrownFailure { _ = try Transformer(openModel(folder.path)) })
    failure.expect(place: "self_attn.q_proj", found: "shape [48, 32]", wanted: "[2048, 32]")
  }
}
