import CKernels
import Foundation
import LinearAlgebra
import SeerModels
import TestSupport
import Testing

/// The dropout mask: its rate, its expectation, and that it depends on the place alone.
struct DropoutTests {
  func mask(_ count: Int, first: UInt = 0, key: UInt, rate: Float) -> [Float] {
    var out = [Float](repeating: .nan, count: count)
    sk_dropout(&out, [Float](repeating: 1, count: count), count, first, key, rate)
    return out
  }

  @Test(arguments: [Float(0.05), 0.1, 0.5, 0.9])
  func leavesOutTheShareAskedForAndScalesTheRest(rate: Float) {
    let count = 200_000
    for key: UInt in [0, 1, 2, 0xFFFF_FFFF_FFFF_FFFF, 0x1234_5678_0000_0000] {
      let mask = mask(count, key: key, rate: rate)
      let left = mask.filter { $0 == 0 }.count
      let kept = 1 / (1 - rate)
      #expect(mask.allSatisfy { $0 == 0 || $0 == kept })
      // Five standard deviations of a binomial.
      let deviation = (Double(rate * (1 - rate)) / Double(count)).squareRoot()
      #expect(abs(Double(left) / Double(count) - Double(rate)) <= 5 * deviation, "key \(key)")
      let mean = mask.doubles.reduce(0, +) / Double(count)
      #expect(abs(mean - 1) <= 5 * deviation * Double(kept))
    }
  }

  @Test func aRateOfZeroKeepsEverything() {
    #expect(mask(1000, key: 3, rate: 0).allSatisfy { $0 == 1 })
  }

  @Test func doesNotDependOnHowTheWorkIsSplit() {
    let whole = mask(1000, first: 5_000_000_000, key: 42, rate: 0.4)
    var parts: [Float] = []
    for (first, count) in [(0, 1), (1, 17), (18, 0), (18, 482), (500, 500)] {
      parts += mask(count, first: 5_000_000_000 + UInt(first), key: 42, rate: 0.4)
    }
    #expect(parts == whole)
    var added = [Float](repeating: 2, count: 1000)
    sk_dropout_add(
      &added, [Float](repeating: 1, count: 1000), 1000, 5_000_000_000, 42, 0.4)
    #expect(added == whole.map { $0 + 2 })
  }

  /// Neighbours in place, in key and in row are independent: both are left out as often as chance
  /// has it.
  @Test func placesAndKeysAreIndependent() {
    let count = 200_000
    let rate: Float = 0.5
    func shared(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
      Double(sharedZeros(a, b)) / Double(min(a.count, b.count))
    }
    let one = mask(count, key: 1000, rate: rate)
    let bound = 5 * (0.25 * 0.75 / Double(count)).squareRoot()
    for distance in [1, 2, 3, 16, 32, 64, 576, 1536, 65_536] {
      #expect(abs(shared(one[distance...], one[...(count - distance - 1)]) - 0.25) <= 1.5 * bound)
    }
    // Keys as passes make them: neighbouring passes, blocks and places.
    let keys = [0, 1, 2, 1 << 32, 1 << 63].flatMap { pass in
      [0, 1, 29].flatMap { block in
        LoRAGroup.Place.allCases.map { Dropout(rate: rate, key: pass).key(block: block, $0) }
      }
    }
    let masks = keys.map { mask(20_000, key: $0, rate: rate) }
    let shortBound = 6 * (0.25 * 0.75 / 20_000).squareRoot()
    for (i, a) in masks.enumerated() {
      for b in masks[..<i] { #expect(abs(shared(a[...], b[...]) - 0.25) <= shortBound) }
    }
  }

  /// One pass's blocks and places, and the passes of two consecutive keys, all differ.
  @Test func everyPlaceOfEveryPassHasItsOwnKey() {
    var seen: Set<UInt> = []
    for pass: UInt64 in 0..<4 {
      let dropout = Dropout(rate: 0.1, key: pass)
      for block in 0..<32 {
        for place in LoRAGroup.Place.allCases {
          let key = dropout.key(block: block, place)
          #expect(key == dropout.key(block: block, place))
          #expect(seen.insert(key).inserted, "pass \(pass), block \(block), \(place)")
        }
      }
    }
  }

  /// The mean over many passes is the pass without dropout.
  @Test func expectationIsThePassWithoutDropout() throws {
    let place = LoRAGroup.Place.feedForwardInput
    let plain = LoRAGradientTests.Setting(place, tokens: 3, dropout: nil).added()
    let passes = 4000
    var random = SeededGenerator(seed: 8)
    var sums: [LoRATarget: [Double]] = [:]
    var squares: [LoRATarget: [Double]] = [:]
    for _ in 0..<passes {
      let dropout = Dropout(rate: 0.3, key: random.next())
      let added = LoRAGradientTests.Setting(place, tokens: 3, dropout: dropout).added()
      for (target, values) in added {
        for (index, value) in values.doubles.enumerated() {
          sums[target, default: Array(repeating: 0, count: values.count)][index] += value
          squares[target, default: Array(repeating: 0, count: values.count)][index] +=
            value * value
        }
      }
    }
    for target in place.targets {
      let expected = try #require(plain[target])
      let sum = try #require(sums[target])
      let square = try #require(squares[target])
      for index in expected.indices {
        let mean = sum[index] / Double(passes)
        let variance = square[index] / Double(passes) - mean * mean
        #expect(variance > 0)
        let deviation = (variance / Double(passes)).squareRoot()
        #expect(abs(mean - Double(expected[index])) <= 5.5 * deviation, "\(target) \(index)")
      }
    }
  }
}
