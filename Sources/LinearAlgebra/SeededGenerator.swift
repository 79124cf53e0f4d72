import Foundation

/// xoshiro256** seeded through SplitMix64: small, fast, and the same on every platform.
///
/// Blackman and Vigna 2018, https://prng.di.unimi.it
public struct SeededGenerator: RandomNumberGenerator, Sendable, Equatable, Codable {
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  /// Any seed will do, 0 too: SplitMix64 makes the state of it.
  public init(seed: UInt64) {
    var state = seed
    func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    a = next()
    b = next()
    c = next()
    d = next()
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotate(b &* 5, 7) &* 9
    let t = b << 17
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotate(d, 45)
    return result
  }

  /// Uniform in [0, 1), with 24 random bits.
  public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// Standard normal (Box and Muller 1958; the second value is dropped to keep the state small).
  public mutating func normal() -> Float {
    let radius = (-2 * log(max(Double(next() >> 11) * 0x1p-53, 0x1p-53)))
      .squareRoot()
    return Float(radius * cos(2 * .pi * Double(next() >> 11) * 0x1p-53))
  }

  /// A uniformly random order of `0..<count` (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    order.shuffle(using: &self)
    return order
  }
}
