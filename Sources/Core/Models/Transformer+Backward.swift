import CKernels
import LinearAlgebra

/// Working memory of a backward pass, shared by all blocks.
package final class BackwardScratch {
  package let normed: MutableMatrix
  package let hidden: MutableMatrix
  let normedGradient: MutableMatrix
  let queryGradient: MutableMatrix
  let keyGradient: MutableMatrix
  let valueGradient: MutableMatrix
  let attendedGradient: MutableMatrix
  let gateGradient: MutableMatrix
  let upGradient: MutableMatrix
  /// Gradients of what is normed before it is added, or of the output where both parts read the
  /// input: (tokens, width).
  let branchGradient: MutableMatrix?

  package init(tokens: Int, _ c: ModelConfiguration) {
    normed = MutableMatrix(unfilled: tokens, columns: c.width)
    hidden = MutableMatrix(unfilled: tokens, columns: c.feedForward)
    normedGradient = MutableMatrix(unfilled: tokens, columns: c.width)
    queryGradient = MutableMatrix(unfilled: tokens, columns: c.queryWidth)
    keyGradient = MutableMatrix(unfilled: tokens, columns: c.keyWidth)
    valueGradient = MutableMatrix(unfilled: tokens, columns: c.keyWidth)
    attendedGradient = MutableMatrix(unfilled: tokens, columns: c.queryWidth)
    gateGradient = MutableMatrix(unfilled: tokens, columns: c.feedForward)
    upGradient = MutableMatrix(unfilled: tokens, columns: c.feedForward)
    branchGradient =
      c.normsBranches || c.isParallel ? MutableMatrix(unfilled: tokens, columns: c.width) : nil
  }

  package static func floats(_ c: ModelConfiguration) -> Int {
    (c.normsBranches || c.isParallel ? 3 : 2) * c.width + 2 * c.queryWidth + 2 * c.keyWidth + 3
      * c.feedForward
  }
}

extension Transformer {
  /// Turns the gradient at a block's output into that at its input, in place, and adds the LoRA
  /// gradients, where they are wanted. The block's own weights are frozen.
  ///
  /// - Parameters:
  ///   - slope: the gradient of the residual stream, (tokens, width).
  ///   - buffers: as the forward pass filled them, with `input` and `middle`.
  package func backward(
    block index: Int, _ slope: UnsafeMutablePointer<Float>, _ context: BlockContext,
    _ buffers: BlockBuffers, _ scratch: BackwardScratch, into gradients: Adapter?,
    _ rules: BackwardRules = .gradient
  ) {
    let tokens = context.batch.tokens.count
    let count = tokens * configuration.width
    // Where both parts read the block's input, both have the output's gradient.
    let outputGradient: UnsafePointer<Float>?
    if configuration.isParallel, let copy = scratch.branchGradient {
      copy.elements.update(from: slope, count: count)
      outputGradient = UnsafePointer(copy.elements)
    } else {
      outputGradient = nil
    }
    feedForwardBackward(
      block: index, outputGradient, slope, context, buffers, scratch, into: gradients, rules)
    selfAttentionBackward(
      block: index, outputGradient, slope, context, buffers, scratch, into: gradients, rules)
    if index >= residentBlocks { blocks[index].release() }
  }

  /// The gradient of a part's linear output: the residual stream's own, or that before its norm.
  private func branchGradient(
    _ slope: UnsafePointer<Float>, _ norm: Norm?, _ branch: MutableMatrix?,
    _ scratch: BackwardScratch, tokens: Int, _ rules: BackwardRules
  ) -> UnsafePointer<Float> {
    guard let norm, let branch, let gradient = scratch.branchGradient else { return slope }
    gradient.elements.update(repeating: 0, count: tokens * configuration.width)
    norm.backward(
      slope, branch.elements, into: gradient.elements, rows: tokens, holdsScale: rules.holdsScales)
    return UnsafePointer(gradient.elements)
  }

