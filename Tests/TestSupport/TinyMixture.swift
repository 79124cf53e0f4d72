import LinearAlgebra
import SeerFormats

/// The tiny Llama with random experts in place of its feed-forward parts: a Mixtral.
package enum TinyMixture {
  package static let experts = 5
  package static let used = 2

  package static func builder() throws -> GGUFBuilder {
    var builder = try TinyLlama.builder(.f16)
    builder.set("llama.expert_count", .uint32(UInt32(experts)))
    builder.set("llama.expert_used_count", .uint32(UInt32(used)))
    let dense = ["ffn_gate", "ffn_up", "ffn_down"]
    var random = SeededGenerator(seed: 6)
    builder.tensors = builder.tensors.flatMap { tensor -> [GGUFBuilder.Tensor] in
      let parts = tensor.name.split(separator: ".").map(String.init)
      guard parts.count == 4, parts[0] == "blk", dense.contains(parts[2])
      else { return [tensor] }
      let sizes = tensor.sizes.map { Int($0) }
      let scale = 1 / Float(sizes[0]).squareRoot()
      func made(_ name: String, _ sizes: [Int], scale: Float) -> GGUFBuilder.Tensor {
        GGUFBuilder.Tensor(
          "blk.\(parts[1]).\(name).weight", sizes: sizes.map { UInt64($0) },
          bytes: floatBytes((0..<sizes.reduce(1, *)).map { _ in scale * random.normal() }))
      }
      var all = [made(parts[2] + "_exps", sizes + [experts], scale: scale)]
      if parts[2] == "ffn_gate" {
        all.append(made("ffn_gate_inp", [sizes[0], experts], scale: 4 * scale))
      }
      return all
    }
    return builder
  }

  /// Writes the model into a folder and returns its path.
  package static func write(into folder: TemporaryFolder) throws -> String {
    try folder.write(builder().bytes, to: "mixture.gguf")
  }
}
