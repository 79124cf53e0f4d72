import LinearAlgebra
import SeerAnalysis
import Testing

struct AssignmentTests {
  /// The cheapest of all orders, by trying them.
  func cheapest(_ costs: [Float], _ count: Int) -> Double {
    var best = Double.infinity
    func place(_ row: Int, _ used: Set<Int>, _ sum: Double) {
      if row == count { return best = min(best, sum) }
      for column in 0..<count where !used.contains(column) {
        place(row + 1, used.union([column]), sum + Double(costs[row * count + column]))
      }
    }
    place(0, [], 0)
    return best
  }

  @Test(arguments: 0...6)
  func noOrderIsCheaper(count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    for round in 0..<40 {
      // Every third with many equal costs.
      let costs = (0..<count * count).map { _ in
        round % 3 == 0 ? Float(Int(random.uniform() * 3)) : random.uniform() - 0.3
      }
      let found = Assignment(costs: costs, count: count)
      #expect(Set(found.columns) == Set(0..<count))
      #expect(abs(found.cost - cheapest(costs, count)) < 1e-5)
    }
  }

  @Test func aHiddenPermutationIsFound() {
    var random = SeededGenerator(seed: 9)
    let order = random.permutation(90)
    let costs = (0..<8100).map { index in
      order[index / 90] == index % 90 ? Float(0.1) : 1 + random.uniform()
    }
    #expect(Assignment(costs: costs, count: 90).columns == order)
  }

  @Test func samplesAreApartAndOfOneSize() {
    let labels = (0..<200).map { $0 < 150 ? 0 : $0 < 190 ? 1 : $0 < 197 ? 2 : 3 }
    let sample = TransportSample(labels: labels, concepts: 5, seed: 1)
    #expect(sample.size == 20)
    for concept in 0..<2 {
      let (first, second) = sample.halves[concept]
      #expect(first.count == 20 && second.count == 20)
      #expect(Set(first).isDisjoint(with: second))
      #expect((first + second).allSatisfy { labels[$0] == concept })
    }
    // Seven rows and three are too few where others have enough.
    #expect(sample.halves[2...].allSatisfy { $0.first.isEmpty && $0.second.isEmpty })
    #expect(sample == TransportSample(labels: labels, concepts: 5, seed: 1))
    #expect(sample != TransportSample(labels: labels, concepts: 5, seed: 2))
    #expect(TransportSample(labels: [0, 0, 1, 1, 1], concepts: 2, seed: 0).size == 1)
    #expect(TransportSample(labels: [0, 1], concepts: 2, seed: 0).size == 0)
  }
}
