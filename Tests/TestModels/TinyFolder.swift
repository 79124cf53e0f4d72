import Foundation
import LinearAlgebra
import SeerFormats
import TestSupport

/// The tiny Llama as a Hugging Face folder, made from its GGUF file: rows in Hugging Face's order,
/// weights in full or half precision, which hold them exactly.
package struct TinyFolder {
  package let folder: TemporaryFolder
  package var path: String { folder.path }
  /// config.json
  package var configuration: [String: Any] = [
    "model_type": "llama", "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "intermediate_size": 96, "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-5, "rope_theta": 50000.0, "vocab_size": 325, "head_dim": 16,
    "rope_scaling": NSNull(), "tie_word_embeddings": false, "hidden_act": "silu",
  ]
  /// Names, shapes and values of the tensors.
  package var tensors: [(name: String, shape: [Int], values: [Float])] = []
  package var tokenizer: [String: Any] = [:]
  package var settings: [String: Any] = [:]

  package init() throws {
    folder = try TemporaryFolder()
    let source = try GGUF(path: Fixtures.tinyModel)
    let language = try TinyLlama.model()
    func add(_ name: String, _ weight: StoredMatrix) {
      let matrix = MutableMatrix(rows: weight.rows, columns: weight.columns)
      for row in 0..<weight.rows { weight.expand(row: row, into: matrix.row(row)) }
      tensors.append((name, [weight.rows, weight.columns], matrix.values))
    }
    func addVector(_ name: String, _ stored: String) throws {
      guard let tensor = source.tensor(stored) else { throw CocoaError(.fileNoSuchFile) }
      let weight = StoredMatrix(
        type: tensor.type, rows: 1, columns: tensor.shape[0], in: tensor.file, range: tensor.range)
      let matrix = MutableMatrix(rows: 1, columns: weight.columns)
      weight.expand(row: 0, into: matrix.elements)
      tensors.append((name, [weight.columns], matrix.values))
    }
    let transformer = language.transformer
    add("model.embed_tokens.weight", transformer.embeddings)
    for (index, block) in transformer.blocks.enumerated() {
      let prefix = "model.layers.\(index)."
      add(prefix + "self_attn.q_proj.weight", block.queries.weight)
      add(prefix + "self_attn.k_proj.weight", block.keys.weight)
      add(prefix + "self_attn.v_proj.weight", block.values.weight)
      add(prefix + "self_attn.o_proj.weight", block.output.weight)
      if let gate = block.gate { add(prefix + "mlp.gate_proj.weight", gate.weight) }
      guard let up = block.up, let down = block.down else { throw CocoaError(.fileNoSuchFile) }
      add(prefix + "mlp.up_proj.weight", up.weight)
      add(prefix + "mlp.down_proj.weight", down.weight)
      try addVector(prefix + "input_layernorm.weight", "blk.\(index).attn_norm.weight")
      try addVector(prefix + "post_attention_layernorm.weight", "blk.\(index).ffn_norm.weight")
    }
    try addVector("model.norm.weight", "output_norm.weight")
    add("lm_head.weight", transformer.head)
    try describeTokenizer(source)
  }

  private mutating func describeTokenizer(_ source: GGUF) throws {
    let tokens = try source.strings("tokenizer.ggml.tokens")
    var vocabulary: [String: Int] = [:]
    for (id, token) in tokens.enumerated() where vocabulary[token] == nil {
      vocabulary[token] = id
    }
    tokenizer = [
      "added_tokens": (0..<3).map { id in
        [
          "id": id, "content": tokens[id], "special": true, "lstrip": false, "rstrip": false,
          "single_word": false, "normalized": false,
        ] as [String: Any]
      },
      "normalizer": NSNull(),
      "pre_tokenizer": [
        "type": "Sequence",
        "pretokenizers": [
          ["type": "Digits", "individual_digits": true],
          ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true],
        ] as [[String: Any]],
      ] as [String: Any],
      "post_processor": NSNull(), "decoder": ["type": "ByteLevel"],
      "model": [
        "type": "BPE", "vocab": vocabulary, "merges": try source.strings("tokenizer.ggml.merges"),
      ] as [String: Any],
    ]
    settings = [
      "bos_token": "<|im_start|>", "eos_token": ["content": "<|im_end|>"],
      "chat_template": try source.string("tokenizer.chat_template"),
    ]
  }

  /// Writes the folder with its tensors in so many files; with one there is no index.
  @discardableResult
  package func write(_ type: Safetensors.DataType = .float32, shards: Int = 1) throws -> String {
    try write(configuration, to: "config.json")
    try write(tokenizer, to: "tokenizer.json")
    try write(settings, to: "tokenizer_config.json")
    var map: [String: String] = [:]
    for shard in 0..<shards {
      let name = shards == 1 ? "model.safetensors" : Self.shardName(shard, of: shards)
      let part = tensors.indices.filter { $0 % shards == shard }.map { tensors[$0] }
      var bytes = Safetensors.header(part.map { ($0.name, type, $0.shape) })
      for tensor in part {
        map[tensor.name] = name
        switch type {
        case .float32: bytes += floatBytes(tensor.values)
        case .float16: bytes += tensor.values.flatMap { little(Float16($0).bitPattern) }
        case .bfloat16: bytes += tensor.values.flatMap { little(UInt16($0.bitPattern >> 16)) }
        }
      }
      try folder.write(bytes, to: name)
    }
    if shards > 1 {
      try write(["weight_map": map] as [String: Any], to: "model.safetensors.index.json")
    }
    return path
  }

  package static func shardName(_ index: Int, of count: Int) -> String {
    "model-0000\(index + 1)-of-0000\(count).safetensors"
  }

  package func write(_ value: Any, to name: String) throws {
    let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])
    try folder.write(Array(data), to: name)
  }

  package func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: folder(name))
  }
}
