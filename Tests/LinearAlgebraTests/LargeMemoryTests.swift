import LinearAlgebra
import Testing

struct LargeMemoryTests {
  @Test func aMatrixOfKeptMemoryIsZero() {
    for _ in 0..<3 {
      let matrix = MutableMatrix(rows: 700, columns: 500)
      #expect(matrix.values.allSatisfy { $0 == 0 })
      matrix.elements.update(repeating: 7, count: matrix.count)
    }
    Matrix.releaseUnused()
    #expect(Matrix(rows: 700, columns: 500).values.allSatisfy { $0 == 0 })
  }

  /// Random takes and gives: nothing is given out twice, nothing is lost, and the peak is that of
  /// the use alone.
  @Test func shelfKeepsNoMoreThanThePeak() {
    var generator = SeededGenerator(seed: 5)
    var shelf = MemoryShelf()
    var used: [(address: UInt, size: Int)] = []
    var there: Set<UInt> = []
    var next: UInt = 0
    var peak = 0
    var reused = 0
    for _ in 0..<5_000 {
      let size = 1 + Int.random(in: 0..<6, using: &generator) * 3
      if Bool.random(using: &generator) || used.isEmpty {
        let (found, unwanted) = shelf.take(size)
        for address in unwanted { #expect(there.remove(address) != nil) }
        if found == nil { next += 1 } else { reused += 1 }
        let address = found ?? next
        #expect(there.contains(address) == (found != nil))
        #expect(!used.contains { $0.address == address })
        there.insert(address)
        used.append((address, size))
      } else {
        let gone = used.remove(at: Int.random(in: 0..<used.count, using: &generator))
        shelf.give(gone.address, gone.size)
      }
      let bytes = used.reduce(0) { $0 + $1.size }
      peak = max(peak, bytes)
      #expect(shelf.bytesUsed == bytes)
      #expect(shelf.bytesUsed + shelf.bytesKept <= peak && shelf.most == peak)
    }
    #expect(reused > 1_000)
    #expect(Set(shelf.release()) == there.subtracting(used.map(\.address)))
    #expect(shelf.bytesKept == 0)
  }
}
