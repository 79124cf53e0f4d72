import CKernels
import LinearAlgebra
import SeerAnalysis

/// A UMAP map that grows step by step (McInnes, Healy and Melville 2018).
///
/// A step is an epoch: each neighbour pulls in its share of the epochs, and for each pull five random
/// others push. Where umap-learn moves points one after the other in place, here a point is moved by
/// its own neighbours alone while all others stand: the same input, options and seed give the same
/// points, bit by bit, on the same machine, whatever the number of cores. A pull goes a quarter of the
/// way at most: two points that pull each other from where both stood would change places, and maps
/// of 50,000 rows kept fewer neighbours than umap-learn's for that. Not for use by two threads at once.
final class UMAP {
  struct Options: Equatable, Sendable {
    /// Nearest rows that a row is compared with, itself among them as umap-learn counts.
    var neighbours = 15
    /// How near points may come to each other, in units of the map.
    var minDistance: Float = 0.1
    /// Nil for 500 up to 5,000 rows, 350 up to 20,000 and 250 beyond, and 200 more where densities are
    /// kept: of more rows fewer steps are as trustworthy. umap-learn takes 500 up to 10,000 and 200
    /// beyond.
    var epochs: Int?
    /// Random others that push, for each neighbour that pulls.
    var negatives = 5
    /// The first step's size; it falls to 0 with the last.
    var rate: Float = 1
    /// How much densities are kept (densMAP): 2 as its authors have it, 0 not at all.
    var density: Float = 0
    var seed: UInt64 = 0
  }

  /// The deviation of the points before the first step.
  static let spread: Float = 2

  let options: Options
  let epochs: Int
  /// Neighbours without the row itself that were looked at: fewer where rows are few.
  let neighbours: Int
  private(set) var epoch = 0
  private let curve: MapCurve
  private let memberships: SymmetricRows
  /// The share of the epochs in which a neighbour pulls, times 2^32.
  private let rates: Buffer<UInt32>
  private let rows: Int
  /// Nil where densities are not asked for, or all alike.
  private let density: DensityTerm?
  /// Of the density term: its weight in the unit of the pulls, which are shares of the strongest.
  private let densityScale: Float
  private var positions: Buffer<Float>
  private var next: Buffer<Float>

  /// - Parameter input: (rows, columns), centred and of moderate size (``Frame``).
  init(
    _ input: Matrix, options: Options, initialization: Initialization, isSpectral: Bool,
    checkpoint: Checkpoint, progress: (Double) -> Void
  ) throws {
    self.options = options
    rows = input.rows
    let usual = rows <= 5000 ? 500 : rows <= 20_000 ? 350 : 250
    epochs = options.epochs ?? usual + (options.density > 0 ? 200 : 0)
    curve = MapCurve(minDistance: Double(options.minDistance))
    neighbours = max(0, min(rows, options.neighbours) - 1)
    let found = try Neighbours.find(
      input, k: neighbours, checkpoint: checkpoint, progress: progress)
    memberships = try FuzzySet(found, checkpoint: checkpoint).memberships
    var points = try initialization.points(of: input, seed: options.seed, deviation: Self.spread)
      .frozen()
    if case .principalComponents = initialization {
      points =
        isSpectral
        ? try SpectralStart.points(memberships, from: points, checkpoint: checkpoint)
        : Self.asWideAsLong(points)
    }
    positions = Buffer(count: 2 * rows)
    next = Buffer(count: 2 * rows)
    positions.elements.update(from: points.elements, count: 2 * rows)
    rates = Self.rates(memberships, epochs: epochs)
    guard options.density > 0 else {
      (density, densityScale) = (nil, 0)
      return
    }
    let pulling = Self.pulling(memberships, rates)
    density = try DensityTerm(
      input, graph: pulling, curve: (curve.a, curve.b), checkpoint: checkpoint)
    let largest = (0..<pulling.values.count).reduce(0) { max($0, pulling.values.elements[$1]) }
    densityScale = Float(
      Double(options.density) * (density?.weight ?? 0) / Double(max(largest, 1e-30)))
  }

