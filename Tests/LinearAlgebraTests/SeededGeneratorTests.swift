import Foundation
import LinearAlgebra
import Testing

/// xoshiro256** seeded through SplitMix64. The numbers come from a separate statement of both in
/// Python's integers; SplitMix64's own (seed 1234567: 6457827717110365317, ...) are the ones that
/// its users publish.
struct SeededGeneratorTests {
  @Test(
    arguments: [
      (
        0,
        [
          0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0,
          0x6AA5_94F1_262D_2D2C, 0xBBA5_AD4A_1F84_2E59,
        ]
      ),
      (
        42,
        [
          0x1578_0B2E_0C2E_C716, 0x6104_D986_6D11_3A7E, 0xAE17_5332_39E4_99A1,
          0xECB8_AD47_03B3_60A1, 0xFDE6_DC7F_E2EC_5E64,
        ]
      ),
      (
        .max,
        [
          0x8F55_20D5_2A7E_AD08, 0xC476_A018_CAA1_802D, 0x81DE_31C0_D260_469E,
          0xBF65_8D7E_065F_3C2F, 0x9135_93FD_A1BC_A32A,
        ]
      ),
    ] as [(UInt64, [UInt64])])
  func knownValues(seed: UInt64, values: [UInt64]) {
    var generator = SeededGenerator(seed: seed)
    #expect(values.map { _ in generator.next() } == values)
  }

  @Test func uniformIsTheTopBits() {
    var generator = SeededGenerator(seed: 0)
    #expect(generator.uniform() == Float(0x99EC5F) / Float(1 << 24))
    #expect(generator.uniform() == Float(0xBF6E1F) / Float(1 << 24))
  }

  @Test func uniformStaysBelowOneAndFillsTheInterval() {
    var generator = SeededGenerator(seed: 3)
    let values = (0..<100_000).map { _ in generator.uniform() }
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    let mean = values.reduce(0) { $0 + Double($1) } / 100_000
    #expect(abs(mean - 0.5) < 0.005)
    for tenth in 0..<10 {
      let count = values.count { Int($0 * 10) == tenth }
      #expect(abs(count - 10_000) < 500, "tenth \(tenth)")
    }
  }

  @Test func normalHasTheMomentsOfANormal() {
    var generator = SeededGenerator(seed: 4)
    let values = (0..<100_000).map { _ in Double(generator.normal()) }
    #expect(values.allSatisfy { $0.isFinite })
    func moment(_ power: Int) -> Double {
      values.reduce(0) { $0 + pow($1, Double(power)) } / Double(values.count)
    }
    #expect(abs(moment(1)) < 0.015)
    #expect(abs(moment(2) - 1) < 0.02)
    #expect(abs(moment(3)) < 0.06)
    #expect(abs(moment(4) - 3) < 0.12)
  }

  @Test(arguments: [0, 1, 2, 1000])
  func aPermutationHasEveryIndexOnce(count: Int) {
    var generator = SeededGenerator(seed: 5)
    #expect(generator.permutation(count).sorted() == Array(0..<count))
  }

  @Test func theStateCanBeSavedAndGoneOnWith() throws {
    var generator = SeededGenerator(seed: 6)
    _ = generator.next()
    var copy = try JSONDecoder().decode(
      SeededGenerator.self, from: JSONEncoder().encode(generator))
    #expect((0..<4).map { _ in copy.next() } == (0..<4).map { _ in generator.next() })
  }
}
