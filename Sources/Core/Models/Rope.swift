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

  /// Positions count a `factor`th (Chen et al. 2023).
  package func scaled(linear factor: Float) -> Rope {
    Rope(base: base, frequencies: frequencies.map { $0 / factor })
  }

  /// Each frequency divided by its own factor.
  func divided(by factors: [Float], attentionFactor: Float = 1) -> Rope {
    Rope(
      base: base, frequencies: zip(frequencies, factors).map { $0 / $1 },
      attentionFactor: attentionFactor)
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
/// look back on a window only.
package struct RotationTables {
  package let full: Rotations
  let sliding: Rotations?

  package init(positions: Int, _ c: ModelConfiguration) {
    full = Rotations(positions: positions, c.rope)
    sliding = c.slidingRope.map { Rotations(positions: positions, $0) }
  }

  package func rotations(isSliding: Bool) -> Rotations { isSliding ? sliding ?? full : full }
}
