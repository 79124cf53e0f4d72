import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import TestModels
import TestSupport
import Testing

/// Products with stored weights, by every path, against the expanded rows in Double.
struct LinearTests {
  /// A few tokens are multiplied with the blocks, more by panels, many on the matrix unit.
  @Test(arguments: TinyLlama.types, [1, 2, 3, 7, 8, 16, 17, 20, 63, 64, 97])
  func products(type: BlockType, tokens: Int) throws {
    let block = try TinyLlama.model(type).transformer.blocks[1]
    // Interleaved rows, as many rows as columns, and others.
    for weights in [
      [block.queries, block.keys, block.values],
      [try #require(block.gate), try #require(block.up)],
      [try #require(block.down)],
    ].map({ $0.map(\.weight) }) {
      var random = SeededGenerator(seed: 1)
      let x = Matrix(rows: tokens, columns: weights[0].columns) { _, _ in random.normal() }
      for adds in [false, true] {
        let before = weights.map { weight in
          Matrix(rows: tokens, columns: weight.rows) { _, _ in adds ? random.normal() : .nan }
        }
        let together = before.map(MutableMatrix.init(copying:))
        linearForward(
          x.elements, tokens: tokens,
          zip(weights, together).map {
            LinearTask(weight: $0, output: $1.elements, adds: adds)
          })
        for (index, weight) in weights.enumerated() {
          let expanded = MutableMatrix(copying: before[index])
          let task = LinearTask(weight: weight, output: expanded.elements, adds: adds)
          for first in stride(from: 0, to: weight.rows, by: 32) {
            expandedProduct(
              x.elements, tokens: tokens, task, rows: first..<min(first + 32, weight.rows))
          }
          let wanted = naiveProduct(x, weight, adds ? before[index] : nil)
          #expect(relativeDistance(together[index].values, wanted) <= 1e-6)
          #expect(relativeDistance(expanded.values, wanted) <= 1e-6)
        }
      }
    }
  }

  /// Rows so long that vectors are packed and sums made in parts, forwards and backwards.
  @Test(arguments: [(40, 1030), (1030, 40), (600, 800)], [20, 30, 70])
  func wideProducts(shape: (rows: Int, columns: Int), tokens: Int) {
    var random = SeededGenerator(seed: 7)
    let weights = (0..<2).map { _ in
      StoredMatrix(
        Matrix(rows: shape.rows, columns: shape.columns) { _, _ in random.normal() })
    }
    let x = Matrix(rows: tokens, columns: shape.columns) { _, _ in random.normal() }
    let outputs = weights.map { _ in
      MutableMatrix(rows: tokens, columns: shape.rows) { _, _ in random.normal() }
    }
    let before = outputs.map { $0.copy() }
    linearForward(
      x.elements, tokens: tokens,
      zip(weights, outputs).map { LinearTask(weight: $0, output: $1.elements, adds: true) })
    for (index, weight) in weights.enumerated() {
      #expect(
        relativeDistance(outputs[index].values, naiveProduct(x, weight, before[index])) <= 1e-6)
    }
    let gradient = MutableMatrix(rows: tokens, columns: shape.columns)
    linearBackward(
      zip(weights, before).map { LinearBackwardTask(weight: $0, outputGradient: $1.elements) },
      tokens: tokens, into: gradient.elements)
    let wanted = naiveTransposedProduct(
      zip(weights, before).map { (expandedRows($0), $1) }, tokens: tokens, columns: shape.columns
    ).sum
    // Short numbers: what two roundings to 8 bits leave of each side, and the product of what one
    // leaves of both, each with a root mean square of (2^-8 / sqrt 3 * 0.7)^2; together 4.3e-6.
    let isShort = ProductWay(tokens: tokens, .short) == .matrixUnit(.short)
    #expect(relativeDistance(gradient.values, wanted.floats) <= (isShort ? 5e-6 : 1e-6))
  }

  /// So many tokens that the matrix unit takes them in parts; each token's result is the one it has
  /// among a few of that batch: bit for bit with our own kernels, up to rounding with OpenBLAS, which
  /// sums the last tokens of a product in another order.
  @Test(arguments: Precision.allCases) func aTokenDoesNotDependOnOthers(precision: Precision) {
    let tolerance = Self.tolerance(precision)
    var random = SeededGenerator(seed: 8)
    let tokens = 800
    let weight = StoredMatrix(Matrix(rows: 70, columns: 800) { _, _ in random.normal() })
    let x = Matrix(rows: tokens, columns: 800) { _, _ in random.normal() }
    let start = Matrix(rows: tokens, columns: 70) { _, _ in random.normal() }
    for adds in [false, true] {
      let all = MutableMatrix(copying: start)
      linearForward(
        x.elements, tokens: tokens, precision: precision,
        [LinearTask(weight: weight, output: all.elements, adds: adds)])
      #expect(
        relativeDistance(all.values, naiveProduct(x, weight, adds ? start : nil)) <= tolerance)
      for range in [0..<1, 37..<75, 767..<800] {
        let some = MutableMatrix(MatrixBuilder(copying: start, rows: Array(range)))
        linearForward(
          x.row(range.lowerBound), tokens: range.count, ofBatch: tokens, precision: precision,
          [LinearTask(weight: weight, output: some.elements, adds: adds)])
        let wanted = all.selecting(rows: Array(range)).values
        if BLAS.hasOwnKernel {
          #expect(some.values == wanted)
        } else {
          #expect(relativeDistance(some.values, wanted) <= 1e-6)
        }
      }
    }
  }

