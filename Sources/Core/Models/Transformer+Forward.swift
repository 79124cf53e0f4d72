import CKernels
import LinearAlgebra

/// What a block needs to know besides its input.
struct BlockContext {
  let batch: Batch
  /// Cached tokens before each row.
  let pasts: [Int]
  /// One a row, or empty.
  var caches: [KVCache] = []
  let rotations: Rotations
  var adapter: Adapter?
  /// Dropout inside LoRA, while training.
  var dropout: Dropout?

  init(
    _ batch: Batch, caches: [KVCache] = [], rotations: Rotations, adapter: Adapter? = nil,
    dropout: Dropout? = nil
  ) {
    self.batch = batch
    self.caches = caches
    pasts = batch.rows.indices.map { caches.isEmpty ? 0 : caches[$0].count }
    self.rotations = rotations
    self.adapter = adapter
    self.dropout = dropout
  }
}

extension Transformer {
  /// Runs packed rows through the blocks and returns what was asked for.
  ///
  /// - Parameters:
  ///   - caches: one a row, or empty. A row with a cache continues it: its tokens follow the cached
  ///     ones, and are cached in turn.
  ///   - adapter: low-rank additions to the weights; nil is the base model.
  ///   - checkpoint: called between blocks; what it throws ends the pass, and the caches stay as
  ///     they were.
  /// - Precondition: the batch fits the activations; layers, spans and logit places are in range.
  func forward(
    _ batch: Batch, caches: [KVCache] = [], adapter: Adapter? = nil, request: ForwardRequest,
    activations state: Activations, checkpoint: () throws -> Void = {}
  ) throws -> ForwardResult {
    let c = configuration
    let tokens = batch.tokens.count
    precondition(tokens <= state.capacity, "\(tokens) tokens in room for \(state.capacity)")
    precondition(caches.isEmpty || caches.count == batch.rows.count)
    for (row, cache) in zip(batch.rows, caches) { cache.reserve(cache.count + row.count) }
    let longest = batch.rows.indices.map {
      batch.rows[$0].count + (caches.isEmpty ? 0 : caches[$0].count)
    }
    state.reserveRotations(longest.max() ?? 0)
    let context = BlockContext(
      batch, caches: caches, rotations: state.rotations, adapter: adapter)

    let residual = state.residual.elements
    embed(batch, into: residual)
    var result = ForwardResult(request: request, width: c.width)
    request.intervene(layer: 0, residual, tokens: tokens, width: c.width)
    result.capture(layer: 0, from: residual)
    let last = request.logitsAt.isEmpty ? request.layers.last ?? 0 : c.blocks
    for index in 0..<last {
      try checkpoint()
      forward(
        block: index, residual, context, state.buffers, normed: state.normed,
        hidden: state.buffers.gate)
      request.intervene(layer: index + 1, residual, tokens: tokens, width: c.width)
      result.capture(layer: index + 1, from: residual)
    }
    if last == c.blocks {
      for (row, cache) in zip(batch.rows, caches) { cache.advance(by: row.count) }
    }
    if !request.logitsAt.isEmpty { result.logits = logits(at: request.logitsAt, state) }
    return result
  }

  /// Layer 0: the tokens' embeddings.
  func embed(_ batch: Batch, into residual: UnsafeMutablePointer<Float>) {
    Parallel.ranges(of: batch.tokens.count, grain: 8) { range in
      for token in range {
        embeddings.expand(
          row: Int(batch.tokens[token]), into: residual + token * configuration.width)
      }
    }
  }