  /// residual + [norm] down(act(gate(n)) * up(n)), n = norm(middle).
  private func feedForwardBackward(
    block index: Int, _ outputGradient: UnsafePointer<Float>?,
    _ slope: UnsafeMutablePointer<Float>, _ context: BlockContext, _ buffers: BlockBuffers,
    _ scratch: BackwardScratch, into gradients: Adapter?, _ rules: BackwardRules
  ) {
    let c = configuration
    let block = blocks[index]
    let tokens = context.batch.tokens.count
    let lora = BlockLoRA(index, context, buffers, c)
    guard let middle = buffers.middle else {
      preconditionFailure("a backward pass over buffers made for inference")
    }
    block.feedForwardNorm.forward(middle.elements, into: scratch.normed.elements, rows: tokens)
    activate(buffers.gate, buffers.up, into: scratch.hidden, tokens: tokens)
    let branch = branchGradient(
      outputGradient ?? UnsafePointer(slope), block.feedForwardPostNorm,
      buffers.feedForwardBranch, scratch, tokens: tokens, rules)
    let dy = lora.scaled(
      .feedForwardOutput, .down, branch, spare: scratch.normedGradient.elements)
    let hiddenGradient = scratch.gateGradient.elements
    linearBackward(
      [LinearBackwardTask(weight: block.down.weight, outputGradient: dy)], tokens: tokens,
      into: hiddenGradient)
    lora.backward(
      .feedForwardOutput, scratch.hidden.elements, [.down: dy], into: gradients,
      inputGradient: hiddenGradient)
    activateBackward(buffers, scratch, tokens: tokens, rules)
    for (target, slope) in [(LoRATarget.gate, scratch.gateGradient), (.up, scratch.upGradient)] {
      _ = lora.scaled(.feedForwardInput, target, slope.elements, spare: slope.elements)
    }
    var tasks: [LinearBackwardTask] = []
    if let gate = block.gate {
      tasks.append(
        LinearBackwardTask(
          weight: gate.weight, outputGradient: scratch.gateGradient.elements))
    }
    tasks.append(
      LinearBackwardTask(weight: block.up.weight, outputGradient: scratch.upGradient.elements))
    linearBackward(tasks, tokens: tokens, into: scratch.normedGradient.elements)
    lora.backward(
      .feedForwardInput, scratch.normed.elements,
      [
        .gate: UnsafePointer(scratch.gateGradient.elements),
        .up: UnsafePointer(scratch.upGradient.elements),
      ], into: gradients, inputGradient: scratch.normedGradient.elements)
    block.feedForwardNorm.backward(
      scratch.normedGradient.elements, middle.elements, into: slope, rows: tokens,
      holdsScale: rules.holdsScales)
  }

  /// From the gradient of the feed-forward's hidden values, which lies in `gateGradient`, to those
  /// of gate and up.
  private func activateBackward(
    _ buffers: BlockBuffers, _ scratch: BackwardScratch, tokens: Int, _ rules: BackwardRules
  ) {
    let activation = configuration.activation
    Parallel.ranges(of: tokens * configuration.feedForward, grain: 16_384) { range in
      let (first, count) = (range.lowerBound, range.count)
      let (dy, dup) = (scratch.gateGradient.elements + first, scratch.upGradient.elements + first)
      let (gate, up) = (buffers.gate.elements + first, buffers.up.elements + first)
      guard !rules.holdsScales else {
        return activateHeld(
          activation, dy, dup, gate: gate, up: up, count, share: rules.productShare)
      }
      switch activation {
      case .gatedSilu: sk_silu_multiply_backward(dy, dup, dy, gate, up, count)
      case .gatedGeluTanh: sk_gelu_tanh_multiply_backward(dy, dup, dy, gate, up, count)
      case .geluTanh: sk_gelu_tanh_backward(dup, dy, up, count)
      case .gelu: sk_gelu_backward(dup, dy, up, count)
      }
    }
  }

  /// The same with what an activation multiplies its input with held, a share to gate and to up.
  private func activateHeld(
    _ activation: Activation, _ dy: UnsafeMutablePointer<Float>,
    _ dup: UnsafeMutablePointer<Float>, gate: UnsafePointer<Float>, up: UnsafePointer<Float>,
    _ count: Int, share: Float
  ) {
    switch activation {
    case .gatedSilu: sk_silu_multiply_held(dy, dup, dy, gate, up, count, share)
    case .gatedGeluTanh: sk_gelu_tanh_multiply_held(dy, dup, dy, gate, up, count, share)
    case .geluTanh: sk_gelu_tanh_held(dup, dy, up, count)
    case .gelu: sk_gelu_held(dup, dy, up, count)
    }
  }

