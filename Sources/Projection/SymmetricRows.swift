import CKernels
import LinearAlgebra

/// A sparse symmetric matrix made of directed values: what each row says of its neighbours, joined
/// with what they say of it.
///
/// Row i is `offsets[i]..<offsets[i + 1]`, sorted by index and padded to multiples of 16 with zeros on
/// the row's own index.
package struct SymmetricRows {
  package let rows: Int
  package let offsets: Buffer<UInt32>
  package let indices: Buffer<UInt32>
  package let values: Buffer<Float>

  /// - Parameters:
  ///   - columns: (rows, k), each row sorted by index.
  ///   - directed: the value of each of them, (rows, k).
  ///   - overlap: values a and b of both directions become a + b - overlap · a · b.
  init(
    _ columns: Buffer<UInt32>, _ directed: Buffer<Float>, rows n: Int, k: Int, overlap: Float,
    checkpoint: Checkpoint
  ) throws {
    rows = n
    // The transpose: its rows come out sorted because sources are visited in order.
    let starts = Buffer<UInt32>(repeating: 0, count: n + 1)
    for entry in 0..<n * k { starts.elements[Int(columns.elements[entry]) + 1] &+= 1 }
    for row in 0..<n { starts.elements[row + 1] &+= starts.elements[row] }
    let ends = Buffer<UInt32>(count: n)
    ends.elements.update(from: starts.elements, count: n)
    let sources = Buffer<UInt32>(count: n * k)
    let incoming = Buffer<Float>(count: n * k)
    for row in 0..<n {
      if row % 4096 == 0 { try checkpoint() }
      for entry in row * k..<(row + 1) * k {
        let column = Int(columns.elements[entry])
        let place = Int(ends.elements[column])
        ends.elements[column] &+= 1
        sources.elements[place] = UInt32(truncatingIfNeeded: row)
        incoming.elements[place] = directed.elements[entry]
      }
    }

    offsets = Buffer<UInt32>(repeating: 0, count: n + 1)
    let offsets = offsets
    func merge(
      _ row: Int, _ indices: UnsafeMutablePointer<UInt32>?, _ values: UnsafeMutablePointer<Float>?
    ) -> Int {
      let start = Int(starts.elements[row])
      return sk_merge_rows(
        indices, values, columns.elements + row * k, directed.elements + row * k, k,
        sources.elements + start, incoming.elements + start,
        Int(starts.elements[row + 1]) - start, overlap)
    }
    try Self.forEachBatch(of: n, checkpoint: checkpoint) { row in
      offsets.elements[row + 1] = UInt32((merge(row, nil, nil) + 15) / 16 * 16)
    }
    for row in 0..<n { offsets.elements[row + 1] &+= offsets.elements[row] }
    let total = Int(offsets.elements[n])
    indices = Buffer<UInt32>(count: total)
    values = Buffer<Float>(count: total)
    let (indices, values) = (indices, values)
    try Self.forEachBatch(of: n, checkpoint: checkpoint) { row in
      let start = Int(offsets.elements[row])
      let end = Int(offsets.elements[row + 1])
      let count = merge(row, indices.elements + start, values.elements + start)
      for entry in start + count..<max(end, start + count) {
        indices.elements[entry] = UInt32(truncatingIfNeeded: row)
        values.elements[entry] = 0
      }
    }
  }

  /// Calls `body` for every row on all cores, with a checkpoint every few milliseconds.
  static func forEachBatch(
    of rows: Int, checkpoint: Checkpoint, _ body: (Int) -> Void
  ) throws {
    for first in stride(from: 0, to: rows, by: 4096) {
      try checkpoint()
      Parallel.ranges(of: min(4096, rows - first), grain: 64) { range in
        for row in range { body(first + row) }
      }
    }
  }
}
