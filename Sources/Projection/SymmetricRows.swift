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
  ///   - offsets: (rows + 1); values are symmetric.
  package init(
    rows: Int, offsets: Buffer<UInt32>, indices: Buffer<UInt32>, values: Buffer<Float>
  ) {
    (self.rows, self.offsets, self.indices, self.values) = (rows, offsets, indices, values)
  }

  /// - Parameters:
  ///   - columns: (rows, k), each row sorted by index.
  ///   - directed: the value of each of them, (rows, k).
  ///   - overlap: values a and b of both directions become a + b - overlap · a · b.
  init(
    _ columns: Buffer<UInt32>, _ directed: Buffer<Float>, rows n: Int, k: Int, overlap: Float,
    checkpoint: Checkpoint
  ) throws {
    rows = n
    // The transpose, as places of the entries: its rows come out sorted, since sources are visited in
    // order.
    let starts = Buffer<UInt32>(repeating: 0, count: n + 1)
    for entry in 0..<n * k { starts.elements[Int(columns.elements[entry]) + 1] &+= 1 }
    for row in 0..<n { starts.elements[row + 1] &+= starts.elements[row] }
    let ends = Buffer<UInt32>(count: n)
    ends.elements.update(from: starts.elements, count: n)
    let incoming = Buffer<UInt32>(count: n * k)
    for row in 0..<n {
      if row % 4096 == 0 { try checkpoint() }
      for entry in row * k..<(row + 1) * k {
        let column = Int(columns.elements[entry])
        incoming.elements[Int(ends.elements[column])] = UInt32(truncatingIfNeeded: entry)
        ends.elements[column] &+= 1
      }
    }

    offsets = Buffer<UInt32>(repeating: 0, count: n + 1)
    let offsets = offsets
    /// Merges the rows of a range: into `indices` and `values` at their offsets, or only counts them.
    func merge(
      _ range: Range<Int>, into target: (indices: Buffer<UInt32>, values: Buffer<Float>)?,
      _ done: (_ row: Int, _ count: Int) -> Void
    ) {
      let most = range.reduce(0) {
        max($0, Int(starts.elements[$1 + 1]) - Int(starts.elements[$1]))
      }
      let (sources, told) = (Buffer<UInt32>(count: most), Buffer<Float>(count: most))
      for row in range {
        let start = Int(starts.elements[row])
        let count = Int(starts.elements[row + 1]) - start
        for place in 0..<count {
          let entry = Int(incoming.elements[start + place])
          sources.elements[place] = UInt32(truncatingIfNeeded: entry / k)
          told.elements[place] = directed.elements[entry]
        }
        let first = Int(offsets.elements[row])
        done(
          row,
          sk_merge_rows(
            target.map { $0.indices.elements + first }, target.map { $0.values.elements + first },
            columns.elements + row * k, directed.elements + row * k, k, sources.elements,
            told.elements, count, overlap))
      }
    }
    try Self.forEachRange(of: n, batch: 4096, checkpoint: checkpoint) { range in
      merge(range, into: nil) { row, count in
        offsets.elements[row + 1] = UInt32((count + 15) / 16 * 16)
      }
    }
    for row in 0..<n { offsets.elements[row + 1] &+= offsets.elements[row] }
    let total = Int(offsets.elements[n])
    indices = Buffer<UInt32>(count: total)
    values = Buffer<Float>(count: total)
    let (indices, values) = (indices, values)
    try Self.forEachRange(of: n, batch: 4096, checkpoint: checkpoint) { range in
      merge(range, into: (indices, values)) { row, count in
        for entry in Int(offsets.elements[row]) + count..<Int(offsets.elements[row + 1]) {
          indices.elements[entry] = UInt32(truncatingIfNeeded: row)
          values.elements[entry] = 0
        }
      }
    }
  }

  /// Calls `body` for every row on all cores, with a checkpoint every few milliseconds.
  static func forEachBatch(
    of rows: Int, checkpoint: Checkpoint, _ body: (Int) -> Void
  ) rethrows {
    try forEachRange(of: rows, batch: 4096, checkpoint: checkpoint) { for row in $0 { body(row) } }
  }

  /// The same, a range of rows at a time: for kernels, which take more rows between checkpoints.
  static func forEachRange(
    of rows: Int, batch: Int = 50_000, checkpoint: Checkpoint, _ body: (Range<Int>) -> Void
  ) rethrows {
    for first in stride(from: 0, to: rows, by: batch) {
      try checkpoint()
      Parallel.ranges(of: min(batch, rows - first), grain: 64) { range in
        body(first + range.lowerBound..<first + range.upperBound)
      }
    }
  }
}
