import CKernels
import Foundation
import LinearAlgebra

/// The Llama family (Touvron et al. 2023): RMSNorm, rotary positions, grouped-query attention,
/// SwiGLU, no biases. SmolLM2 is one of them.
public struct Llama: Sendable {
  public let configuration: ModelConfiguration
  /// `token_embd.weight`, (vocabulary, width).
  let embeddings: StoredMatrix
  let blocks: [Block]
  /// `output_norm.weight`
  let finalNorm: [Float]
  /// `output.weight`, or the embeddings where they are tied: (vocabulary, width).
  let head: StoredMatrix

  struct Block: Sendable {
    let attentionNorm: [Float]  // attn_norm
    let queries: StoredMatrix  // attn_q, (heads x head dimension, width)
    let keys: StoredMatrix  // attn_k, (KV heads x head dimension, width)
    let values: StoredMatrix  // attn_v
    let output: StoredMatrix  // attn_output, (width, heads x head dimension)
    let feedForwardNorm: [Float]  // ffn_norm
    let gate: StoredMatrix  // ffn_gate, (feed forward, width)
    let up: StoredMatrix  // ffn_up
    let down: StoredMatrix  // ffn_down, (width, feed forward)
  }
}

// MARK: Loading

extension Llama {
  /// Reads the `llama.*` keys and finds every tensor; nothing is expanded.
  init(_ file: GGUF) throws(Failure) {
    let configuration = try ModelConfiguration(llama: file)
    self.configuration = configuration
    let weights = WeightFinder(file)
    let c = configuration
    embeddings = try weights.matrix("token_embd.weight", rows: c.vocabulary, columns: c.width)
    // llama.cpp's converter permutes q and k of this architecture only.
    let permuted = StoredMatrix.RowOrder.interleavedHeads(headDimension: c.headDimension)
    var blocks: [Block] = []
    for index in 0..<c.blocks {
      let name = "blk.\(index)."
      blocks.append(
        Block(
          attentionNorm: try weights.vector(name + "attn_norm.weight", count: c.width),
          queries: try weights.matrix(
            name + "attn_q.weight", rows: c.queryWidth, columns: c.width, order: permuted),
          keys: try weights.matrix(
            name + "attn_k.weight", rows: c.keyWidth, columns: c.width, order: permuted),
          values: try weights.matrix(
            name + "attn_v.weight", rows: c.keyWidth, columns: c.width),
          output: try weights.matrix(
            name + "attn_output.weight", rows: c.width, columns: c.queryWidth),
          feedForwardNorm: try weights.vector(name + "ffn_norm.weight", count: c.width),
          gate: try weights.matrix(
            name + "ffn_gate.weight", rows: c.feedForward, columns: c.width),
          up: try weights.matrix(name + "ffn_up.weight", rows: c.feedForward, columns: c.width),
          down: try weights.matrix(
            name + "ffn_down.weight", rows: c.width, columns: c.feedForward)))
    }
    self.blocks = blocks
    finalNorm = try weights.vector("output_norm.weight", count: c.width)
    head =
      file.tensors["output.weight"] == nil
      ? embeddings
      : try weights.matrix("output.weight", rows: c.vocabulary, columns: c.width)
  }
}

