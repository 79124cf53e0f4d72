import CKernels
import LinearAlgebra
import Testing

/// One query of several heads against the same keys and values, against sums in Double.
struct AttendTests {
  static let widths = [1, 8, 15, 16, 17, 48, 64, 65, 80, 128]

  func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in random.normal() }
  }

  @Test(arguments: widths, [0, 1, 2, 3, 4, 5, 11])
  func dots(width: Int, count: Int) {
    let (keyRow, queryRow, outRow) = (width + 3, width + 1, count + 2)
    let keys = numbers(keyRow * count + 1, seed: 1)
    for heads in 1...7 {
      let queries = numbers(queryRow * heads, seed: 2)
      var out = [Float](repeating: .nan, count: outRow * heads)
      sk_dots(&out, outRow, keys, keyRow, count, queries, queryRow, heads, width)
      for head in 0..<heads {
        for key in 0..<count {
          let terms = (0..<width).map {
            Double(keys[key * keyRow + $0]) * Double(queries[head * queryRow + $0])
          }
          let size = terms.reduce(1e-30) { $0 + abs($1) }
          #expect(abs(Double(out[head * outRow + key]) - terms.reduce(0, +)) <= 1e-6 * size)
        }
        #expect(out[(head * outRow + count)..<((head + 1) * outRow)].allSatisfy { $0.isNaN })
      }
    }
  }

  @Test(arguments: widths, [0, 1, 2, 5, 11])
  func weightedSums(width: Int, count: Int) {
    let (valueRow, weightRow, outRow) = (width + 3, count + 1, width + 2)
    let values = numbers(valueRow * count + 1, seed: 3)
    for heads in 1...7 {
      let weights = numbers(weightRow * heads, seed: 4)
      var out = [Float](repeating: .nan, count: outRow * heads)
      sk_weighted_sums(&out, outRow, values, valueRow, count, weights, weightRow, heads, width)
      for head in 0..<heads {
        for column in 0..<width {
          let terms = (0..<count).map {
            Double(weights[head * weightRow + $0]) * Double(values[$0 * valueRow + column])
          }
          let size = terms.reduce(1e-30) { $0 + abs($1) }
          #expect(abs(Double(out[head * outRow + column]) - terms.reduce(0, +)) <= 1e-6 * size)
        }
        #expect(out[(head * outRow + width)..<((head + 1) * outRow)].allSatisfy { $0.isNaN })
      }
    }
  }
}
