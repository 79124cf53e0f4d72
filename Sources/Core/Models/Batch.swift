/// Rows of tokens packed end to end, without padding.
public struct Batch: Sendable {
  /// One row's place in the batch.
  public struct Row: Sendable, Equatable {
    public let start: Int
    public let count: Int
    /// Only the row's first `visible` tokens can be attended to; all, unless the rest is padding.
    public let visible: Int
    public var range: Range<Int> { start..<start + count }
  }

  public private(set) var tokens: [Int32] = []
  public private(set) var rows: [Row] = []

  public init() {}

  public init(_ rows: [[Int32]]) {
    for row in rows { append(row) }
  }

  public mutating func append(_ row: [Int32]) { append(row, padding: 0, with: 0) }

  /// The tokens of neighbouring rows.
  func tokens(ofRows range: Range<Int>) -> Range<Int> {
    guard let first = rows[range].first, let last = rows[range].last else { return 0..<0 }
    return first.start..<last.start + last.count
  }

  /// Appends a row and `padding` copies of a token that nothing attends to.
  mutating func append(_ row: [Int32], padding: Int, with token: Int32) {
    rows.append(Row(start: tokens.count, count: row.count + padding, visible: row.count))
    tokens += row
    tokens += Array(repeating: token, count: padding)
  }
}

/// What a forward pass is asked for. Nothing else is computed: the pass stops at the last layer
/// named, and logits exist only at the tokens named.
public struct ForwardRequest: Sendable {
  /// Layers to capture, ascending; 0 is the input of the first block, i the output of block i.
  public var layers: [Int]
  /// Which states to capture: each span of the batch's tokens gives one row, the mean over it.
  public var spans: [Range<Int>]
  /// Indices of the batch's tokens whose next-token logits are wanted.
  public var logitsAt: [Int]
  /// What is added to the residual stream on the way; captured states include it.
  public var interventions: [Intervention]

  public init(
    layers: [Int] = [], spans: [Range<Int>] = [], logitsAt: [Int] = [],
    interventions: [Intervention] = []
  ) {
    self.layers = layers
    self.spans = spans
    self.logitsAt = logitsAt
    self.interventions = interventions
  }
}