extension ModelConfiguration {
  fileprivate init(llama file: GGUF) throws(Failure) {
    let sizes = 1...1 << 20
    blocks = try file.integer("llama.block_count", in: 1...4096)
    width = try file.integer("llama.embedding_length", in: sizes)
    heads = try file.integer("llama.attention.head_count", in: 1...4096)
    kvHeads =
      file.has("llama.attention.head_count_kv")
      ? try file.integer("llama.attention.head_count_kv", in: 1...4096) : heads
    guard heads % kvHeads == 0 else {
      throw file.wrongKey("llama.attention.head_count_kv", "a divisor of \(heads) heads")
    }
    headDimension =
      file.has("llama.attention.key_length")
      ? try file.integer("llama.attention.key_length", in: 2...4096) : width / heads
    guard headDimension >= 2, headDimension % 2 == 0 else {
      throw file.wrongKey("llama.attention.head_count", "heads of an even number of sizes")
    }
    if file.has("llama.rope.dimension_count") {
      let rotated = try file.integer("llama.rope.dimension_count")
      guard rotated == headDimension else {
        throw file.wrongKey("llama.rope.dimension_count", "\(headDimension), the whole head")
      }
    }
    if file.has("llama.rope.scaling.type"), try file.string("llama.rope.scaling.type") != "none" {
      throw file.wrongKey("llama.rope.scaling.type", "no RoPE scaling, the only kind supported")
    }
    if file.tensors["rope_freqs.weight"] != nil {
      throw Failure(
        .badData, file: file.file.path, place: "tensor rope_freqs.weight",
        found: "scaled RoPE frequencies (Llama 3.1 and later)", wanted: "unscaled RoPE",
        advice: "Use a model without RoPE scaling.")
    }
    if file.has("llama.expert_count"), try file.integer("llama.expert_count") > 0 {
      throw file.wrongKey("llama.expert_count", "0: mixtures of experts are not supported")
    }
    feedForward = try file.integer("llama.feed_forward_length", in: sizes)
    guard let shape = file.tensors["token_embd.weight"]?.shape, shape.count == 2 else {
      throw Failure(
        .badData, file: file.file.path, place: "tensor token_embd.weight",
        found: file.tensors["token_embd.weight"] == nil ? "no such tensor" : "a vector",
        wanted: "the (vocabulary, width) embeddings",
        advice: "The file is not a complete model: download it again.")
    }
    vocabulary = shape[0]
    context = try file.integer("llama.context_length", in: 1...1 << 30)
    ropeBase = file.has("llama.rope.freq_base") ? try file.positive("llama.rope.freq_base") : 10_000
    epsilon = Float(try file.positive("llama.attention.layer_norm_rms_epsilon"))
    architecture = "llama"
  }
}

// MARK: Forward pass

extension Llama {
  /// Runs packed rows through the blocks and returns what was asked for.
  ///
  /// - Parameters:
  ///   - caches: one a row, or empty. A row with a cache continues it: its tokens follow the cached
  ///     ones, and are cached in turn.
  ///   - checkpoint: called between blocks; what it throws ends the pass, and the caches stay as
  ///     they were.
  /// - Precondition: the batch fits the activations; layers, spans and logit places are in range.
  func forward(
    _ batch: Batch, caches: [KVCache] = [], request: ForwardRequest,
    activations state: Activations, checkpoint: () throws -> Void = {}
  ) throws -> ForwardResult {
    let c = configuration
    let tokens = batch.tokens.count
    precondition(tokens <= state.capacity, "\(tokens) tokens in room for \(state.capacity)")
    precondition(caches.isEmpty || caches.count == batch.rows.count)
    let pasts = batch.rows.indices.map { caches.isEmpty ? 0 : caches[$0].count }
    state.reserveRotations(zip(batch.rows, pasts).map { $0.count + $1 }.max() ?? 0)
    for (row, cache) in zip(batch.rows, caches) { cache.reserve(cache.count + row.count) }

    let residual = state.residual.elements
    Parallel.ranges(of: tokens, grain: 8) { range in
      for token in range {
        embeddings.expand(row: Int(batch.tokens[token]), into: residual + token * c.width)
      }
    }
    var result = ForwardResult(request: request, width: c.width)
    result.capture(layer: 0, from: residual)
    let last = request.logitsAt.isEmpty ? request.layers.last ?? 0 : c.blocks
    for index in 0..<last {
      try checkpoint()
      let isLast = index + 1 == last
      forward(block: index, batch, pasts: pasts, caches: caches, state)
      result.capture(layer: index + 1, from: residual)
      if isLast { break }
    }
    if last == c.blocks {
      for (row, cache) in zip(batch.rows, caches) { cache.advance(by: row.count) }
    }
    if !request.logitsAt.isEmpty { result.logits = logits(at: request.logitsAt, state) }
    return result
  }

