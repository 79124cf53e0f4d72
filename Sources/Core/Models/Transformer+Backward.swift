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
  /// Gradients of what is normed or multiplied before it is added: (tokens, width).
  let branchGradient: MutableMatrix?
  /// Those of the output, where both parts read the input: (tokens, width).
  let outputGradient: MutableMatrix?

  package init(tokens: Int, _ c: ModelConfiguration) {
    normed = MutableMatrix(unfilled: tokens, columns: c.width)
    hidden = MutableMatrix(unfilled: tokens, columns: c.widestFeedForward)
    normedGradient = MutableMatrix(unfilled: tokens, columns: c.width)
    queryGradient = MutableMatrix(unfilled: tokens, columns: c.queryWidth)
    keyGradient = MutableMatrix(unfilled: tokens, columns: c.keyWidth)
    valueGradient = MutableMatrix(unfilled: tokens, columns: c.keyWidth)
    attendedGradient = MutableMatrix(unfilled: tokens, columns: c.queryWidth)
    gateGradient = MutableMatrix(unfilled: tokens, columns: c.widestFeedForward)
    upGradient = MutableMatrix(unfilled: tokens, columns: c.widestFeedForward)
    branchGradient =
      c.changesBranches ? MutableMatrix(unfilled: tokens, columns: c.width) : nil
    outputGradient = c.isParallel ? MutableMatrix(unfilled: tokens, columns: c.width) : nil
  }

  package static func floats(_ c: ModelConfiguration) -> Int {
    let copies = (c.changesBranches ? 1 : 0) + (c.isParallel ? 1 : 0)
    return (2 + copies) * c.width + 2 * c.queryWidth + 2 * c.keyWidth + 3 * c.widestFeedForward
      + (c.experts.map { $0.used + $0.count + ExpertConfiguration.backwardFloats(c) } ?? 0)
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
    if let copy = scratch.outputGradient {
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

  /// The gradient of a part's linear output: the residual stream's own, or that before it was
  /// normed and multiplied.
  private func branchGradient(
    _ slope: UnsafePointer<Float>, _ norm: Norm?, _ branch: MutableMatrix?,
    _ scratch: BackwardScratch, tokens: Int, _ rules: BackwardRules
  ) -> UnsafePointer<Float> {
    guard let gradient = scratch.branchGradient?.elements else { return slope }
    let count = tokens * configuration.width
    let factor = configuration.residualScale
    if let norm, let branch {
      gradient.update(repeating: 0, count: count)
      norm.backward(
        slope, branch.elements, into: gradient, rows: tokens, holdsScale: rules.holdsScales)
    } else {
      gradient.update(from: slope, count: count)
    }
    if factor != 1 { sk_scale(gradient, count, factor) }
    return UnsafePointer(gradient)
  }

  /// Adds the gradient of what a part reads, in `normedGradient`, to the residual stream's.
  private func addGradient(
    _ scratch: BackwardScratch, of norm: Norm?, at x: UnsafePointer<Float>,
    to slope: UnsafeMutablePointer<Float>, tokens: Int, _ rules: BackwardRules
  ) {
    let gradient = scratch.normedGradient.elements
    guard let norm else { return sk_add_scaled(slope, gradient, tokens * configuration.width, 1) }
    norm.backward(gradient, x, into: slope, rows: tokens, holdsScale: rules.holdsScales)
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
    let x = normalised(
      middle.elements, block.feedForwardNorm, into: scratch.normed, rows: tokens)
    let dy = branchGradient(
      outputGradient ?? UnsafePointer(slope), block.feedForwardPostNorm,
      buffers.feedForwardBranch, scratch, tokens: tokens, rules)
    let normedGradient = scratch.normedGradient.elements
    if let up = block.up, let down = block.down {
      let size = up.weight.rows
      let hidden = scratch.hidden.elements
      let hiddenGradient = scratch.gateGradient.elements
      activate(buffers.gate, buffers.up, into: scratch.hidden, count: tokens * size)
      block.experts?.gateShared(hidden, size: size, x, tokens: tokens)
      // The place of what is read has its gradient only later.
      let scaled = lora.scaled(.feedForwardOutput, .down, dy, spare: normedGradient)
      linearBackward(
        [LinearBackwardTask(weight: down.weight, outputGradient: scaled)], tokens: tokens,
        precision: precision, into: hiddenGradient)
      lora.backward(
        .feedForwardOutput, hidden, [.down: scaled], into: gradients,
        inputGradient: hiddenGradient)
    }
    if let experts = block.experts, let routing = buffers.routing {
      normedGradient.update(repeating: 0, count: tokens * c.width)
      experts.backward(
        dy, x, routing, c, tokens: tokens, precision: precision, into: normedGradient, rules)
    }
    if let up = block.up {
      let size = up.weight.rows
      let hiddenGradient = scratch.gateGradient.elements
      if let experts = block.experts, experts.sharedGate != nil {
        activate(buffers.gate, buffers.up, into: scratch.hidden, count: tokens * size)
        experts.gateSharedBackward(
          hiddenGradient, scratch.hidden.elements, size: size, x, tokens: tokens,
          into: normedGradient, share: rules.productShare)
      }
      c.activation.backward(
        hiddenGradient, hiddenGradient, scratch.upGradient.elements, buffers.gate.elements,
        buffers.up.elements, count: tokens * size, rules)
      for (target, slope) in [(LoRATarget.gate, scratch.gateGradient), (.up, scratch.upGradient)] {
        _ = lora.scaled(.feedForwardInput, target, slope.elements, spare: slope.elements)
      }
      enterBackward(block, up, lora, x, scratch, tokens: tokens, into: gradients)
    }
    addGradient(
      scratch, of: block.feedForwardNorm, at: middle.elements, to: slope, tokens: tokens, rules)
  }

  /// The gradients of gate and up to that of what they read, which where there are experts has
  /// theirs already.
  private func enterBackward(
    _ block: Block, _ up: Linear, _ lora: BlockLoRA, _ x: UnsafePointer<Float>,
    _ scratch: BackwardScratch, tokens: Int, into gradients: Adapter?
  ) {
    var tasks: [LinearBackwardTask] = []
    if let gate = block.gate {
      tasks.append(
        LinearBackwardTask(
          weight: gate.weight, outputGradient: scratch.gateGradient.elements))
    }
    tasks.append(
      LinearBackwardTask(weight: up.weight, outputGradient: scratch.upGradient.elements))
    linearBackward(
      tasks, tokens: tokens, precision: precision, into: scratch.normedGradient.elements,
      adds: block.experts != nil)
    lora.backward(
      .feedForwardInput, x,
      [
        .gate: UnsafePointer(scratch.gateGradient.elements),
        .up: UnsafePointer(scratch.upGradient.elements),
      ], into: gradients, inputGradient: scratch.normedGradient.elements)
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
      precision: precision, into: scratch.attendedGradient.elements)
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
      }, c, window: c.window(ofBlock: index), sinks: block.sinks, rules)
    rotate(
      block: index, scratch.queryGradient, scratch.keyGradient, context, inverse: true)
    if let norms = block.headNorms, let queries = buffers.plainQueries,
      let keys = buffers.plainKeys
    {
      norms.queries.backward(
        heads: scratch.queryGradient, queries, rows: tokens, holdsScale: rules.holdsScales)
      norms.keys.backward(
        heads: scratch.keyGradient, keys, rows: tokens, holdsScale: rules.holdsScales)
    }
    for (target, slope) in [
      (LoRATarget.queries, scratch.queryGradient), (.keys, scratch.keyGradient),
      (.values, scratch.valueGradient),
    ] { _ = lora.scaled(.attentionInput, target, slope.elements, spare: slope.elements) }
    let x = normalised(input.elements, block.attentionNorm, into: scratch.normed, rows: tokens)
    linearBackward(
      [
        LinearBackwardTask(
          weight: block.queries.weight, outputGradient: scratch.queryGradient.elements),
        LinearBackwardTask(weight: block.keys.weight, outputGradient: scratch.keyGradient.elements),
        LinearBackwardTask(
          weight: block.values.weight, outputGradient: scratch.valueGradient.elements),
      ], tokens: tokens, precision: precision, into: scratch.normedGradient.elements)
    lora.backward(
      .attentionInput, x,
      [
        .queries: UnsafePointer(scratch.queryGradient.elements),
        .keys: UnsafePointer(scratch.keyGradient.elements),
        .values: UnsafePointer(scratch.valueGradient.elements),
      ], into: gradients, inputGradient: scratch.normedGradient.elements)
    addGradient(
      scratch, of: block.attentionNorm, at: input.elements, to: slope, tokens: tokens, rules)
  }
}
