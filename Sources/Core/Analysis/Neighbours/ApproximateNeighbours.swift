import LinearAlgebra

extension Neighbours {
  /// Neighbours for matrices of more rows than pairs can be compared: rows are put into clusters of
  /// about 512, and each row is compared with those of the clusters around its own (an inverted
  /// file; Jégou et al. 2011).
  ///
  /// O(rows · 16,000 · columns) time. On states of language models more than 95 of 100 true
  /// neighbours are found; the distances of those found are exact.
  package static func approximate(
    _ matrix: Matrix, k: Int, seed: UInt64 = 0, checkpoint: Checkpoint = {},
    progress: (Double) -> Void = { _ in }
  ) throws -> Neighbours {
    let result = Neighbours(rows: matrix.rows, k: max(0, min(k, matrix.rows - 1)))
    guard result.k > 0 else { return result }
    let clusters = try Clusters(matrix, seed: seed, checkpoint: checkpoint)
    let search = NeighbourSearch(points: clusters.slots, portable: false) {
      clusters.rowOfSlot[$0] != Clusters.empty
    }
    let around = try clusters.around(atLeast: result.k + 1, checkpoint: checkpoint)

    // Queries in groups of one cluster each.
    var groups: [(cluster: Int, slots: Range<Int>)] = []
    for cluster in 0..<clusters.count {
      let used = clusters.used(cluster)
      for start in stride(
        from: used.lowerBound, to: used.upperBound, by: NeighbourSearch.groupSize)
      {
        let end = min(start + NeighbourSearch.groupSize, used.upperBound)
        groups.append((cluster, start..<end))
      }
    }
    let k = result.k
    let work =
      Double(NeighbourSearch.groupSize * Clusters.size * Clusters.probes) * Double(matrix.columns)
    try NeighbourSearch.forEachBatch(
      of: groups.count, work: work, checkpoint: checkpoint, progress: progress
    ) { index in
      let (cluster, slots) = groups[index]
      let indices = Buffer<UInt32>(count: slots.count * k)
      let distances = Buffer<Float>(count: slots.count * k)
      search.searchGroup(
        queries: clusters.slots, range: slots, excludingSelf: true,
        among: around[cluster].map(clusters.panels), k: k, indices: indices.elements,
        squaredDistances: distances.elements)
      for (offset, slot) in slots.enumerated() {
        let row = Int(clusters.rowOfSlot[slot])
        for entry in 0..<k {
          let found = Int(indices.elements[offset * k + entry])
          result.indices.elements[row * k + entry] = clusters.rowOfSlot[found]
          result.squaredDistances.elements[row * k + entry] = distances.elements[offset * k + entry]
        }
      }
    }
    return result
  }
}

/// Rows gathered by their nearest centroid, each cluster in panels of its own.
private struct Clusters {
  static let size = 512
  /// Clusters that a row is compared with, its own included.
  static let probes = 32
  /// Stands in ``rowOfSlot`` for slots that only fill up a panel.
  static let empty = UInt32.max

  let count: Int
  let slots: Matrix
  let rowOfSlot: [UInt32]
  private let starts: [Int]
  private let members: [Int]
  private let centroids: Matrix

  init(_ matrix: Matrix, seed: UInt64, checkpoint: Checkpoint) throws {
    var generator = SeededGenerator(seed: seed)
    let order = generator.permutation(matrix.rows)
    count = max(1, matrix.rows / Self.size)
    var centroids = matrix.selecting(rows: Array(order.prefix(count)))
    // Lloyd's algorithm on a sample: the clusters need not be good, only even and compact.
    let sample = matrix.selecting(rows: Array(order.prefix(64 * count)))
    for _ in 0..<4 {
      let nearest = try NeighbourSearch(points: centroids, portable: false)
        .neighbours(of: sample, k: 1, checkpoint: checkpoint)
      centroids = Self.moved(centroids, toMeansOf: sample, nearest: nearest)
    }
    self.centroids = centroids
    let nearest = try NeighbourSearch(points: centroids, portable: false)
      .neighbours(of: matrix, k: 1, checkpoint: checkpoint)
    var rows = [[UInt32]](repeating: [], count: count)
    for row in 0..<matrix.rows {
      rows[Int(nearest.indices.elements[row])].append(UInt32(row))
    }
    let width = NeighbourSearch.panelWidth
    members = rows.map(\.count)
    var starts = [0]
    for cluster in rows {
      starts.append(starts[starts.count - 1] + (cluster.count + width - 1) / width * width)
    }
    self.starts = starts
    let slots = MatrixBuilder(rows: starts[count], columns: matrix.columns)
    var rowOfSlot = [UInt32](repeating: Self.empty, count: slots.rows)
    for (cluster, members) in rows.enumerated() {
      for (offset, row) in members.enumerated() {
        rowOfSlot[starts[cluster] + offset] = row
        slots.row(starts[cluster] + offset).update(
          from: matrix.row(Int(row)), count: matrix.columns)
      }
    }
    self.rowOfSlot = rowOfSlot
    self.slots = slots.frozen()
  }

  private static func moved(
    _ centroids: Matrix, toMeansOf sample: Matrix, nearest: Neighbours
  ) -> Matrix {
    let width = sample.columns
    var sums = [Double](repeating: 0, count: centroids.count)
    var members = [Int](repeating: 0, count: centroids.rows)
    for row in 0..<sample.rows {
      let cluster = Int(nearest.indices.elements[row])
      members[cluster] += 1
      for column in 0..<width { sums[cluster * width + column] += Double(sample.row(row)[column]) }
    }
    return Matrix(rows: centroids.rows, columns: width) { cluster, column in
      members[cluster] > 0
        ? Float(sums[cluster * width + column] / Double(members[cluster]))
        : centroids[cluster, column]
    }
  }

  func used(_ cluster: Int) -> Range<Int> {
    starts[cluster]..<starts[cluster] + members[cluster]
  }

  func panels(_ cluster: Int) -> Range<Int> {
    let width = NeighbourSearch.panelWidth
    return starts[cluster] / width..<starts[cluster + 1] / width
  }

  /// For each cluster itself and the nearest others, as many as ``probes`` and holding at least
  /// so many rows.
  func around(atLeast rows: Int, checkpoint: Checkpoint) throws -> [[Int]] {
    let neighbours = try Neighbours.exact(centroids, k: count - 1, checkpoint: checkpoint)
    return (0..<count).map { cluster in
      var chosen = [cluster]
      var held = members[cluster]
      for other in 0..<neighbours.k where chosen.count < Self.probes || held < rows {
        let next = Int(neighbours.indices.elements[cluster * neighbours.k + other])
        chosen.append(next)
        held += members[next]
      }
      return chosen
    }
  }
}
