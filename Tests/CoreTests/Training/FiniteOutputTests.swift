import Foundation
import LinearAlgebra
import SeerModels
import SeerRuns
import SeerSupport
import TestSupport
import Testing

/// Nothing that is written for others holds values that are not finite.
struct FiniteOutputTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [Float.infinity, -.infinity, .nan])
  func aControlVector(value: Float) throws {
    let vector = ControlVector(modelHint: "llama", directions: [2: [1, 2], 3: [0, value]])
    let failure = try #require(thrownFailure { try vector.write(to: folder("v.gguf")) })
    failure.expect(file: folder("v.gguf"), place: "layer 3", found: "not finite")
    #expect(try names(inFolder: folder.path) == [])
  }

  @Test(arguments: [Float.infinity, .nan])
  func anAdapter(value: Float) throws {
    let model = try LanguageModel(Fixtures.tinyModel).configuration
    let adapter = Adapter(
      zeros: LoRAConfiguration(
        rank: 2, alpha: 2, dropout: 0, targets: [.queries], blocks: [1]), model)
    let pair = try #require(adapter.pair(block: 1, .queries))
    pair.b[3, 1] = value
    let failure = try #require(
      thrownFailure { try AdapterFile.write(adapter, to: folder("a"), model: "tiny") })
    failure.expect(file: folder("a"), place: "lora_B", found: "not finite")
    #expect(!AdapterFile.exists(folder("a")))
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan])
  func states(value: Float) throws {
    let manifest = RunManifest(
      tool: "test", model: "tiny", modelSHA256: "", adapter: nil, adapterSHA256: nil,
      concepts: "c.csv", conceptsSHA256: "", template: .plain,
      position: .last, maxTokens: 8, layers: [0, 1], rows: 3, width: 4, dtype: .float32)
    let writer = try RunWriter(folder: folder("run"), manifest: manifest)
    let good = Matrix(rows: 3, columns: 4) { row, column in Float(row * column) }
    let bad = Matrix(rows: 3, columns: 4) { row, column in
      row == 1 && column == 2 ? value : good[row, column]
    }
    let failure = try #require(
      thrownFailure { try writer.write([good, bad], firstRow: 0, tokens: 3, seconds: 0) })
    failure.expect(file: folder("run"), place: "layer 1, row 1", found: "a state of \(value)")
    #expect(writer.done.isEmpty)
    try writer.write([good, good], firstRow: 0, tokens: 3, seconds: 0)
    #expect(writer.done == [0..<3])
  }
}
