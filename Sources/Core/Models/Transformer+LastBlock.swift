import CKernels
import LinearAlgebra

/// The last block that a pass runs gives no other token anything, so only its keys and values are
/// wanted of all tokens; queries, attention and the feed-forward part of those whose states or
/// logits were asked for.
extension Transformer {
  /// Runs a block for some of the tokens; the residual stream of the others is lost.
  ///
  /// - Parameter asked: the tokens, ascending.
  package func forward(
    lastBlock index: Int, for asked: [Int], _ residual: UnsafeMutablePointer<Float>,
    _ context: BlockContext, _ buffers: BlockBuffers, normed: MutableMatrix, hidden: MutableMatrix
  ) {
    let c = configuration
    let block = blocks[index]
    let tokens = context.batch.tokens.count
    buffers.parts?.enter(residual)
    let x = normalised(residual, block.attentionNorm, into: normed, rows: tokens)
    product([(block.keys, buffers.keys), (block.values, buffers.values)], of: x, tokens: tokens)
    BlockLoRA(index, context, buffers, c).forward(
      .attentionInput, x,
      [.keys: buffers.keys.elements, .values: buffers.values.elements])
    block.headNorms?.keys.forward(heads: buffers.keys, rows: tokens)
    rotate(block: index, buffers.keys, heads: c.kvHeads, context)

    // From here on, row i is token `asked[i]`.
    buffers.parts?.narrow(to: asked)
    let count = asked.count
    if block.attentionNorm != nil { gather(asked, normed.elements, width: c.width) }
    gather(asked, residual, width: c.width)
    let lora = BlockLoRA(index, context.narrowed(to: asked), buffers, c)
    product([(block.queries, buffers.queries)], of: x, tokens: count, ofBatch: tokens)
    lora.forward(.attentionInput, x, [.queries: buffers.queries.elements])
    block.headNorms?.queries.forward(heads: buffers.queries, rows: count)
    rotate(block: index, buffers.queries, heads: c.heads, context, tokens: asked)
    growQueries(buffers.queries, context, tokens: asked)
    let rows = attentionRows(block: index, context, buffers)
    attentionForward(
      narrowed(rows, to: asked, context, buffers), c, window: c.window(ofBlock: index),
      sinks: block.sinks)
    finish(
      index, lora, residual, buffers, normed: normed, hidden: hidden, tokens: count,
      ofBatch: tokens)

    for (row, token) in asked.enumerated().reversed() where row != token {
      (residual + token * c.width).update(from: residual + row * c.width, count: c.width)
    }
    buffers.parts?.leave(residual)
    if block.experts != nil { buffers.routing?.spread(to: asked) }
    if index >= residentBlocks { block.release() }
  }

  /// Moves the tokens' rows to the front.
  private func gather(_ tokens: [Int], _ rows: UnsafeMutablePointer<Float>, width: Int) {
    for (row, token) in tokens.enumerated() where row != token {
      (rows + row * width).update(from: rows + token * width, count: width)
    }
  }

  /// The rows' keys and values with the asked queries alone: one row for each run of neighbours.
  private func narrowed(
    _ rows: [AttentionRow], to asked: [Int], _ context: BlockContext, _ buffers: BlockBuffers
  ) -> [AttentionRow] {
    var result: [AttentionRow] = []
    var place = 0
    for (row, whole) in zip(context.batch.rows.filter { $0.count > 0 }, rows) {
      while place < asked.count, asked[place] < row.range.upperBound {
        let first = place
        repeat {
          place += 1
        } while place < asked.count && asked[place] < row.range.upperBound
          && asked[place] == asked[place - 1] + 1
        var part = AttentionRow(
          queries: buffers.queries.row(first), count: place - first, keys: whole.keys,
          values: whole.values, past: whole.past + asked[first] - row.start,
          visible: whole.visible, gap: whole.gap, output: buffers.attended.row(first),
          isContinued: whole.isContinued)
        part.ahead = whole.ahead
        part.scale = whole.scale
        result.append(part)
      }
    }
    return result
  }
}

extension BlockContext {
  /// The same for some of the tokens, ascending, that stand at the front.
  fileprivate func narrowed(to tokens: [Int]) -> BlockContext {
    var narrow = self
    narrow.adaptedTokens =
      tokens.count {
        $0 < adaptedTokens.lowerBound
      }..<tokens.count {
        $0 < adaptedTokens.upperBound
      }
    return narrow
  }
}

extension ForwardRequest {
  /// The tokens whose state after layer `last` is asked for, ascending; nil where leaving out the
  /// others does not pay.
  func tokensAsked(after last: Int, of tokens: Int) -> [Int]? {
    var isAsked = [Bool](repeating: false, count: tokens)
    for place in logitsAt + partsAt { isAsked[place] = true }
    if layers.contains(last) || keepsRouting {
      for span in spans { for place in span { isAsked[place] = true } }
    }
    let asked = isAsked.indices.filter { isAsked[$0] }
    return asked.isEmpty || 2 * asked.count > tokens ? nil : asked
  }
}
