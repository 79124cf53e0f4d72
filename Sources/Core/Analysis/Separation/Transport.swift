import LinearAlgebra

/// Which rows stand for the concepts where mass is transported: for each concept two seeded
/// samples of one and the same size without a common row.
///
/// One size for all, because the Wasserstein distance between two samples falls with their size:
/// so k-variances and distances can be compared with each other.
package struct TransportSample: Equatable, Sendable {
  /// Two lists of rows for each concept; empty for a concept that takes no part.
  package var halves: [(first: [Int], second: [Int])]
  package var size: Int

  /// Rows in one sample at the most.
  package static let largest = 100
  /// Concepts of fewer rows take no part, if two others are left.
  static let leastRows = 8

  package init(halves: [(first: [Int], second: [Int])], size: Int) {
    self.halves = halves
    self.size = size
  }

  /// Draws samples for a labeling, of `largest` rows at the most; the same seed draws the same
  /// places of the shuffled rows.
  package init(labels: [Int], concepts: Int, seed: UInt64, largest: Int = Self.largest) {
    let members = rowsByConcept(labels, concepts: concepts)
    var taking = members.indices.filter { members[$0].count >= Self.leastRows }
    if taking.count < 2 { taking = members.indices.filter { members[$0].count >= 2 } }
    let size = min(largest, (taking.map { members[$0].count }.min() ?? 0) / 2)
    var random = SeededGenerator(seed: seed)
    var halves = [(first: [Int], second: [Int])](repeating: ([], []), count: concepts)
    for concept in taking {
      let order = random.permutation(members[concept].count).prefix(2 * size)
      let rows = order.map { members[concept][$0] }
      halves[concept] = (Array(rows.prefix(size)), Array(rows.suffix(size)))
    }
    self.halves = halves
    self.size = size
  }

  package static func == (a: Self, b: Self) -> Bool {
    a.size == b.size && a.halves.elementsEqual(b.halves) { $0 == $1 }
  }
}

/// How far mass has to go, per unit of it, between unit-normalised states.
package struct Transport: Equatable {
  /// The mean over concepts of the Wasserstein-1 distance between two samples of the same concept
  /// (k-variance, Chuang et al. 2021, https://arxiv.org/abs/2106.03314).
  package var kVariance: Double?
  /// The mean over pairs of concepts of the distance between a sample of each.
  package var wasserstein: Double?

  /// Measures one value for each sample, on all cores. `units` are unit vectors, centred or not.
  package static func measure(
    _ units: Matrix, samples: [TransportSample], checkpoint: () throws -> Void = {}
  ) rethrows -> [Transport] {
    struct Work {
      var sample: Int
      var isWithin: Bool
      var from: [Int]
      var to: [Int]
    }
    var work: [Work] = []
    for (index, sample) in samples.enumerated() where sample.size > 0 {
      let taking = sample.halves.indices.filter { !sample.halves[$0].first.isEmpty }
      for (number, a) in taking.enumerated() {
        let own = sample.halves[a]
        work.append(Work(sample: index, isWithin: true, from: own.first, to: own.second))
        for b in taking[..<number] {
          work.append(
            Work(sample: index, isWithin: false, from: own.first, to: sample.halves[b].first))
        }
      }
    }
    var distances: [Double] = []
    while distances.count < work.count {
      try checkpoint()
      let part = Array(work[distances.count..<min(work.count, distances.count + 16)])
      distances += results(count: part.count) {
        wassersteinDistance(units, from: part[$0].from, to: part[$0].to)
      }
    }
    var found = [Transport](repeating: Transport(), count: samples.count)
    for index in samples.indices {
      func mean(within: Bool) -> Double? {
        let chosen = work.indices.filter {
          work[$0].sample == index && work[$0].isWithin == within
        }
        let sum = chosen.reduce(0) { $0 + distances[$1] }
        return chosen.isEmpty ? nil : sum / Double(chosen.count)
      }
      found[index] = Transport(kVariance: mean(within: true), wasserstein: mean(within: false))
    }
    return found
  }
}

/// The Wasserstein-1 distance with the Euclidean one between two samples of equal size: the mean
/// cost of the cheapest assignment, exact. O(size³).
package func wassersteinDistance(_ states: Matrix, from: [Int], to: [Int]) -> Double {
  precondition(from.count == to.count)
  let size = from.count
  guard size > 0 else { return 0 }
  let a = states.selecting(rows: from)
  let b = states.selecting(rows: to)
  let costs = MatrixBuilder(unfilled: size, columns: size)
  let width = states.columns
  BLAS.sgemm(
    transposeB: true, m: size, n: size, k: width, alpha: -2, a.elements, stride: width,
    b.elements, stride: width, into: costs.elements, stride: size)
  let (squaresA, squaresB) = (rowSquares(a), rowSquares(b))
  for row in 0..<size {
    let values = costs.row(row)
    for column in 0..<size {
      values[column] = max(0, values[column] + squaresA[row] + squaresB[column]).squareRoot()
    }
  }
  return Assignment(costs: costs.elements, count: size).cost / Double(size)
}

private func rowSquares(_ matrix: Matrix) -> [Float] {
  (0..<matrix.rows).map {
    Float(dot(matrix.row($0), matrix.row($0), count: matrix.columns))
  }
}
