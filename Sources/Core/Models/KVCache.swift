import LinearAlgebra

/// The keys and values of one conversation's tokens, for every block.
///
/// Grows by doubling; `truncate(to:)` forgets the tail, so an edited text keeps its common prefix.
/// One job makes it and uses it; it is not sent to another.
package final class KVCache {
  /// Tokens held.
  package private(set) var count = 0
  private let width: Int
  private var capacity = 0
  private var keys: [MutableMatrix]
  private var values: [MutableMatrix]

  /// `width` is KV heads x head dimension.
  package init(blocks: Int, width: Int) {
    self.width = width
    keys = Array(repeating: MutableMatrix(rows: 0, columns: width), count: blocks)
    values = keys
  }

  /// Bytes held.
  package var bytes: Int { 2 * keys.count * capacity * width * MemoryLayout<Float>.size }

  /// Bytes that so many tokens take at the most, cached one after the other.
  package static func bytes(tokens: Int, _ c: ModelConfiguration) -> Int {
    2 * c.blocks * max(256, 2 * tokens) * c.keyWidth * MemoryLayout<Float>.size
  }

  /// Keys and values of a block: (capacity, width).
  package func block(_ index: Int) -> (keys: MutableMatrix, values: MutableMatrix) {
    (keys[index], values[index])
  }

  /// Forgets all tokens after the first `count`. Precondition: no more than are held.
  package func truncate(to count: Int) {
    precondition(count >= 0 && count <= self.count)
    self.count = count
  }

  package func reserve(_ tokens: Int) {
    guard tokens > capacity else { return }
    let larger = max(tokens, 2 * capacity, 256)
    func grown(_ matrix: MutableMatrix) -> MutableMatrix {
      let result = MutableMatrix(rows: larger, columns: width)
      result.elements.update(from: matrix.elements, count: count * width)
      return result
    }
    keys = keys.map(grown)
    values = values.map(grown)
    capacity = larger
  }

  package func advance(by tokens: Int) { count += tokens }
}
