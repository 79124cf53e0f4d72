import SeerAnalysis
import SeerRuns
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// A run holds what the model computes, under the names that design gives.
struct RunTests {
  let fixture: RunFixture

  init() throws { fixture = try RunFixture(rows: 30) }

  @Test(arguments: Position.allCases, RowTemplate.allCases)
  func statesAreTheModels(position: Position, template: RowTemplate) throws {
    let summary = try fixture.run(fixture.extraction(position, template: template))
    let run = try Run.open(fixture.folder("run"))
    let set = try ConceptSet(contentsOf: fixture.concepts)
    let model = try TinyLlama.model()
    let renderer = try RowRenderer(model.tokenizer, template: template, maxTokens: 512)
    #expect(summary.rows == run.rows.count && summary.rows == run.manifest.rows)

    let layers = try TinyLlama.allLayers.map { try run.states(layer: $0) }
    var place = 0
    var tokens = 0
    for (index, row) in set.rows.enumerated() {
      let rendered = try renderer.render(prompt: row.prompt, response: row.response)
      tokens += rendered.ids.count
      let states = try model.states(rendered.ids)
      for span in position.spans(of: rendered) {
        let entry = run.rows[place]
        #expect(entry.row == index)
        #expect(entry.text == row.prompt + (row.response.map { "\n" + $0 } ?? ""))
        #expect(entry.concept == row.concept)
        #expect(entry.split == row.split?.rawValue)
        #expect(entry.tokens == rendered.ids.count)
        for layer in TinyLlama.allLayers {
          let mean = (0..<64).map { column in
            Float(span.reduce(0.0) { $0 + Double(states[layer][$1][column]) } / Double(span.count))
          }
          let ours = layers[layer].values(row: place)
          #expect(relativeDistance(ours, mean) <= 1e-5, "row \(index), layer \(layer)")
        }
        place += 1
      }
    }
    #expect(place == run.rows.count)
    #expect(summary.tokens == tokens && run.manifest.tokens == tokens)
  }

  @Test func aLineAToken() throws {
    try fixture.run(fixture.extraction(.all))
    let run = try Run.open(fixture.folder("run"))
    let model = try TinyLlama.model()
    let first = run.rows.filter { $0.row == 0 }
    let ids = model.tokenizer.encode(first[0].text)
    #expect(first.map { $0.token ?? "" } == ids.map { model.tokenizer.decode([$0]) })
    #expect(first.allSatisfy { $0.tokens == ids.count })
  }

  @Test func float16IsFloat32Rounded() throws {
    try fixture.run(fixture.extraction(to: "whole"))
    try fixture.run(fixture.extraction(to: "half", half: true))
    let whole = try Run.open(fixture.folder("whole"))
    let half = try Run.open(fixture.folder("half"))
    #expect(whole.manifest.dtype == .float32 && half.manifest.dtype == .float16)
    #expect(half.rows == whole.rows)
    for layer in TinyLlama.allLayers {
      let rounded = try whole.states(layer: layer).values.map { Float(Float16($0)) }
      #expect(try half.states(layer: layer).values == rounded)
    }
  }