  /// Runs one block on the residual stream, (tokens, width), in place.
  ///
  /// - Parameters:
  ///   - buffers: filled with what the block computes on its way.
  ///   - normed: scratch, (tokens, width).
  ///   - hidden: scratch for the feed-forward's product, (tokens, feed forward); `buffers.gate`
  ///     itself where that need not be kept.
  func forward(
    block index: Int, _ residual: UnsafeMutablePointer<Float>, _ context: BlockContext,
    _ buffers: BlockBuffers, normed: Matrix, hidden: Matrix
  ) {
    let c = configuration
    let block = blocks[index]
    let tokens = context.batch.tokens.count
    let lora = BlockLoRA(index, context, buffers)

    buffers.input?.elements.update(from: residual, count: tokens * c.width)
    rmsNormForward(residual, block.attentionNorm, into: normed.elements, tokens: tokens)
    linearForward(
      normed.elements, tokens: tokens,
      [
        LinearTask(weight: block.queries, output: buffers.queries.elements),
        LinearTask(weight: block.keys, output: buffers.keys.elements),
        LinearTask(weight: block.values, output: buffers.values.elements),
      ])
    lora.forward(
      .attentionInput, normed.elements,
      [
        .queries: buffers.queries.elements, .keys: buffers.keys.elements,
        .values: buffers.values.elements,
      ])
    rotate(buffers.queries, buffers.keys, context)
    attentionForward(attentionRows(block: index, context, buffers), c)
    linearForward(
      buffers.attended.elements, tokens: tokens,
      [LinearTask(weight: block.output, output: residual, adds: true)])
    lora.forward(.attentionOutput, buffers.attended.elements, [.output: residual])

    buffers.middle?.elements.update(from: residual, count: tokens * c.width)
    rmsNormForward(residual, block.feedForwardNorm, into: normed.elements, tokens: tokens)
    linearForward(
      normed.elements, tokens: tokens,
      [
        LinearTask(weight: block.gate, output: buffers.gate.elements),
        LinearTask(weight: block.up, output: buffers.up.elements),
      ])
    lora.forward(
      .feedForwardInput, normed.elements,
      [.gate: buffers.gate.elements, .up: buffers.up.elements])
    siluMultiply(buffers.gate, buffers.up, into: hidden, tokens: tokens)
    linearForward(
      hidden.elements, tokens: tokens,
      [LinearTask(weight: block.down, output: residual, adds: true)])
    lora.forward(.feedForwardOutput, hidden.elements, [.down: residual])
  }

  func siluMultiply(_ gate: Matrix, _ up: Matrix, into hidden: Matrix, tokens: Int) {
    Parallel.ranges(of: tokens * configuration.feedForward, grain: 16_384) { range in
      sk_silu_multiply(
        hidden.elements + range.lowerBound, gate.elements + range.lowerBound,
        up.elements + range.lowerBound, range.count)
    }
  }

  /// Each row's queries with the keys and values they may see; new ones go into the caches.
  private func attentionRows(
    block index: Int, _ context: BlockContext, _ buffers: BlockBuffers
  ) -> [AttentionRow] {
    let width = configuration.keyWidth
    var rows: [AttentionRow] = []
    rows.reserveCapacity(context.batch.rows.count)
    for (number, row) in context.batch.rows.enumerated() where row.count > 0 {
      var keys = buffers.keys.row(row.start)
      var values = buffers.values.row(row.start)
      let past = context.pasts[number]
      if !context.caches.isEmpty {
        let cached = context.caches[number].block(index)
        cached.keys.row(past).update(from: keys, count: row.count * width)
        cached.values.row(past).update(from: values, count: row.count * width)
        keys = cached.keys.elements
        values = cached.values.elements
      }
      rows.append(
        AttentionRow(
          queries: buffers.queries.row(row.start), count: row.count, keys: keys, values: values,
          past: past, visible: past + row.visible, output: buffers.attended.row(row.start)))
    }
    return rows
  }

  /// Turns queries and keys by their positions; backwards where `inverse`.
  func rotate(
    _ queries: Matrix, _ keys: Matrix, _ context: BlockContext, inverse: Bool = false
  ) {
    let c = configuration
    let half = c.headDimension / 2
    // One row is the common case while typing, many short rows while extracting: split by tokens.
    Parallel.ranges(of: context.batch.tokens.count, grain: 64) { range in
      for (number, row) in context.batch.rows.enumerated() {
        for token in row.range.clamped(to: range) {
          let position = context.pasts[number] + token - row.start
          let cosines = context.rotations.cosines.row(position)
          let sines = context.rotations.sines.row(position)
          let turn = inverse ? sk_rotate_back : sk_rotate
          for head in 0..<c.heads {
            turn(queries.row(token) + head * c.headDimension, cosines, sines, half)
          }
          for head in 0..<c.kvHeads {
            turn(keys.row(token) + head * c.headDimension, cosines, sines, half)
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

  func rmsNormForward(
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
