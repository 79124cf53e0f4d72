import Foundation
import LinearAlgebra
import SeerModels

/// What a user waits for, on all cores: needs a model.
enum Paths {
  static func run(_ runner: Runner, model path: String) throws {
    let model = try LanguageModel(path)
    let text = String(
      repeating: "The committee met on Tuesday to discuss 42 proposals. ", count: 64)
    let ids = Array(model.tokenizer.encode(text).prefix(512))
    runner.measure("tokenizer, \(text.utf8.count) bytes") { _ = model.tokenizer.encode(text) }
    for (rows, length) in [(1, 512), (8, 64), (1, 16), (1, 4)] {
      let batch = Batch((0..<rows).map { _ in Array(ids.prefix(length)) })
      let state = model.activations(tokens: rows * length)
      try runner.measure("forward, \(rows) rows of \(length) tokens") {
        _ = try model.transformer.forward(
          batch, request: ForwardRequest(layers: [model.configuration.blocks], spans: [0..<1]),
          activations: state)
      }
    }
    let cache = model.cache()
    let state = model.activations(tokens: 512)
    _ = try model.transformer.forward(
      Batch([Array(ids.prefix(200))]), caches: [cache], request: ForwardRequest(logitsAt: [199]),
      activations: state)
    try runner.measure("decode one token after 200") {
      cache.truncate(to: 200)
      _ = try model.transformer.forward(
        Batch([[ids[300]]]), caches: [cache], request: ForwardRequest(logitsAt: [0]),
        activations: state)
    }
    attention(runner, model.configuration)
  }

  /// 16 packed rows of 64 tokens, and one row of 512.
  private static func attention(_ runner: Runner, _ configuration: ModelConfiguration) {
    let queries = Matrix(rows: 1024, columns: configuration.queryWidth) { Float(($0 + $1) % 7) }
    let keys = Matrix(rows: 1024, columns: configuration.keyWidth) { Float(($0 + $1) % 5) / 50 }
    let output = MutableMatrix(rows: 1024, columns: configuration.queryWidth)
    for (count, length) in [(16, 64), (1, 512)] {
      let rows = (0..<count).map { row in
        AttentionRow(
          queries: queries.row(row * length), count: length, keys: keys.row(row * length),
          values: keys.row(row * length), past: 0, visible: length,
          output: output.row(row * length))
      }
      runner.measure("attention, \(count) rows of \(length) tokens") {
        attentionForward(rows, configuration)
      }
    }
  }
}
