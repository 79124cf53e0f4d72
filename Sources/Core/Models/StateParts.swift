import LinearAlgebra

/// What the embedding and every block below a layer added to the states of some tokens, as a pass
/// left it: enough to say what each head and each feed-forward part gave
/// (``Transformer/values(of:along:_:)``).
package struct CapturedParts: Sendable {
  /// What one block did to the tokens.
  struct Block: Sendable {
    /// The residual stream before the block, after attention's addition, and after the block,
    /// before anything is added to it from outside: (tokens, width) each.
    var input, middle, output: Matrix
    /// What the heads give, (tokens, heads x head dimension), before their output layer.
    var attended: Matrix
    /// What attention and the feed-forward part make before their norms; nil where it is not
    /// normed.
    var attentionBranch, feedForwardBranch: Matrix?
  }

  /// The batch's tokens, in the order asked for.
  package let tokens: [Int]
  /// Layer 0 as the embeddings make it, (tokens, width).
  var embedding: Matrix
  /// From the first block to the last one that was run.
  var blocks: [Block] = []
}

/// Copies parts out of a pass on its way: where ``BlockBuffers/parts`` is set, blocks call it.
final class PartRecorder {
  private(set) var parts: CapturedParts
  /// Where the tokens stand in what the block works on.
  private var rows: [Int]
  private let width: Int

  init(tokens: [Int], width: Int) {
    parts = CapturedParts(tokens: tokens, embedding: Matrix(rows: 0, columns: width))
    rows = tokens
    self.width = width
  }

  /// Layer 0, (tokens of the batch, width).
  func start(_ residual: UnsafePointer<Float>) { parts.embedding = copy(residual, width) }

  func enter(_ residual: UnsafePointer<Float>) {
    let none = Matrix(rows: 0, columns: 0)
    parts.blocks.append(
      CapturedParts.Block(
        input: copy(residual, width), middle: none, output: none, attended: none))
  }

  /// From here on, the block works on some of the batch's tokens alone, `asked` in that order.
  func narrow(to asked: [Int]) {
    rows = parts.tokens.map { token in asked.firstIndex(of: token) ?? 0 }
  }

  /// After attention's addition to the residual stream.
  func takeAttention(_ residual: UnsafePointer<Float>, _ buffers: BlockBuffers) {
    guard let last = parts.blocks.indices.last else { return }
    parts.blocks[last].middle = copy(residual, width)
    parts.blocks[last].attended = copy(buffers.attended)
    parts.blocks[last].attentionBranch = buffers.attentionBranch.map { copy($0) }
  }

  /// After the feed-forward part's addition.
  func takeFeedForward(_ buffers: BlockBuffers) {
    guard let last = parts.blocks.indices.last else { return }
    parts.blocks[last].feedForwardBranch = buffers.feedForwardBranch.map { copy($0) }
  }

  /// At the end of a block, all tokens at their places again.
  func leave(_ residual: UnsafePointer<Float>) {
    rows = parts.tokens
    guard let last = parts.blocks.indices.last else { return }
    parts.blocks[last].output = copy(residual, width)
  }

  private func copy(_ matrix: MutableMatrix) -> Matrix { copy(matrix.start, matrix.columns) }

  private func copy(_ source: UnsafePointer<Float>, _ columns: Int) -> Matrix {
    let copy = MatrixBuilder(unfilled: rows.count, columns: columns)
    for (row, place) in rows.enumerated() {
      copy.row(row).update(from: source + place * columns, count: columns)
    }
    return copy.frozen()
  }
}

/// What one part of a model gave to a state, along a direction.
package struct PartValue: Equatable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case embedding, attention
    case feedForward = "feed_forward"
  }

  /// From 1; 0 is the embedding.
  package let block: Int
  package let kind: Kind
  /// From 0; nil unless it is attention.
  package let head: Int?
  package var value: Double

  package init(block: Int, kind: Kind, head: Int? = nil, value: Double) {
    self.block = block
    self.kind = kind
    self.head = head
    self.value = value
  }
}
