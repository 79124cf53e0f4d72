import Foundation
import LinearAlgebra

/// Rotary positions (Su et al. 2021): at position p, element i of a head's first half and of its
/// second turn by p times frequency i.
///
///     Rope(base: 10_000, dimension: 64).frequencies.count  // 32
package struct Rope: Equatable, Sendable {
  package let base: Double
  /// In radians a position; half as many as the leading sizes of a head that turn, none where
  /// nothing does.
  package let frequencies: [Float]
  /// Queries and keys are multiplied with this (LongRoPE, Ding et al. 2024).
  package var attentionFactor: Float = 1
  package var longRows: LongRows?

  /// The frequencies base^(-2i/d), in float32 as the reference implementations compute them.
  package init(base: Double, dimension: Int) {
    self.init(
      base: base,
      frequencies: (0..<dimension / 2).map { index in
        1 / powf(Float(base), Float(2 * index) / Float(dimension))
      })
  }

  package init(base: Double, frequencies: [Float], attentionFactor: Float = 1) {
    self.base = base
    self.frequencies = frequencies
    self.attentionFactor = attentionFactor
  }

  /// Nothing turns.
  package static let none = Rope(base: 1, frequencies: [])

  /// How rows of more tokens than some number turn, where they turn otherwise.
  package enum LongRows: Equatable, Sendable {
    /// By frequencies of their own from their first token on (LongRoPE).
    case switched(beyond: Int, [Float])
    /// By those of a base that grows with the row (dynamic NTK, Peng et al. 2023).
    case growing(beyond: Int, factor: Double)
  }

  /// What a row of so many tokens turns by.
  package func rope(rowOf length: Int) -> Rope {
    switch longRows {
    case .switched(let limit, let frequencies)? where length > limit:
      return Rope(base: base, frequencies: frequencies, attentionFactor: attentionFactor)
    case .growing(let limit, let factor)? where length > limit:
      let dimension = 2 * frequencies.count
      let growth = factor * Double(length) / Double(limit) - (factor - 1)
      return Rope(
        base: base * pow(growth, Double(dimension) / Double(dimension - 2)), dimension: dimension)
    default:
      return self
    }
  }

  /// Rows with the same number have the same frequencies; nil is most rows.
  fileprivate func kind(rowOf length: Int) -> Int? {
    switch longRows {
    case .switched(let limit, _)? where length > limit: .max
    case .growing(let limit, _)? where length > limit: length
    default: nil
    }
  }
}

// MARK: Scaling

extension Rope {
  /// Positions count a `factor`th (Chen et al. 2023).
  package func scaled(linear factor: Float) -> Rope {
    Rope(base: base, frequencies: frequencies.map { $0 / factor })
  }

  /// Each frequency divided by its own factor.
  func divided(by factors: [Float], attentionFactor: Float? = nil) -> Rope {
    Rope(
      base: base, frequencies: zip(frequencies, factors).map { $0 / $1 },
      attentionFactor: attentionFactor ?? self.attentionFactor)
  }

  /// Llama 3.1's scaling (Grattafiori et al. 2024): waves longer than `context / low` tokens are
  /// stretched by `factor`, those shorter than `context / high` stay, those between are mixed.
  package func scaledAsLlama3(factor: Float, low: Float, high: Float, context: Float) -> Rope {
    Rope(
      base: base,
      frequencies: frequencies.map { frequency in
        let wavelength = 2 * Float.pi / frequency
        if wavelength < context / high { return frequency }
        if wavelength > context / low { return frequency / factor }
        let share = (context / wavelength - low) / (high - low)
        return (1 - share) * frequency / factor + share * frequency
      })
  }

  /// YaRN's constants (Peng et al. 2023).
  struct Yarn {
    var factor: Double
    /// Waves that turn more often than this within the original context stay, those that turn less
    /// than `slow` times are stretched, those between are mixed.
    var fast = 32.0
    var slow = 1.0
    /// The context that the model was first trained for, in tokens.
    var original: Double
    /// The two borders are whole frequencies.
    var truncates = true