  /// Both components with the first one's deviation: where that is far longer, rows that differ in
  /// the second begin on top of each other, and more neighbours are lost for good.
  private static func asWideAsLong(_ points: Matrix) -> Matrix {
    let deviations = (0..<2).map { column in
      let values = (0..<points.rows).map { Double(points[$0, column]) }
      let mean = values.reduce(0, +) / Double(max(1, values.count))
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
    }
    guard deviations[1] > 0 else { return points }
    // Of rows on a line the second component is the start's jitter, which stays small.
    let stretch = Float(min(10, deviations[0] / deviations[1]))
    return Matrix(rows: points.rows, columns: 2) { row, column in
      points[row, column] * (column == 1 ? stretch : 1)
    }
  }

  /// The graph without the neighbours that never pull.
  private static func pulling(
    _ memberships: SymmetricRows, _ rates: Buffer<UInt32>
  ) -> SymmetricRows {
    let values = Buffer<Float>(count: rates.count)
    for entry in 0..<rates.count {
      values.elements[entry] = rates.elements[entry] > 0 ? memberships.values.elements[entry] : 0
    }
    return SymmetricRows(
      rows: memberships.rows, offsets: memberships.offsets, indices: memberships.indices,
      values: values)
  }

  /// Memberships that would pull in no epoch are left out.
  private static func rates(_ memberships: SymmetricRows, epochs: Int) -> Buffer<UInt32> {
    let values = memberships.values
    var largest: Float = 0
    for entry in 0..<values.count { largest = max(largest, values.elements[entry]) }
    let rates = Buffer<UInt32>(count: values.count)
    for entry in 0..<values.count {
      let share = largest > 0 ? Double(values.elements[entry] / largest) : 0
      rates.elements[entry] =
        share * Double(epochs) < 1 ? 0 : UInt32(min(share * 0x1p32, Double(UInt32.max)))
    }
    return rates
  }

  private func moment(_ rate: Float) -> sk_umap_epoch {
    sk_umap_epoch(
      a: Float(curve.a), b: Float(curve.b), rate: rate, negatives: UInt32(options.negatives),
      epoch: UInt32(truncatingIfNeeded: epoch), count: UInt32(truncatingIfNeeded: rows),
      seed: options.seed)
  }

  /// Takes one step. When a checkpoint throws, the map is as it was.
  func step(checkpoint: Checkpoint) throws {
    let rate = options.rate * (1 - Float(epoch) / Float(max(1, epochs)))
    var now = moment(rate)
    let keepsDensity = Double(epoch + 1) > (1 - DensityTerm.share) * Double(epochs)
    if keepsDensity { try density?.measure(positions.elements, checkpoint: checkpoint) }
    let (positions, next, rates, memberships) = (positions, next, rates, memberships)
    // At most some 20 ms between checkpoints.
    let part = 50_000
    for first in stride(from: 0, to: rows, by: part) {
      try checkpoint()
      withUnsafePointer(to: &now) { now in
        Parallel.ranges(of: min(part, rows - first), grain: 64) { range in
          sk_umap_move(
            next.elements, positions.elements, memberships.offsets.elements,
            memberships.indices.elements, rates.elements, first + range.lowerBound,
            first + range.upperBound, now)
        }
      }
    }
    // No further than four pulls go.
    if keepsDensity { density?.add(to: next.elements, scale: densityScale, limit: 16, rate: rate) }
    swap(&self.positions, &self.next)
    epoch += 1
  }

