/// Rows of tokens packed end to end, without padding.
package struct Batch: Sendable {
  /// Tokens a forward pass takes at a time: enough that expanding the weights costs a few percent.
  package static let usualTokens = 2048

  /// One row's place in the batch.
  package struct Row: Sendable, Equatable {
    package let start: Int
    package let count: Int
    /// Only the row's first `visible` tokens can be attended to; all, unless the rest is padding.
    package let visible: Int
    /// How long the text is that the row is a piece of, cached tokens included; 0 where it is no
    /// piece. Positions of long texts may turn otherwise from the first token on.
    package let whole: Int
    /// How many positions lie between the visible tokens and the padding: padding that nobody reads
    /// need not be there for that after it to stand where it stood.
    package let gap: Int

    package init(start: Int, count: Int, visible: Int, whole: Int = 0, gap: Int = 0) {
      self.start = start
      self.count = count
      self.visible = visible
      self.whole = whole
      self.gap = gap
    }
    package var range: Range<Int> { start..<start + count }
    /// One more than the last token's position.
    package var positions: Int { count + gap }

    /// The position of the row's token of that index.
    func position(_ index: Int) -> Int { index < visible ? index : index + gap }
  }

  package private(set) var tokens: [Int32] = []
  package private(set) var rows: [Row] = []

  package init() {}

  package init(_ rows: [[Int32]]) {
    for row in rows { append(row) }
  }

  package mutating func append(_ row: [Int32]) { append(row, padding: 0, with: 0) }

  /// Appends a piece of a text of `whole` tokens whose beginning has been read.
  package mutating func append(_ piece: [Int32], of whole: Int) {
    rows.append(Row(start: tokens.count, count: piece.count, visible: piece.count, whole: whole))
    tokens += piece
  }

  /// How many tokens a row's text has, with those before it that are cached.
  func length(ofRow row: Int, past: Int) -> Int {
    max(past + rows[row].positions, rows[row].whole)
  }

  /// The tokens of neighbouring rows.
  package func tokens(ofRows range: Range<Int>) -> Range<Int> {
    guard let first = rows[range].first, let last = rows[range].last else { return 0..<0 }
    return first.start..<last.start + last.count
  }

  /// Appends a row and `padding` copies of a token that nothing attends to, `gap` positions after it.
  package mutating func append(_ row: [Int32], padding: Int, with token: Int32, gap: Int = 0) {
    rows.append(
      Row(start: tokens.count, count: row.count + padding, visible: row.count, gap: gap))
    tokens += row
    tokens += Array(repeating: token, count: padding)
  }
}

/// What a forward pass is asked for. Nothing else is computed: the pass stops at the last layer
/// named, and logits exist only at the tokens named.
package struct ForwardRequest: Sendable {
  /// Layers to capture, ascending; 0 is the input of the first block, i the output of block i.
  package var layers: [Int]
  /// Which states to capture: each span of the batch's tokens gives one row, the mean over it.
  package var spans: [Range<Int>]
  /// Indices of the batch's tokens whose next-token logits are wanted.
  package var logitsAt: [Int]
  /// What is added to the residual stream on the way; captured states include it.
  package var interventions: [Intervention]
  /// Indices of the batch's tokens of which is wanted what each block that runs adds to them.
  package var partsAt: [Int]
  /// Whether the experts that the spans' tokens go to are wanted, of all blocks on the way.
  package var keepsRouting = false

  package init(
    layers: [Int] = [], spans: [Range<Int>] = [], logitsAt: [Int] = [],
    interventions: [Intervention] = [], partsAt: [Int] = []
  ) {
    self.layers = layers
    self.spans = spans
    self.logitsAt = logitsAt
    self.interventions = interventions
    self.partsAt = partsAt
  }
}
