import CKernels
import LinearAlgebra

/// A model's matrices with an adapter added to them: W + scale * B A, row by row.
struct MergedWeights {
  let model: Transformer
  let adapter: Adapter

  /// One matrix under its names in both file formats.
  struct Weight {
    let gguf: String
    let huggingFace: String
    let matrix: StoredMatrix
    let block: Int?
    let target: LoRATarget?
  }

  /// The model's matrices in the order of a forward pass.
  var weights: [Weight] {
    func weight(
      _ block: Int, _ gguf: String, _ target: LoRATarget, _ matrix: StoredMatrix
    ) -> Weight {
      Weight(
        gguf: "blk.\(block).\(gguf).weight",
        huggingFace: "model.layers.\(block).\(target.module).\(target.rawValue).weight",
        matrix: matrix, block: block, target: target)
    }
    var all = [
      Weight(
        gguf: "token_embd.weight", huggingFace: "model.embed_tokens.weight",
        matrix: model.embeddings, block: nil, target: nil)
    ]
    for (index, block) in model.blocks.enumerated() {
      all += [
        weight(index, "attn_q", .queries, block.queries),
        weight(index, "attn_k", .keys, block.keys),
        weight(index, "attn_v", .values, block.values),
        weight(index, "attn_output", .output, block.output),
        weight(index, "ffn_gate", .gate, block.gate),
        weight(index, "ffn_up", .up, block.up),
        weight(index, "ffn_down", .down, block.down),
      ]
    }
    return all
  }

  /// Expands one of our rows, with the adapter's part added; `target` takes `columns` floats.
  func expand(_ weight: Weight, row: Int, into target: UnsafeMutablePointer<Float>) {
    weight.matrix.expand(row: row, into: target)
    guard let block = weight.block, let projection = weight.target,
      let pair = adapter.pair(block: block, projection)
    else { return }
    let rank = adapter.configuration.rank
    for index in 0..<rank {
      let factor = adapter.scale * pair.b.row(row)[index]
      let a = pair.a + index * pair.inputs
      for column in 0..<pair.inputs { target[column] += factor * a[column] }
    }
  }
}
