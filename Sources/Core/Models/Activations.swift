import Foundation
import LinearAlgebra

/// What one block computes on its way, row by row of the batch.
///
/// Inference reuses one for all blocks; training keeps one a block, with the two states of the
/// residual stream that the backward pass starts from.
final class BlockBuffers {
  /// The residual stream before the block, and between attention and feed-forward; training only.
  let input: Matrix?
  let middle: Matrix?
  let queries: Matrix
  let keys: Matrix
  let values: Matrix
  let attended: Matrix
  let gate: Matrix
  let up: Matrix
  /// `dropout(x) * A'` of each LoRA group, in the order of ``LoRAGroup/Place``.
  var inner: [Matrix?] = [nil, nil, nil, nil]

  init(tokens: Int, _ c: ModelConfiguration, training: Bool = false) {
    input = training ? Matrix(rows: tokens, columns: c.width) : nil
    middle = training ? Matrix(rows: tokens, columns: c.width) : nil
    queries = Matrix(rows: tokens, columns: c.queryWidth)
    keys = Matrix(rows: tokens, columns: c.keyWidth)
    values = Matrix(rows: tokens, columns: c.keyWidth)
    attended = Matrix(rows: tokens, columns: c.queryWidth)
    gate = Matrix(rows: tokens, columns: c.feedForward)
    up = Matrix(rows: tokens, columns: c.feedForward)
  }

  static func floats(_ c: ModelConfiguration, training: Bool) -> Int {
    (training ? 2 * c.width : 0) + 2 * c.queryWidth + 2 * c.keyWidth + 2 * c.feedForward
  }
}

/// The working memory of forward passes: allocated once for the largest batch, reused by all.
public final class Activations: @unchecked Sendable {
  let capacity: Int
  let residual: Matrix
  let normed: Matrix
  let buffers: BlockBuffers
  private(set) var rotations: Rotations

  /// Room for `capacity` tokens at a time.
  init(capacity: Int, configuration: ModelConfiguration) {
    self.capacity = capacity
    let c = configuration
    residual = Matrix(rows: capacity, columns: c.width)
    normed = Matrix(rows: capacity, columns: c.width)
    buffers = BlockBuffers(tokens: capacity, c)
    rotations = Rotations(positions: 0, dimension: c.headDimension, base: c.ropeBase)
  }

  /// Bytes that working memory for `tokens` tokens takes.
  static func bytes(tokens: Int, configuration c: ModelConfiguration) -> Int {
    tokens * (2 * c.width + BlockBuffers.floats(c, training: false)) * MemoryLayout<Float>.size
  }

  func reserveRotations(_ positions: Int) {
    guard positions > rotations.positions else { return }
    rotations = Rotations(
      positions: max(positions, 2 * rotations.positions, 256), dimension: rotations.dimension,
      base: rotations.base)
  }
}

/// Cosines and sines of RoPE's angles: position x base^(-2i/d), computed in float32 as the
/// reference implementations do, because at position 10,000 the rounding of the angle shows.
struct Rotations {
  let positions: Int
  let dimension: Int
  let base: Double
  /// (positions, dimension / 2)
  let cosines: Matrix
  let sines: Matrix

  init(positions: Int, dimension: Int, base: Double) {
    self.positions = positions
    self.dimension = dimension
    self.base = base
    let half = dimension / 2
    let frequencies = (0..<half).map { index in
      1 / powf(Float(base), Float(2 * index) / Float(dimension))
    }
    cosines = Matrix(rows: positions, columns: half)
    sines = Matrix(rows: positions, columns: half)
    for position in 0..<positions {
      for index in 0..<half {
        let angle = Float(position) * frequencies[index]
        cosines.elements[position * half + index] = cosf(angle)
        sines.elements[position * half + index] = sinf(angle)
      }
    }
  }
}