  /// How near products come to those of Double, relative to their length.
  static func tolerance(_ precision: Precision) -> Double {
    precision == .exact ? 1e-6 : BLAS.hasMatrixUnit ? 5e-3 : BLAS.hasWholeNumbers ? 3e-4 : 1e-6
  }

  /// Fast products by every path. Of whole numbers few and many tokens differ by no more than orders
  /// of sums do.
  @Test(arguments: TinyLlama.types, [1, 7, 16, 17, 63, 64, 97])
  func fastProducts(type: BlockType, tokens: Int) throws {
    let block = try TinyLlama.model(type).transformer.blocks[1]
    for weights in [[block.queries, block.keys, block.values], [try #require(block.down)]].map({
      $0.map(\.weight)
    }) {
      var random = SeededGenerator(seed: 1)
      let x = Matrix(rows: tokens, columns: weights[0].columns) { _, _ in random.normal() }
      let outputs = weights.map { MutableMatrix(rows: tokens, columns: $0.rows) }
      linearForward(
        x.elements, tokens: tokens, precision: .fast,
        zip(weights, outputs).map { LinearTask(weight: $0, output: $1.elements) })
      for (weight, output) in zip(weights, outputs) {
        #expect(
          relativeDistance(output.values, naiveProduct(x, weight, nil)) <= Self.tolerance(.fast))
        guard directTokenLimit(type) == 16, !BLAS.hasMatrixUnit else { continue }
        let alone = MutableMatrix(rows: 1, columns: weight.rows)
        linearForward(
          x.row(tokens - 1), tokens: 1, precision: .fast,
          [LinearTask(weight: weight, output: alone.elements)])
        #expect(relativeDistance(alone.values, output.values(row: tokens - 1)) <= 1e-6)
      }
    }
  }

  @Test(arguments: [2, 16, 64])
  func everyStoredRowIsOneOfOurs(headDimension: Int) throws {
    let file = try MappedFile(path: Fixtures.tinyModel)
    let matrix = StoredMatrix(
      type: .f32, rows: 3 * headDimension, columns: 1,
      order: .interleavedHeads(headDimension: headDimension), in: file,
      range: 0..<12 * headDimension)
    let stored = (0..<matrix.rows).map { matrix.storedIndex(of: $0) }
    #expect(stored.sorted() == Array(0..<matrix.rows))
    #expect(stored.map { matrix.row(ofStored: $0) } == Array(0..<matrix.rows))
    // The second half of a head begins at the head's stored row 1.
    #expect(stored[headDimension / 2] == 1 && stored[headDimension] == headDimension)
  }
}