    /// What queries and keys are multiplied with for a factor, times `scale` of its logarithm.
    static func attention(_ factor: Double, scale: Double = 1) -> Double {
      factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
    }
  }

  func scaled(_ yarn: Yarn, attentionFactor: Float) -> Rope {
    let dimension = Double(2 * frequencies.count)
    func border(_ turns: Double) -> Double {
      dimension * log(yarn.original / (turns * 2 * .pi)) / (2 * log(base))
    }
    var low = border(yarn.fast)
    var high = border(yarn.slow)
    if yarn.truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, dimension - 1))
    if low == high { high += 0.001 }
    return Rope(
      base: base,
      frequencies: frequencies.enumerated().map { index, frequency in
        let share = Float(min(1, max(0, (Double(index) - low) / (high - low))))
        return frequency / Float(yarn.factor) * share + frequency * (1 - share)
      }, attentionFactor: attentionFactor)
  }
}

/// Cosines and sines of a table of positions. Angles are products in float32, as in the reference
/// implementations, because at position 10,000 the rounding of the angle shows.
package struct Rotations {
  package let rope: Rope
  package let positions: Int
  /// (positions, frequencies)
  package let cosines: Matrix
  package let sines: Matrix

  package init(positions: Int, _ rope: Rope) {
    self.rope = rope
    self.positions = positions
    let count = rope.frequencies.count
    let cosines = MatrixBuilder(unfilled: positions, columns: count)
    let sines = MatrixBuilder(unfilled: positions, columns: count)
    for position in 0..<positions {
      for (index, frequency) in rope.frequencies.enumerated() {
        let angle = Float(position) * frequency
        cosines.elements[position * count + index] = cosf(angle) * rope.attentionFactor
        sines.elements[position * count + index] = sinf(angle) * rope.attentionFactor
      }
    }
    self.cosines = cosines.frozen()
    self.sines = sines.frozen()
  }
}

/// The rotations of a model's blocks: most models have one table, some a second for blocks that
/// look back on a window only, some more for long rows.
package struct RotationTables {
  package let full: Rotations
  let sliding: Rotations?
  private var long: [LongRow: Rotations] = [:]

  private struct LongRow: Hashable {
    let isSliding: Bool
    let kind: Int
  }

  /// Tables of so many positions for rows that turn as most do.
  package init(positions: Int, _ c: ModelConfiguration) {
    full = Rotations(positions: positions, c.rope)
    sliding = c.slidingRope.map { Rotations(positions: positions, $0) }
  }

  /// Makes the tables of rows of so many tokens, where they turn otherwise, and drops other rows'.
  package mutating func reserve(rowsOf lengths: [Int]) {
    var wanted: [LongRow: Rotations] = [:]
    for isSliding in [false, true] {
      let usual = usual(isSliding)
      for length in lengths {
        guard let kind = usual.rope.kind(rowOf: length) else { continue }
        let row = LongRow(isSliding: isSliding, kind: kind)
        let held = wanted[row] ?? long[row]
        wanted[row] =
          held.flatMap { $0.positions >= length ? $0 : nil }
          ?? Rotations(positions: max(length, usual.positions), usual.rope.rope(rowOf: length))
      }
    }
    long = wanted
  }

  private func usual(_ isSliding: Bool) -> Rotations { isSliding ? sliding ?? full : full }

  /// How many pairs of a head's sizes turn.
  func frequencies(isSliding: Bool) -> Int { usual(isSliding).rope.frequencies.count }

  /// The table of a row of so many tokens.
  /// - Precondition: it is reserved.
  package func rotations(isSliding: Bool, rowOf length: Int) -> Rotations {
    let usual = usual(isSliding)
    guard let kind = usual.rope.kind(rowOf: length) else { return usual }
    guard let table = long[LongRow(isSliding: isSliding, kind: kind)] else {
      preconditionFailure("no rotations for a row of \(length) tokens")
    }
    return table
  }
}
