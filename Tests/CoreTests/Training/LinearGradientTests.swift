import CKernels
import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import TestSupport
import Testing

/// The input's gradient through stored weights against a naive product in Double.
struct LinearGradientTests {
  /// A weight of random blocks in a mapped file.
  static func weight(
    _ type: BlockType, rows: Int, columns: Int, order: StoredMatrix.RowOrder = .asStored,
    using random: inout SeededGenerator
  ) throws -> StoredMatrix {
    let bytes = type.randomBlocks(rows * columns / type.weights, using: &random)
    // Not at the start of the file: offsets are followed.
    let folder = try TemporaryFolder()
    let file = try MappedFile(path: folder.write(little(UInt64(0)) + bytes, to: "weight"))
    return StoredMatrix(
      type: type, rows: rows, columns: columns, order: order, in: file, range: 8..<8 + bytes.count)
  }

  /// Runs both and compares each element against the size of its terms: float32's rounding.
  static func compare(
    _ weights: [StoredMatrix], tokens: Int, adds: Bool, using random: inout SeededGenerator
  ) {
    let columns = weights[0].columns
    let slopes = weights.map { weight in
      Matrix(rows: tokens, columns: weight.rows) { _, _ in random.normal() }
    }
    let before = Matrix(rows: tokens + 1, columns: columns) { _, _ in
      adds ? random.normal() : .nan
    }
    let dx = MutableMatrix(copying: before)
    linearBackward(
      zip(weights, slopes).map { LinearBackwardTask(weight: $0, outputGradient: $1.elements) },
      tokens: tokens, into: dx.elements, adds: adds)
    let (sum, size) = naiveTransposedProduct(
      zip(weights, slopes).map { (expandedRows($0), $1) }, tokens: tokens, columns: columns)
    let worst = worstError(
      dx.elements, before: adds ? before.elements : nil, sum, size: size)
    #expect(
      worst <= 2e-6,
      "\(weights.map { "\($0.type.name) \($0.rows)x\($0.columns)" }), \(tokens) tokens, \(adds)")
    for column in 0..<columns {
      #expect(
        dx[tokens, column].bitPattern == before[tokens, column].bitPattern, "written past the end")
    }
  }

  @Test(arguments: BlockType.ofGGUF)
  func matchesTheNaiveProduct(type: BlockType) throws {
    var random = SeededGenerator(seed: UInt64(type.rawValue))
    let widths =
      switch type.weights {
      case 1: [1, 2, 15, 31, 32, 33, 64, 100]
      case 32: [32, 64, 96, 320]
      default: [256, 768]
      }
    for columns in widths {
      for rows in [1, 2, 31, 33, 96, 1100] {
        let weight = try Self.weight(type, rows: rows, columns: columns, using: &random)
        for tokens in [1, 2, 3, 4, 13, 14, 15, 29] where rows < 1000 || tokens == 15 {
          Self.compare([weight], tokens: tokens, adds: tokens % 2 == 0, using: &random)
        }
      }
    }
  }

  @Test(arguments: BlockType.ofGGUF, [2, 8, 16, 64])
  func followsTheInterleavedRowOrder(type: BlockType, headDimension: Int) throws {
    var random = SeededGenerator(seed: UInt64(headDimension))
    let weight = try Self.weight(
      type, rows: 3 * headDimension, columns: max(64, type.weights),
      order: .interleavedHeads(headDimension: headDimension), using: &random)
    for tokens in [1, 5, 17] {
      Self.compare([weight], tokens: tokens, adds: false, using: &random)
    }
    // The order matters at all: the same bytes in stored order are another matrix.
    if headDimension > 2 {
      let line = MutableMatrix(rows: 1, columns: weight.columns)
      #expect((0..<weight.rows).contains { weight.storedIndex(of: $0) != $0 })
      for row in 0..<weight.rows {
        weight.expand(row: row, into: line.elements)
        #expect(weight.row(ofStored: weight.storedIndex(of: row)) == row)
      }
    }
  }

  @Test func sumsOverWeightsOfDifferentTypesAndHeights() throws {
    var random = SeededGenerator(seed: 9)
    let weights = [
      try Self.weight(
        .q4_1, rows: 64, columns: 96, order: .interleavedHeads(headDimension: 16), using: &random),
      try Self.weight(.q8_0, rows: 32, columns: 96, using: &random),
      try Self.weight(.f16, rows: 7, columns: 96, using: &random),
      try Self.weight(.f32, rows: 1, columns: 96, using: &random),
    ]
    for tokens in [1, 6, 40] {
      for adds in [false, true] {
        Self.compare(weights, tokens: tokens, adds: adds, using: &random)
      }
    }
  }

  /// Forward is linear in x, so `dy . (W x)` and `(dy W) . x` are one number.
  @Test(arguments: BlockType.ofGGUF)
  func isTheTransposeOfTheForwardProduct(type: BlockType) throws {
    var random = SeededGenerator(seed: 11)
    let columns = max(96, type.weights)
    let weight = try Self.weight(type, rows: 65, columns: columns, using: &random)
    for tokens in [1, 3, 4, 19] {
      let x = Matrix(rows: tokens, columns: columns) { _, _ in random.normal() }
      let dy = Matrix(rows: tokens, columns: 65) { _, _ in random.normal() }
      let y = MutableMatrix(rows: tokens, columns: 65)
      let dx = MutableMatrix(rows: tokens, columns: columns)
      linearForward(
        x.elements, tokens: tokens, [LinearTask(weight: weight, output: y.elements)])
      linearBackward(
        [LinearBackwardTask(weight: weight, outputGradient: dy.elements)], tokens: tokens,
        into: dx.elements)
      let forward = dot(dy.values.doubles, y.values.doubles)
      let backward = dot(dx.values.doubles, x.values.doubles)
      let size = zip(dy.values, y.values).reduce(1e-30) { $0 + abs(Double($1.0 * $1.1)) }
      #expect(abs(forward - backward) <= 2e-6 * size)
    }
  }
}