  @Test func theManifestSaysWhatItWasMadeFrom() throws {
    var extraction = fixture.extraction(.mean, template: .chat, half: true)
    extraction.maxTokens = 100
    extraction.limit = 7
    try fixture.run(extraction)
    let run = try Run.open(fixture.folder("run"))
    let manifest = run.manifest
    #expect(manifest.format == 1 && manifest.tool == "seer test")
    #expect(manifest.model == Fixtures.tinyModel && manifest.concepts == fixture.concepts)
    #expect(manifest.modelSHA256 == (try sha256(ofFile: Fixtures.tinyModel)))
    #expect(manifest.conceptsSHA256 == (try sha256(ofFile: fixture.concepts)))
    #expect(manifest.adapter == nil && manifest.adapterSHA256 == nil)
    #expect(manifest.template == .chat && manifest.position == .mean)
    #expect(manifest.maxTokens == 100 && manifest.layers == [0, 1, 2, 3])
    #expect(manifest.rows == 7 && manifest.width == 64 && manifest.dtype == .float16)
    #expect(run.rows.count == 7)
    #expect(
      try names(inFolder: fixture.folder("run")) == ["rows.csv", "run.json", "states.safetensors"])
  }

  @Test func rowsCutAtTheLimitAreSaid() throws {
    var extraction = fixture.extraction()
    extraction.maxTokens = 20
    let summary = try fixture.run(extraction)
    #expect(summary.notes.contains { $0.contains("30 rows were cut at 20 tokens") })
    #expect(try Run.open(fixture.folder("run")).rows.allSatisfy { $0.tokens == 20 })
  }

  @Test func oneConceptIsSaid() throws {
    try fixture.folder.write("prompt,value\nHi,a\nHo,a\n", to: "concepts.csv")
    let summary = try fixture.run(fixture.extraction())
    #expect(summary.notes.contains { $0.contains("one concept only, `a`") })
    #expect(summary.rows == 2)
  }

  @Test func aLayerThatIsNotThere() throws {
    try fixture.run(fixture.extraction())
    let run = try Run.open(fixture.folder("run"))
    for layer in [-1, 4, .max] {
      let failure = try #require(thrownFailure { _ = try run.states(layer: layer) })
      failure.expect(.usage, place: "layer", found: "\(layer)", wanted: "0 to 3")
    }
  }

  @Test func moreTokensThanTheContext() throws {
    var extraction = fixture.extraction()
    extraction.maxTokens = 2049
    let failure = try #require(fixture.failure(extraction))
    failure.expect(.usage, place: "--max-tokens", found: "2049", wanted: "at most 2048")
  }

  /// Where nobody asked, a shorter context than is usual is no reason to refuse.
  @Test(arguments: [16, 511, 512, 600])
  func anUnaskedNumberOfTokensFitsTheContext(context: Int) throws {
    var builder = try TinyLlama.builder()
    builder.set("llama.context_length", .uint32(UInt32(context)))
    var extraction = fixture.extraction()
    extraction.model = try fixture.folder.write(builder.bytes, to: "short.gguf")
    extraction.limit = 2
    try fixture.run(extraction)
    let run = try Run.open(fixture.folder("run"))
    #expect(run.manifest.maxTokens == min(512, context))
    if context == 16 { #expect(run.rows.allSatisfy { $0.tokens == 16 }) }
    extraction.folder = fixture.folder("asked")
    extraction.maxTokens = context + 1
    try #require(fixture.failure(extraction)).expect(
      .usage, place: "--max-tokens", found: "\(context + 1)", wanted: "at most \(context)")
  }

  @Test func aStateTooLargeForFloat16() throws {
    var builder = try TinyLlama.builder(.f32)
    for index in builder.tensors.indices where builder.tensors[index].name == "token_embd.weight" {
      // The embedding of the byte "Z", in the vocabulary after three special tokens.
      let token = 3 + Int(UInt8(ascii: "Z"))
      builder.tensors[index].bytes.replaceSubrange(
        token * 256..<token * 256 + 8, with: floatBytes([1, -70_000]))
    }
    try fixture.folder.write(builder.bytes, to: "large.gguf")
    try fixture.folder.write("prompt,value\nabc,a\nabZ,b\nabc,b\n", to: "concepts.csv")
    var extraction = fixture.extraction(half: true)
    extraction.model = fixture.folder("large.gguf")
    let failure = try #require(fixture.failure(extraction))
    failure.expect(
      file: fixture.folder("run"), place: "layer 0, row 1", found: "-70000", wanted: "65504",
      advice: "--dtype float32")
    #expect(thrownFailure { _ = try Run.open(fixture.folder("run")) }?.kind == .missingInput)
    extraction.usesHalf = false
    extraction.folder = fixture.folder("other")
    try fixture.run(extraction)
    #expect(try Run.open(fixture.folder("other")).states(layer: 0)[1, 1] == -70_000)
  }
}
