import CKernels
import LinearAlgebra
import SeerFormats

/// How products on the matrix unit take numbers: as the sum of so many bfloat16.
package enum UnitNumbers: Int32 {
  /// A float32.
  case exact = 3
  /// For gradients, which need no more: 16 of its 24 bits, in half the time.
  case short = 2
  /// Where they are to be fast: 8 of them, in a sixth of the time.
  case single = 1
  /// The whole numbers of quantised weights, whose scale comes after; exact vectors only.
  case blocks = 0

  /// How weights are taken that are multiplied with exact vectors in one loop.
  package init(weights: [StoredMatrix]) {
    let areBlocks = weights.allSatisfy { sk_amx_has_blocks(Int32($0.type.rawValue)) != 0 }
    self = areBlocks ? .blocks : .exact
  }
}

/// The ways in which many vectors are multiplied with stored weights.
package enum ProductWay: Equatable {
  /// On the processor's matrix unit, the vectors exact or short.
  case matrixUnit(UnitNumbers)
  /// On whole numbers of 16 bits: fast, not exact.
  case wholeNumbers
  /// By our AVX-512 kernel.
  case panels
  /// By OpenBLAS.
  case expanded

  /// Fewer tokens do not pay for splitting the weights into the unit's numbers (measured).
  static let leastUnitTokens = 64

  package init(
    tokens: Int, _ numbers: UnitNumbers = .exact, precision: Precision = .exact
  ) {
    if BLAS.hasMatrixUnit, tokens >= Self.leastUnitTokens {
      self = .matrixUnit(precision == .fast && numbers == .exact ? .single : numbers)
    } else if precision == .fast, BLAS.hasWholeNumbers {
      self = .wholeNumbers
    } else {
      self = BLAS.hasOwnKernel ? .panels : .expanded
    }
  }

  /// Floats that vectors take in the form that the products read; 0 where they stay as they are.
  package func packedFloats(tokens: Int, width: Int) -> Int {
    switch self {
    case .matrixUnit(let numbers): sk_amx_packed_floats(numbers.rawValue, tokens, width)
    case .wholeNumbers: sk_int16_packed_floats(tokens, width)
    case .panels: sk_packed_floats(tokens, width)
    case .expanded: 0
    }
  }

  package func pack(
    _ x: UnsafePointer<Float>, tokens: Int, width: Int, into target: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .matrixUnit(let numbers):
      Parallel.forEach(sk_amx_tiles(tokens)) {
        sk_amx_pack(numbers.rawValue, target, x, tokens, width, $0)
      }
    case .wholeNumbers:
      Parallel.forEach(sk_int16_tiles(tokens)) { sk_int16_pack(target, x, tokens, width, $0) }
    case .panels:
      let tile = Int(sk_token_tile)
      Parallel.forEach((tokens + tile - 1) / tile) { sk_pack_vectors(target, x, tokens, width, $0) }
    case .expanded: break
    }
  }

  /// How many rows (or columns, of the transpose) one piece takes of products that are made in one
  /// loop; `width` elements are summed.
  package func piece(of rows: [Int], width: Int, tokens: Int, weights: UnitNumbers) -> Int {
    guard case .matrixUnit(let numbers) = self else { return panelPiece(of: rows) }
    // Where the tokens are too few to be parted, the rows are.
    let panel = Int(sk_panel_width)
    let pieces = Self.wantedPieces(among: mostParts(tokens))
    let share = max(panel, rows.reduce(0, +) / pieces / panel * panel)
    // Only exact vectors meet whole numbers.
    let split = numbers == .exact ? weights : numbers
    return min(share, Int(sk_amx_piece(numbers.rawValue, split.rawValue, width, rows.max() ?? 0)))
  }

  /// The parts in which the tokens are multiplied with each of `pieces` pieces. Only the matrix unit
  /// is so fast that a core's share of the rows is better left whole: vectors that are read for few
  /// rows come more slowly than it multiplies them.
  func tokenParts(_ tokens: Int, pieces: Int) -> [Range<Int>] {
    let count = min(mostParts(tokens), Self.wantedPieces(among: pieces))
    let tiles = (tokens + Self.tile - 1) / Self.tile
    return (0..<count).map {
      tiles * $0 / count * Self.tile..<min(tokens, tiles * ($0 + 1) / count * Self.tile)
    }
  }

  /// Each part splits the weights anew, which takes the time of some three tiles.
  private func mostParts(_ tokens: Int) -> Int {
    guard case .matrixUnit = self else { return 1 }
    return max(1, (tokens + Self.tile - 1) / Self.tile / 12)
  }

  /// Into how many each of `count` is to be split: three pieces a core in all.
  private static func wantedPieces(among count: Int) -> Int {
    (3 * Parallel.workers + count - 1) / count
  }

  private static let tile = Int(sk_amx_side)
}

/// How many rows (or columns, of the transpose) one piece of products takes that are made in one
/// loop: as many as let all cores end soonest and stay in a core's cache.
///
/// There are three pieces a core where there are panels for it, so that a core that another process
/// takes away holds up a third of the loop. Every piece reads all vectors, which takes the
/// time of some four rows (measured).
private func panelPiece(of rows: [Int]) -> Int {
  let panel = Int(sk_panel_width)
  let cores = Parallel.workers
  let most = min(Int(sk_piece_rows), rows.reduce(0, +) / (3 * cores))
  var best = (size: panel, time: Int.max)
  for size in stride(from: panel, through: max(panel, most), by: panel) {
    let pieces = rows.reduce(0) { $0 + ($1 + size - 1) / size }
    let time = (pieces + cores - 1) / cores * (size + 4)
    if time <= best.time { best = (size, time) }
  }
  return best.size
}