  /// residual + [norm] output(attention(q(n), k(n), v(n))), n = norm(input).
  private func selfAttentionBackward(
    block index: Int, _ outputGradient: UnsafePointer<Float>?,
    _ slope: UnsafeMutablePointer<Float>, _ context: BlockContext, _ buffers: BlockBuffers,
    _ scratch: BackwardScratch, into gradients: Adapter?, _ rules: BackwardRules
  ) {
    let c = configuration
    let block = blocks[index]
    let tokens = context.batch.tokens.count
    let lora = BlockLoRA(index, context, buffers, c)
    guard let input = buffers.input else {
      preconditionFailure("a backward pass over buffers made for inference")
    }
    let branch = branchGradient(
      outputGradient ?? UnsafePointer(slope), block.attentionPostNorm, buffers.attentionBranch,
      scratch, tokens: tokens, rules)
    let dy = lora.scaled(
      .attentionOutput, .output, branch, spare: scratch.normedGradient.elements)
    linearBackward(
      [LinearBackwardTask(weight: block.output.weight, outputGradient: dy)], tokens: tokens,
      into: scratch.attendedGradient.elements)
    lora.backward(
      .attentionOutput, buffers.attended.elements, [.output: dy], into: gradients,
      inputGradient: scratch.attendedGradient.elements)
    for matrix in [scratch.keyGradient, scratch.valueGradient] {
      matrix.elements.update(repeating: 0, count: tokens * c.keyWidth)
    }
    attentionBackward(
      zip(
        context.batch.rows.filter { $0.count > 0 },
        attentionRows(block: index, context, buffers)
      ).map { row, attentionRow in
        AttentionRowGradient(
          row: attentionRow,
          outputGradient: scratch.attendedGradient.row(row.start),
          queries: scratch.queryGradient.row(row.start),
          keys: scratch.keyGradient.row(row.start), values: scratch.valueGradient.row(row.start))
      }, c, window: c.window(ofBlock: index), rules)
    rotate(
      block: index, scratch.queryGradient, scratch.keyGradient, context, inverse: true)
    if let norms = block.headNorms, let queries = buffers.plainQueries,
      let keys = buffers.plainKeys
    {
      norms.queries.backwardInPlace(
        scratch.queryGradient.elements, queries.elements, rows: tokens * c.heads,
        holdsScale: rules.holdsScales)
      norms.keys.backwardInPlace(
        scratch.keyGradient.elements, keys.elements, rows: tokens * c.kvHeads,
        holdsScale: rules.holdsScales)
    }
    for (target, slope) in [
      (LoRATarget.queries, scratch.queryGradient), (.keys, scratch.keyGradient),
      (.values, scratch.valueGradient),
    ] { _ = lora.scaled(.attentionInput, target, slope.elements, spare: slope.elements) }
    block.attentionNorm.forward(input.elements, into: scratch.normed.elements, rows: tokens)
    linearBackward(
      [
        LinearBackwardTask(
          weight: block.queries.weight, outputGradient: scratch.queryGradient.elements),
        LinearBackwardTask(weight: block.keys.weight, outputGradient: scratch.keyGradient.elements),
        LinearBackwardTask(
          weight: block.values.weight, outputGradient: scratch.valueGradient.elements),
      ], tokens: tokens, into: scratch.normedGradient.elements)
    lora.backward(
      .attentionInput, scratch.normed.elements,
      [
        .queries: UnsafePointer(scratch.queryGradient.elements),
        .keys: UnsafePointer(scratch.keyGradient.elements),
        .values: UnsafePointer(scratch.valueGradient.elements),
      ], into: gradients, inputGradient: scratch.normedGradient.elements)
    block.attentionNorm.backward(
      scratch.normedGradient.elements, input.elements, into: slope, rows: tokens,
      holdsScale: rules.holdsScales)
  }
}
