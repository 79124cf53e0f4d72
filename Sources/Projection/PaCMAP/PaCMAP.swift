import CKernels
import Foundation
import LinearAlgebra
import SeerAnalysis

/// A PaCMAP map that grows step by step (Wang, Huang, Rudin and Shaposhnik 2021).
///
/// Three phases: middle pairs lay out the whole with a weight that falls from 1,000 to 3, near pairs then
/// gather, and at last near pairs alone hold against far ones. Each step is one of Adam on all pairs.
/// The same input, options and seed give the same points, bit by bit, on the same machine, whatever the
/// number of cores. Not for use by two threads at once.
package final class PaCMAP {
  struct Options: Equatable, Sendable {
    /// Near pairs that a row begins.
    var neighbours = 10
    /// Steps in all: the first two phases take 100 each of 450.
    var iterations = 450
    /// Adam's step size.
    var rate: Float = 1
    /// Whether the first two phases are left out, as for a map that is gone on with.
    var isSettled = false
    var seed: UInt64 = 0
  }

  let options: Options
  let counts: PairSets.Counts
  private(set) var iteration = 0
  let iterations: Int
  private let rows: Int
  private let near: PairRows
  private let middle: PairRows
  private let far: PairRows
  private let means: Buffer<Float>
  private let squares: Buffer<Float>
  private var positions: Buffer<Float>
  private var next: Buffer<Float>

  /// - Parameter input: (rows, columns), centred and of moderate size (``Frame``).
  init(
    _ input: Matrix, options: Options, initialization: Initialization, checkpoint: Checkpoint,
    progress: (Double) -> Void
  ) throws {
    self.options = options
    rows = input.rows
    iterations =
      options.isSettled
      ? options.iterations - 2 * Self.phase(options.iterations) : options.iterations
    let sets = try PairSets(
      input, neighbours: options.neighbours, seed: options.seed, checkpoint: checkpoint,
      progress: progress)
    counts = sets.counts
    near = PairRows(sets.near, rows: rows, count: counts.near)
    middle = PairRows(sets.middle, rows: rows, count: counts.middle)
    far = PairRows(sets.far, rows: rows, count: counts.far)
    try checkpoint()
    let points = try initialization.points(of: input, seed: options.seed, deviation: 2e-3)
    positions = Buffer(count: 2 * rows)
    next = Buffer(count: 2 * rows)
    positions.elements.update(from: points.elements, count: 2 * rows)
    means = Buffer(repeating: 0, count: 2 * rows)
    squares = Buffer(repeating: 0, count: 2 * rows)
  }

  /// Steps of each of the first two phases.
  private static func phase(_ iterations: Int) -> Int { iterations * 2 / 9 }

  /// The weights of near, middle and far pairs in a step.
  package static func weights(iteration: Int, of iterations: Int) -> (
    near: Float, middle: Float, far: Float
  ) {
    let phase = phase(iterations)
    if iteration < phase {
      let share = Float(iteration) / Float(phase)
      return (2, 1000 * (1 - share) + 3 * share, 1)
    }
    return iteration < 2 * phase ? (3, 3, 1) : (1, 0, 1)
  }

  /// Takes one step. When a checkpoint throws, the map is as it was.
  func step(checkpoint: Checkpoint) throws {
    try checkpoint()
    let skipped = options.isSettled ? 2 * Self.phase(options.iterations) : 0
    let weights = Self.weights(iteration: iteration + skipped, of: options.iterations)
    let number = Double(iteration + 1)
    var now = sk_pacmap_step(
      near: weights.near, middle: weights.middle, far: weights.far,
      rate: options.rate * Float((1 - pow(0.999, number)).squareRoot() / (1 - pow(0.9, number))))
    var (near, middle, far) = (near.pairs, middle.pairs, far.pairs)
    let (positions, next, means, squares) = (positions, next, means, squares)
    withUnsafePointer(to: &now) { now in
      withUnsafePointer(to: &near) { near in
        withUnsafePointer(to: &middle) { middle in
          withUnsafePointer(to: &far) { far in
            Parallel.ranges(of: rows, grain: 64) { range in
              sk_pacmap_move(
                next.elements, positions.elements, means.elements, squares.elements, near, middle,
                far, range.lowerBound, range.upperBound, now, 0)
            }
          }
        }
      }
    }
    swap(&self.positions, &self.next)
    iteration += 1
  }

  /// The loss with the weights of the last phase, per pair.
  func loss() -> Double {
    let pairs = rows * (counts.near + counts.far)
    guard pairs > 0 else { return 0 }
    let pieces = max(1, min(64, rows / 64))
    let sums = Buffer<Double>(count: pieces)
    var (near, far) = (near.pairs, far.pairs)
    let (positions, rows) = (positions, rows)
    withUnsafePointer(to: &near) { near in
      withUnsafePointer(to: &far) { far in
        Parallel.forEach(pieces) { piece in
          sums.elements[piece] = sk_pacmap_loss(
            positions.elements, near, far, rows * piece / pieces, rows * (piece + 1) / pieces)
        }
      }
    }
    var total = 0.0
    for piece in 0..<pieces { total += sums.elements[piece] }
    return total / Double(2 * pairs)
  }

  var moment: MapMoment {
    MapMoment(
      iteration: iteration,
      values: [
        .init("positions", positions), .init("means", means), .init("squares", squares),
      ])
  }

  func restore(_ moment: MapMoment) throws(ProjectionError) {
    try moment.check(like: self.moment, iterations: iterations)
    iteration = moment.iteration
    for (buffer, values) in zip([positions, means, squares], moment.values) {
      buffer.fill(from: values.numbers)
    }
  }

  /// A copy of the points (rows, 2) around the origin.
  var points: Matrix { centredPoints(positions, rows: rows) }

  /// Places new rows into a finished map: each starts between its nearest neighbours of the map and
  /// descends the loss of its near pairs with them, while the map stays as it is.
  ///
  /// - Parameters:
  ///   - new: (count, width), in the frame of `input`.
  ///   - input: (n, width), the rows of the map.
  ///   - map: (n, 2).
  static func place(
    _ new: Matrix, among input: Matrix, map: Matrix, neighbours: Int, checkpoint: Checkpoint
  ) throws -> Matrix {
    let k = min(input.rows, max(1, neighbours))
    let found = try NeighbourSearch(points: input, portable: false)
      .neighbours(of: new, k: k, checkpoint: checkpoint)
    let points = Buffer<Float>(count: 2 * new.rows)
    for row in 0..<new.rows {
      let others = (0..<k).map { map.row(Int(found.indices.elements[row * k + $0])) }
      var (x, y) = (Float(0), Float(0))
      for other in others {
        x += other[0] / Float(k)
        y += other[1] / Float(k)
      }
      // Weighted means with the loss's own slopes as weights: what a point of least loss satisfies.
      for _ in 0..<50 {
        var (sumX, sumY, total) = (Float(0), Float(0), Float(0))
        for other in others {
          let (dx, dy) = (x - other[0], y - other[1])
          let distance = 11 + dx * dx + dy * dy
          let weight = 1 / (distance * distance)
          sumX += weight * other[0]
          sumY += weight * other[1]
          total += weight
        }
        guard total > 0 else { break }
        (x, y) = (sumX / total, sumY / total)
      }
      points.elements[2 * row] = x
      points.elements[2 * row + 1] = y
    }
    return Matrix(rows: new.rows, columns: 2) { points.elements[2 * $0 + $1] }
  }
}
