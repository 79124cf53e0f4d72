import CKernels
import LinearAlgebra
import SeerFormats

/// The residual stream is a sum: of the embedding, and of what every head and every feed-forward
/// part of the blocks below added to it (Elhage et al. 2021).
extension Transformer {
  /// The dot products of each token's parts with a direction of its own: the embedding, then, block
  /// by block, the heads and the feed-forward part.
  ///
  /// Where a family norms what a part makes before it is added, the norm's scale is held as it was.
  /// Biases, an adapter's too, belong to no part: what they and outside additions gave is what the
  /// sum of the parts leaves of the state's own product. O(blocks x width x heads x head dimension)
  /// for each token.
  ///
  /// - Parameters:
  ///   - directions: (tokens, width).
  ///   - adapter: the pass's.
  package func values(
    of parts: CapturedParts, along directions: Matrix, _ adapter: Adapter? = nil
  ) -> [[PartValue]] {
    precondition(directions.rows == parts.tokens.count && directions.columns == configuration.width)
    var values = (0..<directions.rows).map { row in
      [
        PartValue(
          block: 0, kind: .embedding, value: product(parts.embedding.row(row), directions.row(row)))
      ]
    }
    for (index, captured) in parts.blocks.enumerated() {
      let heads = headValues(block: index, captured, directions, adapter)
      let forward = feedForwardValues(block: index, captured, directions, adapter)
      for row in values.indices {
        values[row] += heads[row].enumerated().map { head, value in
          PartValue(block: index + 1, kind: .attention, head: head, value: value)
        }
        values[row].append(
          PartValue(block: index + 1, kind: .feedForward, value: forward[row]))
      }
    }
    return values
  }

  /// By token and head.
  private func headValues(
    block index: Int, _ captured: CapturedParts.Block, _ directions: Matrix, _ adapter: Adapter?
  ) -> [[Double]] {
    let c = configuration
    let block = blocks[index]
    let group = adapter?.group(block: index, .attentionOutput)
    let directions = beforeNorm(directions, block.attentionPostNorm, captured.attentionBranch)
    let slopes = MatrixBuilder(unfilled: directions.rows, columns: c.queryWidth)
    // Few enough at a time for exact products.
    for first in stride(from: 0, to: directions.rows, by: ProductWay.leastUnitTokens - 1) {
      let count = min(ProductWay.leastUnitTokens - 1, directions.rows - first)
      let spare = MatrixBuilder(unfilled: count, columns: c.width)
      let slope =
        group?.scaled(.output, directions.row(first), tokens: count, spare: spare.elements, c)
        ?? directions.row(first)
      linearBackward(
        [LinearBackwardTask(weight: block.output.weight, outputGradient: slope)], tokens: count,
        into: slopes.row(first))
      group?.addInputGradient([.output: slope], tokens: count, into: slopes.row(first), c)
    }
    let found = slopes.frozen()
    return (0..<directions.rows).map { row in
      (0..<c.heads).map { head in
        let place = head * c.headDimension
        return product(
          captured.attended.row(row) + place, found.row(row) + place, count: c.headDimension)
      }
    }
  }

  /// By token.
  private func feedForwardValues(
    block index: Int, _ captured: CapturedParts.Block, _ directions: Matrix, _ adapter: Adapter?
  ) -> [Double] {
    let block = blocks[index]
    let norm = block.feedForwardPostNorm
    let inner = beforeNorm(directions, norm, captured.feedForwardBranch)
    var bias = block.down?.bias ?? []
    if let own = adapter?.group(block: index, .feedForwardOutput)?.bias(.down, configuration) {
      bias = bias.isEmpty ? own : zip(bias, own).map { $0 + $1 }
    }
    return (0..<directions.rows).map { row in
      let direction = directions.row(row)
      var value = 0.0
      let (before, after) = (captured.middle.row(row), captured.output.row(row))
      for column in 0..<configuration.width {
        value += (Double(after[column]) - Double(before[column])) * Double(direction[column])
      }
      if let shift = norm?.bias {
        value -= Double(configuration.residualScale) * product(shift, direction, count: shift.count)
      }
      return value - product(bias, inner.row(row), count: bias.count)
    }
  }

  /// Directions as what a part makes sees them, before it is normed, the scale held, and
  /// multiplied.
  private func beforeNorm(_ directions: Matrix, _ norm: Norm?, _ branch: Matrix?) -> Matrix {
    let factor = configuration.residualScale
    guard norm != nil || factor != 1 else { return directions }
    let slopes = MatrixBuilder(rows: directions.rows, columns: directions.columns)
    if let norm, let branch {
      norm.backward(
        directions.elements, branch.elements, into: slopes.elements, rows: directions.rows,
        holdsScale: true)
    } else {
      slopes.elements.update(from: directions.elements, count: directions.count)
    }
    if factor != 1 { sk_scale(slopes.elements, slopes.count, factor) }
    return slopes.frozen()
  }

  private func product(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Double {
    product(a, b, count: configuration.width)
  }

  private func product(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int
  ) -> Double {
    var sum = 0.0
    for index in 0..<count { sum += Double(a[index]) * Double(b[index]) }
    return sum
  }
}
