import Foundation

/// Files committed for tests, with the scripts that made them.
package enum Fixtures {
  /// The folder of Package.swift.
  package static let repository =
    URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// Tests/CoreTests/Fixtures
  package static let folder = repository + "/Tests/CoreTests/Fixtures"

  /// The tiny random-weights Llama in Q4_0 (TinyLlama/make_tiny.py).
  package static let tinyModel = folder + "/TinyLlama/tiny.gguf"

  /// What an independent implementation wrote, as JSON of snake_case keys.
  package static func golden<Value: Decodable>(
    _ name: String, as type: Value.Type = Value.self
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(
      type, from: Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
  }
}