  /// What the steps descend, per membership: attraction and sampled repulsion.
  func loss() -> Double {
    var now = moment(0)
    let pieces = max(1, min(64, rows / 64))
    let sums = Buffer<Double>(count: pieces)
    let (positions, rows, memberships) = (positions, rows, memberships)
    withUnsafePointer(to: &now) { now in
      Parallel.forEach(pieces) { piece in
        sums.elements[piece] = sk_umap_loss(
          positions.elements, memberships.offsets.elements, memberships.indices.elements,
          memberships.values.elements, rows * piece / pieces, rows * (piece + 1) / pieces, 20, now)
      }
    }
    var (total, weight) = (0.0, 0.0)
    for piece in 0..<pieces { total += sums.elements[piece] }
    for entry in 0..<memberships.values.count {
      weight += Double(memberships.values.elements[entry])
    }
    return weight > 0 ? total / weight : 0
  }

  var moment: MapMoment {
    MapMoment(iteration: epoch, values: [.init("positions", positions)])
  }

  func restore(_ moment: MapMoment) throws(ProjectionError) {
    try moment.check(like: self.moment, iterations: epochs)
    epoch = moment.iteration
    positions.fill(from: moment.values[0].numbers)
  }

  /// A copy of the points (rows, 2) around the origin.
  var points: Matrix { centredPoints(positions, rows: rows) }

  /// Places new rows into a finished map: each starts between its nearest neighbours of the map and
  /// takes some epochs of its own, while the map stays as it is.
  ///
  /// - Parameters:
  ///   - new: (count, width), in the frame of `input`.
  ///   - input: (n, width), the rows of the map.
  ///   - map: (n, 2).
  static func place(
    _ new: Matrix, among input: Matrix, map: Matrix, options: Options, checkpoint: Checkpoint
  ) throws -> Matrix {
    let (n, count) = (input.rows, new.rows)
    let k = min(n, max(1, options.neighbours))
    let found = try NeighbourSearch(points: input, portable: false)
      .neighbours(of: new, k: k, checkpoint: checkpoint)
    let points = Buffer<Float>(count: 2 * (n + count))
    points.elements.update(from: map.elements, count: 2 * n)
    let offsets = Buffer<UInt32>(repeating: 0, count: n + count + 1)
    let rates = Buffer<UInt32>(count: count * k)
    let weights = Buffer<Float>(count: k)
    for row in 0..<count {
      offsets.elements[n + row + 1] = UInt32((row + 1) * k)
      let place = row * k
      let distances = (0..<k).map { found.squaredDistances.elements[place + $0].squareRoot() }
      distances.withUnsafeBufferPointer {
        FuzzySet.memberships(
          $0, meanOfAll: 0, reachesNearest: false, into: weights.elements)
      }
      var (x, y, total) = (Float(0), Float(0), Float(0))
      for entry in 0..<k {
        let other = map.row(Int(found.indices.elements[place + entry]))
        let weight = max(weights.elements[entry], 1e-6)
        x += weight * other[0]
        y += weight * other[1]
        total += weight
        rates.elements[place + entry] = UInt32(min(Double(weight) * 0x1p32, Double(UInt32.max)))
      }
      points.elements[2 * (n + row)] = x / total
      points.elements[2 * (n + row) + 1] = y / total
    }
    let curve = MapCurve(minDistance: Double(options.minDistance))
    let next = Buffer<Float>(count: 2 * (n + count))
    let epochs = 30
    for epoch in 0..<epochs {
      try checkpoint()
      var now = sk_umap_epoch(
        a: Float(curve.a), b: Float(curve.b),
        rate: options.rate / 4 * (1 - Float(epoch) / Float(epochs)),
        negatives: UInt32(options.negatives), epoch: UInt32(epoch), count: UInt32(n),
        seed: options.seed)
      sk_umap_move(
        next.elements, points.elements, offsets.elements, found.indices.elements, rates.elements,
        n, n + count, &now)
      (points.elements + 2 * n).update(from: next.elements + 2 * n, count: 2 * count)
    }
    return Matrix(rows: count, columns: 2) { points.elements[2 * (n + $0) + $1] }
  }
}
