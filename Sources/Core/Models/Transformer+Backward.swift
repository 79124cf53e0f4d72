import CKernels
import LinearAlgebra

/// Working memory of a backward pass, shared by all blocks.
final class BackwardScratch {
  let normed: Matrix
  let hidden: Matrix
  let normedGradient: Matrix
  let queryGradient: Matrix
  let keyGradient: Matrix
  let valueGradient: Matrix
  let attendedGradient: Matrix
  let gateGradient: Matrix
  let upGradient: Matrix

  init(tokens: Int, _ c: ModelConfiguration) {
    normed = Matrix(rows: tokens, columns: c.width)
    hidden = Matrix(rows: tokens, columns: c.feedForward)
    normedGradient = Matrix(rows: tokens, columns: c.width)
    queryGradient = Matrix(rows: tokens, columns: c.queryWidth)
    keyGradient = Matrix(rows: tokens, columns: c.keyWidth)
    valueGradient = Matrix(rows: tokens, columns: c.keyWidth)
    attendedGradient = Matrix(rows: tokens, columns: c.queryWidth)
    gateGradient = Matrix(rows: tokens, columns: c.feedForward)
    upGradient = Matrix(rows: tokens, columns: c.feedForward)
  }

  static func floats(_ c: ModelConfiguration) -> Int {
    2 * c.width + 2 * c.queryWidth + 2 * c.keyWidth + 3 * c.feedForward
  }
}

extension Transformer {
  /// Turns the gradient at a block's output into that at its input, in place, and adds the LoRA
  /// gradients. The block's own weights are frozen.
  ///
  /// - Parameters:
  ///   - slope: the gradient of the residual stream, (tokens, width).
  ///   - buffers: as the forward pass filled them, with `input` and `middle`.
  func backward(
    block index: Int, _ slope: UnsafeMutablePointer<Float>, _ context: BlockContext,
    _ buffers: BlockBuffers, _ scratch: BackwardScratch, into gradients: Adapter
  ) {
    let c = configuration
    let block = blocks[index]
    let tokens = context.batch.tokens.count
    let lora = BlockLoRA(index, context, buffers)
    guard let input = buffers.input, let middle = buffers.middle else {
      preconditionFailure("a backward pass over buffers made for inference")
    }

    // Feed-forward: residual + down(silu(gate(n)) * up(n)), n = norm(middle).
    rmsNormForward(
      middle.elements, block.feedForwardNorm, into: scratch.normed.elements, tokens: tokens)
    siluMultiply(buffers.gate, buffers.up, into: scratch.hidden, tokens: tokens)
    let hiddenGradient = scratch.gateGradient.elements
    linearBackward(
      [LinearBackwardTask(weight: block.down, outputGradient: slope)], tokens: tokens,
      into: hiddenGradient)
    lora.backward(
      .feedForwardOutput, scratch.hidden.elements, [.down: UnsafePointer(slope)],
      into: gradients, inputGradient: hiddenGradient)
    Parallel.ranges(of: tokens * c.feedForward, grain: 16_384) { range in
      let at = range.lowerBound
      sk_silu_multiply_backward(
        hiddenGradient + at, scratch.upGradient.elements + at, hiddenGradient + at,
        buffers.gate.elements + at, buffers.up.elements + at, range.count)
    }
    linearBackward(
      [
        LinearBackwardTask(weight: block.gate, outputGradient: scratch.gateGradient.elements),
        LinearBackwardTask(weight: block.up, outputGradient: scratch.upGradient.elements),
      ], tokens: tokens, into: scratch.normedGradient.elements)
    lora.backward(
      .feedForwardInput, scratch.normed.elements,
      [
        .gate: UnsafePointer(scratch.gateGradient.elements),
        .up: UnsafePointer(scratch.upGradient.elements),
      ], into: gradients, inputGradient: scratch.normedGradient.elements)
    rmsNormBackward(
      scratch.normedGradient.elements, middle.elements, block.feedForwardNorm, into: slope,
      tokens: tokens)

    // Attention: residual + output(attention(q(n), k(n), v(n))), n = norm(input).
    linearBackward(
      [LinearBackwardTask(weight: block.output, outputGradient: slope)], tokens: tokens,
      into: scratch.attendedGradient.elements)
    lora.backward(
      .attentionOutput, buffers.attended.elements, [.output: UnsafePointer(slope)],
      into: gradients, inputGradient: scratch.attendedGradient.elements)
    for matrix in [scratch.keyGradient, scratch.valueGradient] {
      matrix.elements.update(repeating: 0, count: tokens * c.keyWidth)
    }
    attentionBackward(
      context.batch.rows.filter { $0.count > 0 }.map { row in
        AttentionRowGradient(
          row: AttentionRow(
            queries: buffers.queries.row(row.start), count: row.count,
            keys: buffers.keys.row(row.start), values: buffers.values.row(row.start), past: 0,
            visible: row.visible, output: buffers.attended.row(row.start)),
          outputGradient: scratch.attendedGradient.row(row.start),
          queries: scratch.queryGradient.row(row.start),
          keys: scratch.keyGradient.row(row.start), values: scratch.valueGradient.row(row.start))
      }, c)
    rotate(scratch.queryGradient, scratch.keyGradient, context, inverse: true)
    rmsNormForward(
      input.elements, block.attentionNorm, into: scratch.normed.elements, tokens: tokens)
    linearBackward(
      [
        LinearBackwardTask(weight: block.queries, outputGradient: scratch.queryGradient.elements),
        LinearBackwardTask(weight: block.keys, outputGradient: scratch.keyGradient.elements),
        LinearBackwardTask(weight: block.values, outputGradient: scratch.valueGradient.elements),
      ], tokens: tokens, into: scratch.normedGradient.elements)
    lora.backward(
      .attentionInput, scratch.normed.elements,
      [
        .queries: UnsafePointer(scratch.queryGradient.elements),
        .keys: UnsafePointer(scratch.keyGradient.elements),
        .values: UnsafePointer(scratch.valueGradient.elements),
      ], into: gradients, inputGradient: scratch.normedGradient.elements)
    rmsNormBackward(
      scratch.normedGradient.elements, input.elements, block.attentionNorm, into: slope,
      tokens: tokens)
  }

  /// Adds the norm's gradient to `dx`, which is right for a residual stream: the other branch's
  /// gradient is there already.
  func rmsNormBackward(
    _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ weight: [Float],
    into dx: UnsafeMutablePointer<Float>, tokens: Int
  ) {
    let width = configuration.width
    let epsilon = configuration.epsilon
    weight.withUnsafeBufferPointer { weight in
      Parallel.ranges(of: tokens, grain: 32) { range in
        for token in range {
          sk_rms_norm_backward(
            dx + token * width, dy + token * width, x + token * width, weight.baseAddress, width,
            epsilon)
        }
      }
    }
  }
}
