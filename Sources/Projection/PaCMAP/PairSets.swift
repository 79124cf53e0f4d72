import CKernels
import LinearAlgebra
import SeerAnalysis

/// The pairs of PaCMAP: near ones that hold the fine structure, middle ones that hold the coarse, far
/// ones that push.
///
/// Wang, Huang, Rudin and Shaposhnik 2021, section 4.1.
package struct PairSets {
  /// How many of each kind a row begins: `near` neighbours, half as many middle pairs, twice as many
  /// far ones; fewer where rows are few.
  package struct Counts: Equatable, Sendable {
    package var near: Int
    package var middle: Int
    package var far: Int

    package init(neighbours: Int, rows: Int) {
      near = min(neighbours, max(0, rows - 1))
      (middle, far) = (near / 2 + near % 2, 2 * near)
      if near + middle + far >= rows {
        near = min(max(1, Int(Double(rows) / 3.5)), max(0, rows - 1))
        (middle, far) = (near / 2, 2 * near)
      }
      far = min(far, max(0, rows - 1 - near))
      middle = min(middle, max(0, rows - 1))
    }
  }

  package let counts: Counts
  /// (rows, counts.near): the partners of each row, nearest by the scaled distance first.
  package let near: Buffer<UInt32>
  /// (rows, counts.middle)
  package let middle: Buffer<UInt32>
  /// (rows, counts.far)
  package let far: Buffer<UInt32>

  /// Candidates of a row's near pairs beyond those wanted.
  private static let extra = 50
  /// A middle pair is with the second nearest of so many random rows.
  private static let choices = 6

  package init(
    _ input: Matrix, neighbours: Int, seed: UInt64, checkpoint: Checkpoint,
    progress: (Double) -> Void
  ) throws {
    let n = input.rows
    counts = Counts(neighbours: neighbours, rows: n)
    let counts = counts
    let found = try Neighbours.find(
      input, k: min(neighbours + Self.extra, n - 1), checkpoint: checkpoint, progress: progress)
    near = try Self.nearPairs(found, counts: counts, checkpoint: checkpoint)
    middle = Buffer(count: n * counts.middle)
    far = Buffer(count: n * counts.far)
    let (near, middle, far) = (near, middle, far)
    try SymmetricRows.forEachBatch(of: n, checkpoint: checkpoint) { row in
      // A stream of its own for every row: the same pairs on any number of cores.
      var generator = SeededGenerator(seed: seed ^ (UInt64(row) &* 0x9E37_79B9_7F4A_7C15))
      var chosen: [Int] = []
      for pair in 0..<counts.middle {
        let others = Self.draw(
          min(Self.choices, n - 1 - chosen.count), of: n, except: chosen + [row], &generator)
        let ranked = others.map { (distance: Self.distance(input, row, $0), other: $0) }
          .sorted { ($0.distance, $0.other) < ($1.distance, $1.other) }
        let other = ranked[min(1, ranked.count - 1)].other
        chosen.append(other)
        middle.elements[row * counts.middle + pair] = UInt32(other)
      }
      let taken = (0..<counts.near).map { Int(near.elements[row * counts.near + $0]) } + [row]
      for (pair, other) in Self.draw(counts.far, of: n, except: taken, &generator).enumerated() {
        far.elements[row * counts.far + pair] = UInt32(other)
      }
    }
  }

  /// Distances are divided by how crowded both rows' surroundings are: the mean distance to their
  /// fourth to sixth neighbours.
  private static func nearPairs(
    _ found: Neighbours, counts: Counts, checkpoint: Checkpoint
  ) throws -> Buffer<UInt32> {
    let (n, k) = (found.rows, found.k)
    let near = Buffer<UInt32>(count: n * counts.near)
    guard counts.near > 0 else { return near }
    let crowding = Buffer<Float>(count: n)
    try SymmetricRows.forEachBatch(of: n, checkpoint: checkpoint) { row in
      let entries = min(3, k - 1)..<min(6, k)
      let sum = entries.reduce(Float(0)) {
        $0 + found.squaredDistances.elements[row * k + $1].squareRoot()
      }
      crowding.elements[row] = max(sum / Float(max(1, entries.count)), 1e-10)
    }
    try SymmetricRows.forEachBatch(of: n, checkpoint: checkpoint) { row in
      let scaled = (0..<k).map { entry in
        let other = Int(found.indices.elements[row * k + entry])
        return (
          distance: found.squaredDistances.elements[row * k + entry] / crowding.elements[row]
            / crowding.elements[other], entry: entry, other: other
        )
      }.sorted { ($0.distance, $0.entry) < ($1.distance, $1.entry) }
      for pair in 0..<counts.near {
        near.elements[row * counts.near + pair] = UInt32(scaled[pair].other)
      }
    }
    return near
  }

  private static func distance(_ input: Matrix, _ a: Int, _ b: Int) -> Float {
    let (x, y) = (input.row(a), input.row(b))
    var sum: Float = 0
    for column in 0..<input.columns {
      let difference = x[column] - y[column]
      sum += difference * difference
    }
    return sum
  }

  /// Different random rows, none of `except`; there must be as many.
  private static func draw(
    _ count: Int, of rows: Int, except: [Int], _ generator: inout SeededGenerator
  ) -> [Int] {
    var drawn: [Int] = []
    while drawn.count < count {
      let other = Int(
        (UInt64(UInt32(truncatingIfNeeded: generator.next() >> 32)) * UInt64(rows)) >> 32)
      if !except.contains(other), !drawn.contains(other) { drawn.append(other) }
    }
    return drawn
  }
}

/// Pairs listed in both of their rows, so that a row's force is its own list's sum.
package struct PairRows {
  package let offsets: Buffer<UInt32>
  package let indices: Buffer<UInt32>

  /// - Parameter partners: (rows, count), those with which a row begins a pair.
  package init(_ partners: Buffer<UInt32>, rows: Int, count: Int) {
    offsets = Buffer(repeating: 0, count: rows + 1)
    indices = Buffer(count: 2 * rows * count)
    for row in 0..<rows {
      offsets.elements[row + 1] &+= UInt32(count)
      for entry in row * count..<(row + 1) * count {
        offsets.elements[Int(partners.elements[entry]) + 1] &+= 1
      }
    }
    for row in 0..<rows { offsets.elements[row + 1] &+= offsets.elements[row] }
    let ends = Buffer<UInt32>(count: max(1, rows))
    ends.elements.update(from: offsets.elements, count: rows)
    func add(_ row: Int, _ other: Int) {
      indices.elements[Int(ends.elements[row])] = UInt32(other)
      ends.elements[row] &+= 1
    }
    for row in 0..<rows {
      for entry in row * count..<(row + 1) * count {
        let other = Int(partners.elements[entry])
        add(row, other)
        add(other, row)
      }
    }
  }

  package var pairs: sk_pacmap_pairs {
    sk_pacmap_pairs(
      offsets: UnsafePointer(offsets.elements), indices: UnsafePointer(indices.elements))
  }
}
