import SeerFormats
import SeerModels
import TestSupport

extension TinyLlama {
  /// The model with its block weights in another type; tied: without the tensor of the head.
  package static func model(_ type: BlockType = .q4_0, tied: Bool = false) throws -> LanguageModel {
    let folder = try TemporaryFolder()
    return try LanguageModel(folder.write(builder(type, tied: tied).bytes, to: "tiny.gguf"))
  }
}

extension LanguageModel {
  /// Every token's states at some layers, for one row: `[layer][token]`.
  package func states(_ ids: [Int32], layers: [Int] = TinyLlama.allLayers) throws -> [[[Float]]] {
    let result = try transformer.forward(
      Batch([ids]),
      request: ForwardRequest(layers: layers, spans: ids.indices.map { $0..<$0 + 1 }),
      activations: activations(tokens: ids.count))
    return result.states.map { matrix in (0..<matrix.rows).map { matrix.values(row: $0) } }
  }
}
