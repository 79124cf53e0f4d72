import CKernels
import LinearAlgebra
import SeerSupport

/// What a block needs to know besides its input.
package struct BlockContext {
  package let batch: Batch
  /// Cached tokens before each row.
  let pasts: [Int]
  /// One a row, or empty.
  package var caches: [KVCache] = []
  package let rotations: RotationTables
  package var adapter: Adapter?
  /// The tokens whose weights have the adapter's additions.
  var adaptedTokens: Range<Int>
  /// Dropout inside LoRA, while training.
  package var dropout: Dropout?

  package init(
    _ batch: Batch, caches: [KVCache] = [], rotations: RotationTables, adapter: Adapter? = nil,
    adaptedRows: Range<Int>? = nil, dropout: Dropout? = nil
  ) {
    self.batch = batch
    adaptedTokens = batch.tokens(ofRows: adaptedRows ?? batch.rows.indices)
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
  ///   - adaptedRows: the rows that it is for, all where nil: base and tuned go through side by
  ///     side, and weights are expanded once for both.
  ///   - checkpoint: called between blocks; what it throws ends the pass, and the caches stay as
  ///     they were.
  /// - Precondition: the batch fits the activations; layers, spans and logit places are in range.
  package func forward(
    _ batch: Batch, caches: [KVCache] = [], adapter: Adapter? = nil,
    adaptedRows: Range<Int>? = nil, request: ForwardRequest, activations state: Activations,
    checkpoint: () throws -> Void = {}
  ) throws -> ForwardResult {
    let c = configuration
    let tokens = batch.tokens.count
    precondition(tokens <= state.capacity, "\(tokens) tokens in room for \(state.capacity)")
    precondition(caches.isEmpty || caches.count == batch.rows.count)
    guard c.isCausal || caches.isEmpty else {
      throw Failure(
        .badData, found: "a model whose tokens look at those after them",
        wanted: "a causal one: what has been read would change with every token that follows",
        advice: "Whole texts can be read by it (seer extract); going on from one is not supported.")
    }
    for (row, cache) in zip(batch.rows, caches) { cache.reserve(cache.count + row.count) }
    state.reserveRotations(
      batch.rows.indices.map {
        batch.length(ofRow: $0, past: caches.isEmpty ? 0 : caches[$0].count)
      })
    let context = BlockContext(
      batch, caches: caches, rotations: state.rotations, adapter: adapter,
      adaptedRows: adaptedRows)
    adapter?.fit(to: self)

    let residual = state.residual.elements
    try embed(context, into: residual)
    let parts =
      request.partsAt.isEmpty ? nil : PartRecorder(tokens: request.partsAt, width: c.width)
    parts?.start(residual)
    state.buffers.parts = parts
    defer { state.buffers.parts = nil }
    var result = ForwardResult(request: request, width: c.width)
    request.intervene(layer: 0, residual, tokens: tokens, width: c.width)
    result.capture(layer: 0, from: residual)
    let last = request.logitsAt.isEmpty ? request.layers.last ?? 0 : c.blocks
    for index in 0..<last {
      try checkpoint()
      if index == last - 1, let asked = request.tokensAsked(after: last, of: tokens) {
        forward(
          lastBlock: index, for: asked, residual, context, state.buffers, normed: state.normed,
          hidden: state.buffers.gate)
      } else {
        forward(
          block: index, residual, context, state.buffers, normed: state.normed,
          hidden: state.buffers.gate)
      }
      if request.keepsRouting, blocks[index].experts != nil, let experts = c.experts,
        let routing = state.buffers.routing
      {
        result.capture(routing, ofBlock: index, experts)
      }
      request.intervene(layer: index + 1, residual, tokens: tokens, width: c.width)
      result.capture(layer: index + 1, from: residual)
    }
    if last == c.blocks {
      for (row, cache) in zip(batch.rows, caches) { cache.advance(by: row.count) }
    }
    if !request.logitsAt.isEmpty { result.logits = logits(at: request.logitsAt, state, context) }
    result.parts = parts?.parts
    return result
  }

  /// Layer 0: the tokens' embeddings, scaled or with those of their positions as the family has it.
  package func embed(
    _ context: BlockContext, into residual: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let width = configuration.width
    let batch = context.batch
    let scale = configuration.embeddingScale
    for token in batch.tokens where !(0..<embeddings.rows ~= Int(token)) {
      throw Failure(
        .badData, found: "token \(token)",
        wanted: "one below \(embeddings.rows), the rows of the model's embeddings",
        advice: "The tokenizer has tokens that the model has not: take them out of the text.")
    }
    let ends = context.adapter?.ends
    Parallel.ranges(of: batch.tokens.count, grain: 8) { range in
      for token in range {
        let target = residual + token * width
        let id = Int(batch.tokens[token])
        let ends = context.adaptedTokens.contains(token) ? ends : nil
        (ends?.embeddings ?? embeddings).expand(row: id, into: target)
        ends?.addEmbedding(of: id, to: target)
        if scale != 1 { sk_scale(target, width, scale) }
      }
    }
    guard let positions else { return }
    for (row, past) in zip(batch.rows, context.pasts) {
      guard past + row.positions <= positions.rows else {
        throw Failure(
          .badData, found: "a row of \(past + row.positions) tokens",
          wanted: "at most \(positions.rows), the positions that the model has learned",
          advice: "Shorten the row, or lower --max-tokens.")
      }
      Parallel.ranges(of: row.count, grain: 8) { range in
        let line = MatrixBuilder(unfilled: 1, columns: width)
        for token in range {
          positions.expand(row: past + row.position(token), into: line.elements)
          sk_add_bias(residual + (row.start + token) * width, line.elements, 1, width)
        }
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
  package func forward(
    block index: Int, _ residual: UnsafeMutablePointer<Float>, _ context: BlockContext,
    _ buffers: BlockBuffers, normed: MutableMatrix, hidden: MutableMatrix
  ) {
    let c = configuration
    let block = blocks[index]
    let tokens = context.batch.tokens.count
    let lora = BlockLoRA(index, context, buffers, c)

    buffers.parts?.enter(residual)
    buffers.input?.elements.update(from: residual, count: tokens * c.width)
    let x = normalised(residual, block.attentionNorm, into: normed, rows: tokens)
    product(
      [
        (block.queries, buffers.queries), (block.keys, buffers.keys),
        (block.values, buffers.values),
      ], of: x, tokens: tokens)
    lora.forward(
      .attentionInput, x,
      [
        .queries: buffers.queries.elements, .keys: buffers.keys.elements,
        .values: buffers.values.elements,
      ])
    normHeads(block, buffers, tokens: tokens)
    rotate(block: index, buffers.queries, buffers.keys, context)
    attentionForward(
      attentionRows(block: index, context, buffers), c, window: c.window(ofBlock: index),
      sinks: block.sinks)
    finish(
      index, lora, residual, buffers, normed: normed, hidden: hidden, tokens: tokens,
      ofBatch: tokens)
    buffers.parts?.leave(residual)
    if index >= residentBlocks { block.release() }
  }

  /// What follows a block's attention: its output, and the feed-forward part.
  package func finish(
    _ index: Int, _ lora: BlockLoRA, _ residual: UnsafeMutablePointer<Float>,
    _ buffers: BlockBuffers, normed: MutableMatrix, hidden: MutableMatrix, tokens: Int,
    ofBatch batch: Int
  ) {
    let c = configuration
    let block = blocks[index]
    func enter() {
      self.enter(
        block, lora, residual, buffers, normed: normed, tokens: tokens, ofBatch: batch)
    }
    // In parallel, the feed-forward part reads the residual stream before attention adds to it.
    if c.isParallel { enter() }
    add(
      block.output, of: buffers.attended, to: residual, through: buffers.attentionBranch,
      block.attentionPostNorm, lora, .attentionOutput, .output, spare: normed, tokens: tokens,
      ofBatch: batch)
    buffers.parts?.takeAttention(residual, buffers)
    if !c.isParallel { enter() }
    if let experts = block.experts, let routing = buffers.routing {
      experts.forward(
        normed.elements, addingTo: residual, routing, c, tokens: tokens, ofBatch: batch, precision)
    }
    guard let up = block.up, let down = block.down else { return }
    activate(buffers.gate, buffers.up, into: hidden, count: tokens * up.weight.rows)
    block.experts?.gateShared(
      hidden.elements, size: up.weight.rows, normed.elements, tokens: tokens)
    add(
      down, of: hidden, to: residual, through: buffers.feedForwardBranch,
      block.feedForwardPostNorm, lora, .feedForwardOutput, .down, spare: normed, tokens: tokens,
      ofBatch: batch)
    buffers.parts?.takeFeedForward(buffers)
  }

  /// What a part of a block reads of the residual stream, (rows, width): its norm, which goes into
  /// `normed`, or the stream itself where there is none.
  func normalised(
    _ residual: UnsafePointer<Float>, _ norm: Norm?, into normed: MutableMatrix, rows: Int
  ) -> UnsafePointer<Float> {
    guard let norm else { return residual }
    norm.forward(residual, into: normed.elements, rows: rows)
    return UnsafePointer(normed.elements)
  }

  /// Linear layers of one input, each into its own matrix.
  package func product(
    _ layers: [(linear: Linear, output: MutableMatrix)], of x: UnsafePointer<Float>, tokens: Int,
    ofBatch batch: Int? = nil
  ) {
    linearForward(
      x, tokens: tokens, ofBatch: batch, precision: precision,
      layers.map { LinearTask(weight: $0.linear.weight, output: $0.output.elements) })
    for layer in layers { layer.linear.addBias(to: layer.output.elements, tokens: tokens) }
  }

  /// The feed-forward part up to its products: gate and up of what it reads.
  private func enter(
    _ block: Block, _ lora: BlockLoRA, _ residual: UnsafePointer<Float>, _ buffers: BlockBuffers,
    normed: MutableMatrix, tokens: Int, ofBatch batch: Int
  ) {
    buffers.middle?.elements.update(from: residual, count: tokens * configuration.width)
    let x = normalised(residual, block.feedForwardNorm, into: normed, rows: tokens)
    guard let up = block.up else { return }
    let gate = block.gate.map { [($0, buffers.gate)] } ?? []
    product(gate + [(up, buffers.up)], of: x, tokens: tokens, ofBatch: batch)
    lora.forward(
      .feedForwardInput, x,
      [.gate: buffers.gate.elements, .up: buffers.up.elements])
  }

  /// Adds a linear layer's output to the residual stream, normed or multiplied first where the
  /// family does so.
  ///
  /// - Parameter spare: scratch, (tokens, width).
  private func add(
    _ linear: Linear, of x: MutableMatrix, to residual: UnsafeMutablePointer<Float>,
    through branch: MutableMatrix?, _ norm: Norm?, _ lora: BlockLoRA, _ place: LoRAGroup.Place,
    _ target: LoRATarget, spare: MutableMatrix, tokens: Int, ofBatch batch: Int
  ) {
    // What is multiplied cannot be added to the stream at once.
    let factor = configuration.residualScale
    let isScaled = norm == nil && (factor != 1 || lora.scalesOutputs(place))
    let output =
      isScaled ? spare.elements : norm == nil ? residual : branch?.elements ?? residual
    linearForward(
      x.elements, tokens: tokens, ofBatch: batch, precision: precision,
      [LinearTask(weight: linear.weight, output: output, adds: norm == nil && !isScaled)])
    linear.addBias(to: output, tokens: tokens)
    lora.forward(place, x.elements, [target: output])
    norm?.add(output, to: residual, rows: tokens, times: factor)
    guard isScaled else { return }
    Parallel.ranges(of: tokens * configuration.width, grain: 16_384) { range in
      let first = range.lowerBound
      sk_add_scaled(residual + first, output + first, range.count, factor)
    }
  }

  /// What lies between the two products of the feed-forward part.
  func activate(_ gate: MutableMatrix, _ up: MutableMatrix, into hidden: MutableMatrix, count: Int)
  {
    configuration.activation.forward(
      gate.elements, up.elements, into: hidden.elements, count: count)
  }

  /// Norms queries and keys, and keeps them as they were for the backward pass.
  private func normHeads(_ block: Block, _ buffers: BlockBuffers, tokens: Int) {
    guard let norms = block.headNorms else { return }
    for (norm, plain, heads) in [
      (norms.queries, buffers.plainQueries, buffers.queries),
      (norms.keys, buffers.plainKeys, buffers.keys),
    ] {
      plain?.elements.update(from: heads.elements, count: tokens * heads.columns)
      norm.forward(heads: heads, rows: tokens)
    }
  }

  /// Each row's queries with the keys and values they may see; new ones go into the caches.
  func attentionRows(
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
      var attentionRow = AttentionRow(
        queries: buffers.queries.row(row.start), count: row.count, keys: keys, values: values,
        past: past, visible: past + row.visible, gap: row.gap,
        output: buffers.attended.row(row.start), isContinued: row.count == 1)
      attentionRow.ahead = configuration.ahead(ofBlock: index)
      attentionRow.scale = configuration.scale(ofBlock: index)
      rows.append(attentionRow)
    }
    return rows
  }

  /// Turns queries and keys by their positions; backwards where `inverse`.
  package func rotate(
    block: Int, _ queries: MutableMatrix, _ keys: MutableMatrix, _ context: BlockContext,
    inverse: Bool = false
  ) {
    rotate(block: block, queries, heads: configuration.heads, context, inverse: inverse)
    rotate(block: block, keys, heads: configuration.kvHeads, context, inverse: inverse)
    growQueries(queries, context)
  }

  /// Multiplies queries with their places' factors, or their gradients.
  ///
  /// - Parameter tokens: whose they are, ascending; all tokens' where nil.
  func growQueries(_ queries: MutableMatrix, _ context: BlockContext, tokens: [Int]? = nil) {
    guard let growth = configuration.queryGrowth else { return }
    for (row, past) in zip(context.batch.rows, context.pasts) {
      func grow(_ place: Int, of token: Int) {
        let factor = growth.factor(at: past + row.position(token - row.start))
        if factor != 1 { sk_scale(queries.row(place), queries.columns, factor) }
      }
      guard let tokens else {
        for token in row.range { grow(token, of: token) }
        continue
      }
      for (place, token) in tokens.enumerated() where row.range.contains(token) {
        grow(place, of: token)
      }
    }
  }

  /// Turns vectors of so many heads each by their tokens' positions.
  ///
  /// - Parameter tokens: whose vectors they are, ascending; all tokens' where nil.
  package func rotate(
    block: Int, _ vectors: MutableMatrix, heads: Int, _ context: BlockContext, tokens: [Int]? = nil,
    inverse: Bool = false
  ) {
    let c = configuration
    let isSliding = c.slidingBlocks.contains(block)
    let half = context.rotations.frequencies(isSliding: isSliding)
    guard half > 0, !c.unturnedBlocks.contains(block) else { return }
    let turn =
      switch (c.turnsNeighbours, inverse) {
      case (false, false): sk_rotate
      case (false, true): sk_rotate_back
      case (true, false): sk_rotate_neighbours
      case (true, true): sk_rotate_neighbours_back
      }
    func rotate(
      _ vector: UnsafeMutablePointer<Float>, position: Int, _ rotations: Rotations
    ) {
      let cosines = rotations.cosines.row(position)
      let sines = rotations.sines.row(position)
      for head in 0..<heads { turn(vector + head * c.headDimension, cosines, sines, half) }
    }
    // One row is the common case while typing, many short rows while extracting: split by tokens.
    Parallel.ranges(of: tokens?.count ?? context.batch.tokens.count, grain: 64) { range in
      for (number, row) in context.batch.rows.enumerated() {
        let past = context.pasts[number]
        let rotations = context.rotations.rotations(
          isSliding: isSliding, rowOf: context.batch.length(ofRow: number, past: past))
        guard let tokens else {
          for token in row.range.clamped(to: range) {
            rotate(
              vectors.row(token), position: past + row.position(token - row.start), rotations)
          }
          continue
        }
        for place in range where row.range.contains(tokens[place]) {
          rotate(
            vectors.row(place), position: past + row.position(tokens[place] - row.start), rotations)
        }
      }
    }
  }

  /// Next-token logits at some of the batch's tokens: (places, vocabulary).
  private func logits(
    at places: [Int], _ state: Activations, _ context: BlockContext
  ) -> Matrix {
    let last = state.residual.selecting(rows: places)
    guard let ends = context.adapter?.ends, !ends.isEmpty else { return logits(last).frozen() }
    let adapted = places.indices.filter { context.adaptedTokens.contains(places[$0]) }
    if adapted.count == places.count { return logits(last, ends).frozen() }
    let logits = logits(last)
    if !adapted.isEmpty {
      let tuned = self.logits(last.selecting(rows: adapted), ends)
      for (row, place) in adapted.enumerated() {
        logits.row(place).update(from: tuned.row(row), count: logits.columns)
      }
    }
    return logits.frozen()
  }
}
