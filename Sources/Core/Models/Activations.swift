import LinearAlgebra

/// What one block computes on its way, row by row of the batch.
///
/// Inference reuses one for all blocks; training keeps one a block, with the two states of the
/// residual stream that the backward pass starts from.
package final class BlockBuffers {
  /// The residual stream before the block, and between attention and feed-forward; training only.
  package let input: MutableMatrix?
  package let middle: MutableMatrix?
  /// Queries and keys before their heads are normed; training only.
  let plainQueries: MutableMatrix?
  let plainKeys: MutableMatrix?
  /// What attention and feed-forward make before it is normed and added to the residual stream,
  /// where it is; one matrix for both unless training.
  let attentionBranch: MutableMatrix?
  let feedForwardBranch: MutableMatrix?
  package let queries: MutableMatrix
  package let keys: MutableMatrix
  package let values: MutableMatrix
  let attended: MutableMatrix
  package let gate: MutableMatrix
  package let up: MutableMatrix
  /// Which experts the tokens go to; nil where there are none.
  package let routing: Routing?
  /// `dropout(x) * A'` of each LoRA group, in the order of ``LoRAGroup/Place``.
  package var inner: [MutableMatrix?] = [nil, nil, nil, nil]
  /// Takes what the blocks add to some tokens, where somebody asked.
  var parts: PartRecorder?

  package init(tokens: Int, _ c: ModelConfiguration, training: Bool = false) {
    let isNormed = training && c.normsHeads
    plainQueries = isNormed ? MutableMatrix(unfilled: tokens, columns: c.queryWidth) : nil
    plainKeys = isNormed ? MutableMatrix(unfilled: tokens, columns: c.keyWidth) : nil
    attentionBranch = c.normsBranches ? MutableMatrix(unfilled: tokens, columns: c.width) : nil
    feedForwardBranch =
      c.normsBranches && training
      ? MutableMatrix(unfilled: tokens, columns: c.width) : attentionBranch
    input = training ? MutableMatrix(unfilled: tokens, columns: c.width) : nil
    middle = training ? MutableMatrix(unfilled: tokens, columns: c.width) : nil
    queries = MutableMatrix(unfilled: tokens, columns: c.queryWidth)
    keys = MutableMatrix(unfilled: tokens, columns: c.keyWidth)
    values = MutableMatrix(unfilled: tokens, columns: c.keyWidth)
    attended = MutableMatrix(unfilled: tokens, columns: c.queryWidth)
    gate = MutableMatrix(unfilled: tokens, columns: c.widestFeedForward)
    up = MutableMatrix(unfilled: tokens, columns: c.widestFeedForward)
    routing = c.experts.map { Routing(tokens: tokens, $0) }
  }

  package static func floats(_ c: ModelConfiguration, training: Bool) -> Int {
    let branches = c.normsBranches ? (training ? 2 : 1) * c.width : 0
    let plain = training && c.normsHeads ? c.queryWidth + c.keyWidth : 0
    return (training ? 2 * c.width : 0) + branches + plain + 2 * c.queryWidth + 2 * c.keyWidth
      + 2 * c.widestFeedForward + (c.experts.map(Routing.floats) ?? 0)
  }
}

/// The working memory of forward passes: allocated once for the largest batch, reused by all.
/// One job makes it and uses it; it is not sent to another.
package final class Activations {
  package let capacity: Int
  package let residual: MutableMatrix
  package let normed: MutableMatrix
  package let buffers: BlockBuffers
  private let configuration: ModelConfiguration
  package private(set) var rotations: RotationTables

  /// Room for `capacity` tokens at a time.
  package init(capacity: Int, configuration: ModelConfiguration) {
    self.capacity = capacity
    let c = configuration
    residual = MutableMatrix(rows: capacity, columns: c.width)
    normed = MutableMatrix(rows: capacity, columns: c.width)
    buffers = BlockBuffers(tokens: capacity, c)
    self.configuration = c
    rotations = RotationTables(positions: 0, c)
  }

  /// Bytes that working memory for `tokens` tokens takes.
  package static func bytes(tokens: Int, configuration c: ModelConfiguration) -> Int {
    let experts = c.experts == nil ? 0 : ExpertConfiguration.floats(c)
    return tokens * (2 * c.width + BlockBuffers.floats(c, training: false) + experts)
      * MemoryLayout<Float>.size
      + packedBytes(tokens: tokens, widths: [max(c.widestFeedForward, c.queryWidth, c.width)])
  }

  /// Tables for rows of so many tokens, cached ones included.
  func reserveRotations(_ lengths: [Int]) {
    let positions = lengths.max() ?? 0
    let held = rotations.full.positions
    if positions > held {
      rotations = RotationTables(positions: max(positions, 2 * held, 256), configuration)
    }
    rotations.reserve(rowsOf: lengths)
  }
}