  private func forward(
    block index: Int, _ batch: Batch, pasts: [Int], caches: [KVCache], _ state: Activations
  ) {
    let c = configuration
    let block = blocks[index]
    let tokens = batch.tokens.count
    let residual = state.residual.elements
    let normed = state.normed.elements

    rmsNormForward(residual, block.attentionNorm, into: normed, tokens: tokens)
    linearForward(
      normed, tokens: tokens,
      [
        LinearTask(weight: block.queries, output: state.queries.elements),
        LinearTask(weight: block.keys, output: state.keys.elements),
        LinearTask(weight: block.values, output: state.values.elements),
      ])
    rotate(batch, pasts: pasts, state)
    var rows: [AttentionRow] = []
    rows.reserveCapacity(batch.rows.count)
    for (number, row) in batch.rows.enumerated() where row.count > 0 {
      let newKeys = state.keys.row(row.start)
      let newValues = state.values.row(row.start)
      var keys = newKeys
      var values = newValues
      if !caches.isEmpty {
        let cached = caches[number].block(index)
        (cached.keys.row(pasts[number])).update(from: newKeys, count: row.count * c.keyWidth)
        (cached.values.row(pasts[number])).update(from: newValues, count: row.count * c.keyWidth)
        keys = cached.keys.elements
        values = cached.values.elements
      }
      rows.append(
        AttentionRow(
          queries: state.queries.row(row.start), count: row.count, keys: keys, values: values,
          past: pasts[number], output: state.attended.row(row.start)))
    }
    attentionForward(rows, c)
    linearForward(
      state.attended.elements, tokens: tokens,
      [LinearTask(weight: block.output, output: residual, adds: true)])

    rmsNormForward(residual, block.feedForwardNorm, into: normed, tokens: tokens)
    linearForward(
      normed, tokens: tokens,
      [
        LinearTask(weight: block.gate, output: state.gate.elements),
        LinearTask(weight: block.up, output: state.up.elements),
      ])
    Parallel.ranges(of: tokens * c.feedForward, grain: 16_384) { range in
      sk_silu_multiply(
        state.gate.elements + range.lowerBound, state.up.elements + range.lowerBound, range.count)
    }
    linearForward(
      state.gate.elements, tokens: tokens,
      [LinearTask(weight: block.down, output: residual, adds: true)])
  }

  /// Turns queries and keys by their positions.
  private func rotate(_ batch: Batch, pasts: [Int], _ state: Activations) {
    let c = configuration
    let half = c.headDimension / 2
    let rotations = state.rotations
    // One row is the common case while typing, many short rows while extracting: split by tokens.
    Parallel.ranges(of: batch.tokens.count, grain: 64) { range in
      for (number, row) in batch.rows.enumerated() {
        let part = row.range.clamped(to: range)
        for token in part {
          let position = pasts[number] + token - row.start
          let cosines = rotations.cosines.row(position)
          let sines = rotations.sines.row(position)
          for head in 0..<c.heads {
            sk_rotate(state.queries.row(token) + head * c.headDimension, cosines, sines, half)
          }
          for head in 0..<c.kvHeads {
            sk_rotate(state.keys.row(token) + head * c.headDimension, cosines, sines, half)
          }
        }
      }
    }
  }

  /// Next-token logits at some of the batch's tokens: (places, vocabulary).
  private func logits(at places: [Int], _ state: Activations) -> Matrix {
    let c = configuration
    let last = Matrix(rows: places.count, columns: c.width)
    for (index, place) in places.enumerated() {
      last.row(index).update(from: state.residual.row(place), count: c.width)
    }
    rmsNormForward(last.elements, finalNorm, into: last.elements, tokens: places.count)
    let logits = Matrix(rows: places.count, columns: c.vocabulary)
    linearForward(
      last.elements, tokens: places.count, [LinearTask(weight: head, output: logits.elements)])
    return logits
  }

  private func rmsNormForward(
    _ x: UnsafePointer<Float>, _ weight: [Float], into output: UnsafeMutablePointer<Float>,
    tokens: Int
  ) {
    let width = configuration.width
    let epsilon = configuration.epsilon
    weight.withUnsafeBufferPointer { weight in
      Parallel.ranges(of: tokens, grain: 32) { range in
        for token in range {
          sk_rms_norm(
            output + token * width, x + token * width, weight.baseAddress, width, epsilon)
        }
      }
    }
  }
}
