import LinearAlgebra

/// What one block computes on its way, row by row of the batch.
///
/// Inference reuses one for all blocks; training keeps one a block, with the two states of the
/// residual stream that the backward pass starts from.
package final class BlockBuffers {
  /// The residual stream before the block, and between attention and feed-forward; training only.
  package let input: Matrix?
  package let middle: Matrix?
  /// Queries and keys before their heads are normed; training only.
  let plainQueries: Matrix?
  let plainKeys: Matrix?
  /// What attention and feed-forward make before it is normed and added to the residual stream,
  /// where it is; one matrix for both unless training.
  let attentionBranch: Matrix?
  let feedForwardBranch: Matrix?
  package let queries: Matrix
  package let keys: Matrix
  package let values: Matrix
  let attended: Matrix
  package let gate: Matrix
  package let up: Matrix
  /// `dropout(x) * A'` of each LoRA group, in the order of ``LoRAGroup/Place``.
  package var inner: [Matrix?] = [nil, nil, nil, nil]

  package init(tokens: Int, _ c: ModelConfiguration, training: Bool = false) {
    let isNormed = training && c.normsHeads
    plainQueries = isNormed ? Matrix(unfilled: tokens, columns: c.queryWidth) : nil
    plainKeys = isNormed ? Matrix(unfilled: tokens, columns: c.keyWidth) : nil
    attentionBranch = c.normsBranches ? Matrix(unfilled: tokens, columns: c.width) : nil
    feedForwardBranch =
      c.normsBranches && training ? Matrix(unfilled: tokens, columns: c.width) : attentionBranch
    input = training ? Matrix(unfilled: tokens, columns: c.width) : nil
    middle = training ? Matrix(unfilled: tokens, columns: c.width) : nil
    queries = Matrix(unfilled: tokens, columns: c.queryWidth)
    keys = Matrix(unfilled: tokens, columns: c.keyWidth)
    values = Matrix(unfilled: tokens, columns: c.keyWidth)
    attended = Matrix(unfilled: tokens, columns: c.queryWidth)
    gate = Matrix(unfilled: tokens, columns: c.feedForward)
    up = Matrix(unfilled: tokens, columns: c.feedForward)
  }

  package static func floats(_ c: ModelConfiguration, training: Bool) -> Int {
    let branches = c.normsBranches ? (training ? 2 : 1) * c.width : 0
    let plain = training && c.normsHeads ? c.queryWidth + c.keyWidth : 0
    return (training ? 2 * c.width : 0) + branches + plain + 2 * c.queryWidth + 2 * c.keyWidth
      + 2 * c.feedForward
  }
}

/// The working memory of forward passes: allocated once for the largest batch, reused by all.
/// One job makes it and uses it; it is not sent to another.
package final class Activations {
  package let capacity: Int
  package let residual: Matrix
  package let normed: Matrix
  package let buffers: BlockBuffers
  private let configuration: ModelConfiguration
  package private(set) var rotations: RotationTables

  /// Room for `capacity` tokens at a time.
  package init(capacity: Int, configuration: ModelConfiguration) {
    self.capacity = capacity
    let c = configuration
    residual = Matrix(rows: capacity, columns: c.width)
    normed = Matrix(rows: capacity, columns: c.width)
    buffers = BlockBuffers(tokens: capacity, c)
    self.configuration = c
    rotations = RotationTables(positions: 0, c)
  }

  /// Bytes that working memory for `tokens` tokens takes.
  package static func bytes(tokens: Int, configuration c: ModelConfiguration) -> Int {
    tokens * (2 * c.width + BlockBuffers.floats(c, training: false)) * MemoryLayout<Float>.size
      + packedBytes(tokens: tokens, widths: [max(c.feedForward, c.queryWidth, c.width)])
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
