import CKernels
import LinearAlgebra
import SeerFormats
import SeerModels
import TestSupport
import Testing

/// Products on whole numbers of 16 bits, against loops over the same numbers and over the numbers as
/// they were.
@Suite(.enabled(if: BLAS.hasWholeNumbers, "the processor has no AVX-512 VNNI"))
struct WholeNumberTests {
  static let types = BlockType.ofGGUF

  /// What 32 numbers become, the largest so many; an empty list of zeros stays as it is.
  static func rounded(_ x: [Float], largest limit: Float) -> [Double] {
    let largest = x.map(abs).max() ?? 0
    guard largest > 1e-30 else { return x.map { _ in 0 } }
    let inverse = limit / largest
    let scale = Double(largest / limit)
    return x.map { Double(($0 * inverse).rounded(.toNearestOrEven)) * scale }
  }

  static func roundedBlocks(_ x: [Float], largest limit: Float) -> [Double] {
    stride(from: 0, to: x.count, by: 32).flatMap { start in
      rounded(Array(x[start..<min(start + 32, x.count)]), largest: limit)
    }
  }

  /// Elements of very different size in one block, and blocks of zeros.
  static func vector(_ count: Int, _ random: inout SeededGenerator) -> [Float] {
    (0..<count).map { index in
      index % 131 < 32 ? 0 : random.normal() * (index % 29 == 0 ? 300 : 1)
    }
  }

  struct Weights {
    let type: BlockType
    let bytes: [UInt8]
    let rowBytes: Int
    let lines: [[Float]]

    init(_ type: BlockType, rows: Int, width: Int, _ random: inout SeededGenerator) {
      self.type = type
      rowBytes = width / type.weights * type.bytes
      bytes = (0..<rows).flatMap { _ in
        type.randomBlocks(width / type.weights, using: &random)
      }
      lines = Self.expanded(type, bytes, rowBytes: rowBytes, width: width)
    }

    init(_ type: BlockType, _ bytes: [UInt8], width: Int) {
      self.type = type
      self.bytes = bytes
      rowBytes = width / type.weights * type.bytes
      lines = Self.expanded(type, bytes, rowBytes: rowBytes, width: width)
    }

    private static func expanded(
      _ type: BlockType, _ bytes: [UInt8], rowBytes: Int, width: Int
    ) -> [[Float]] {
      stride(from: 0, to: bytes.count, by: rowBytes).map { start in
        var line = [Float](repeating: .nan, count: width)
        let row = Array(bytes[start..<start + rowBytes])
        #expect(sk_expand(Int32(type.rawValue), &line, row, width) == 1)
        return line
      }
    }

    /// The rows in reverse, to see that pointers are followed.
    func withRows<Result>(_ body: (UnsafePointer<UnsafeRawPointer?>) -> Result) -> Result? {
      bytes.withUnsafeBytes { bytes in
        let pointers = lines.indices.reversed().map { row in
          bytes.baseAddress.map { $0 + row * rowBytes }
        }
        return pointers.withUnsafeBufferPointer { $0.baseAddress.map(body) }
      }
    }
  }

  func packed(_ x: [Float], tokens: Int, width: Int) -> [Float] {
    let way = ProductWay.wholeNumbers
    var result = [Float](
      repeating: .nan, count: way.packedFloats(tokens: tokens, width: width))
    result.withUnsafeMutableBufferPointer { target in
      guard let target = target.baseAddress else { return }
      way.pack(x, tokens: tokens, width: width, into: target)
    }
    return result
  }

  /// (tokens, rows), the rows reversed, with a column between that must stay as it is.
  func product(
    _ weights: Weights, _ x: [Float], tokens: Int, width: Int, beta: Float, before: [Float]
  ) -> [Float] {
    var out = before
    let vectors = packed(x, tokens: tokens, width: width)
    let done = weights.withRows {
      sk_int16_product(
        Int32(weights.type.rawValue), $0, weights.lines.count, width, tokens, vectors, beta, &out,
        weights.lines.count + 1)
    }
    #expect(done == 1)
    return out
  }

  @Test(arguments: types)
  func products(type: BlockType) {
    let isWhole = sk_int16_is_whole(Int32(type.rawValue)) != 0
    // The widest are summed in parts.
    let widths =
      type.weights > 1
      ? [type.weights, 3 * type.weights, 2304] : [1, 15, 33, 64, 1030, 2100]
    for count in isWhole ? [1, 33, 70] : [33] {
      for width in widths where width < 1000 || count == 33 {
        var random = SeededGenerator(seed: UInt64(width + count))
        let weights = Weights(type, rows: count, width: width, &random)
        let own = weights.lines.map { line in
          isWhole ? line.map { Double($0) } : Self.roundedBlocks(line, largest: 4096)
        }
        for tokens in width > 1000 ? [15] : [1, 13, 29] {
          let x = (0..<tokens).map { _ in Self.vector(width, &random) }
          for beta: Float in [0, 1] {
            let before = (0..<tokens * (count + 1)).map { _ in
              beta == 0 ? Float.nan : random.normal()
            }
            let out = product(
              weights, x.flatMap { $0 }, tokens: tokens, width: width, beta: beta, before: before)
            for token in Set([0, 13, tokens - 1]).filter({ $0 < tokens }) {
              let numbers = Self.roundedBlocks(x[token], largest: Float(sk_int16_largest))
              for column in 0..<count {
                let line = count - 1 - column
                let place = token * (count + 1) + column
                let start = beta == 0 ? 0 : Double(before[place])
                let dot = naiveDot(
                  rounded: own[line], of: weights.lines[line], numbers, of: x[token])
                let size = dot.size + abs(start) + 1e-30
                let found = Double(out[place]) - start
                #expect(abs(found - dot.sum) <= 3e-6 * size)
                let exact = naiveDot(weights.lines[line][...], x[token][...]).sum
                #expect(abs(found - exact) <= 2e-6 * size + dot.slack)
              }
              let spare = token * (count + 1) + count
              #expect(out[spare].bitPattern == before[spare].bitPattern, "written past the panel")
            }
          }
        }
      }
    }
  }

  /// Few vectors, multiplied with the blocks directly, take the same numbers: only the order of sums
  /// differs.
  @Test(arguments: types.filter { sk_int16_is_whole(Int32($0.rawValue)) != 0 })
  func fewVectorsTakeTheSameNumbers(type: BlockType) {
    var random = SeededGenerator(seed: 5)
    let (rows, width, tokens) = (37, 3 * max(256, type.weights), 3)
    let weights = Weights(type, rows: rows, width: width, &random)
    let x = (0..<tokens).flatMap { _ in Self.vector(width, &random) }
    let many = product(
      weights, x, tokens: tokens, width: width, beta: 0,
      before: [Float](repeating: 0, count: tokens * (rows + 1)))
    let number = Int32(type.rawValue)
    let bytes = sk_prepared_bytes(width)
    let prepared = UnsafeMutableRawPointer.allocate(byteCount: tokens * bytes, alignment: 64)
    defer { prepared.deallocate() }
    for token in 0..<tokens {
      sk_prepare(
        sk_dot_order(number), 1, prepared + token * bytes,
        Array(x[(token * width)...].prefix(width)), width)
    }
    var few = [Float](repeating: .nan, count: tokens * rows)
    #expect(
      sk_dot_rows(
        number, &few, rows, weights.bytes, weights.rowBytes, rows, x, 1, prepared, width, tokens)
        == 1)
    for token in 0..<tokens {
      for row in 0..<rows {
        let size = zip(weights.lines[row], x[(token * width)...]).reduce(0) {
          $0 + abs($1.0 * $1.1)
        }
        let found = many[token * (rows + 1) + rows - 1 - row]
        #expect(abs(found - few[token * rows + row]) <= 2e-6 * size)
      }
    }
  }

  /// All numbers as large as they can be: no sum of 32 leaves its 32 bits.
  @Test(arguments: [Float(1), -1, 3e30])
  func theLargestNumbers(value: Float) {
    let width = 512
    let half = little(Float16(0.5).bitPattern)
    let cases: [(BlockType, [UInt8])] = [
      (.q8_0, half + [UInt8](repeating: 128, count: 32)),
      (.q4_0, half + [UInt8](repeating: 0, count: 16)),
      (.q4_1, half + half + [UInt8](repeating: 0xFF, count: 16)),
      (.q5_1, half + half + [UInt8](repeating: 0xFF, count: 20)),
      // Nibbles and high bits 0: -32, times scales of -128.
      (
        .q6_k,
        [UInt8](repeating: 0, count: 192) + [UInt8](repeating: 128, count: 16) + half
      ),
      (.f32, little(Float(1e5).bitPattern)),
    ]
    for (type, block) in cases {
      let row = [[UInt8]](repeating: block, count: width / type.weights).flatMap { $0 }
      let weights = Weights(type, row + row, width: width)
      let x = [Float](repeating: value, count: width)
      let out = product(
        weights, x, tokens: 1, width: width, beta: 0, before: [0, 0, 0])
      let wanted = weights.lines[0].reduce(0) { $0 + Double($1) } * Double(value)
      for found in out[..<2] {
        #expect(abs(Double(found) - wanted) <= 4e-6 * abs(wanted), "\(type.name)")
      }
    }
  }

  @Test(arguments: types, [Float.nan, .infinity, -.infinity])
  func whatIsNotFiniteStaysVisible(type: BlockType, value: Float) {
    var random = SeededGenerator(seed: 3)
    let width = type.weights == 256 ? 512 : 160
    let weights = Weights(type, rows: 5, width: width, &random)
    var x = (0..<2 * width).map { _ in random.normal() }
    x[70] = value
    let out = product(
      weights, x, tokens: 2, width: width, beta: 0, before: [Float](repeating: 0, count: 12))
    #expect(out[..<5].allSatisfy { !$0.isFinite }, "the vector's own results")
    #expect(out[6..<11].allSatisfy { $0.isFinite }, "the other one's")
  }

  @Test(arguments: [BlockType.f32, .f16, .bf16])
  func weightsThatAreNotFiniteStayVisible(type: BlockType) {
    var random = SeededGenerator(seed: 4)
    let width = 96
    var weights = Weights(type, rows: 3, width: width, &random)
    var bytes = weights.bytes
    // All bits of the exponent: infinity or no number.
    for byte in 0..<type.bytes { bytes[weights.rowBytes + 40 * type.bytes + byte] = 0xFF }
    weights = Weights(type, bytes, width: width)
    let x = (0..<width).map { _ in random.normal() }
    let out = product(weights, x, tokens: 1, width: width, beta: 0, before: [0, 0, 0, 0])
    #expect(out[0].isFinite && !out[1].isFinite && out[2].isFinite)
  }

  @Test(arguments: types)
  func backwards(type: BlockType) {
    var random = SeededGenerator(seed: 9)
    for (rows, width) in [(1, 1), (33, 3), (70, 2), (1030, 1)]
    where rows < 1000 || type.weights == 1 {
      let columns = type.weights > 1 ? width * type.weights : 50
      let weights = Weights(type, rows: rows, width: columns, &random)
      let tokens = 15
      let y = (0..<tokens).map { _ in Self.vector(rows, &random) }
      // A part of the columns that begins and ends where parts may.
      let first = columns > 32 ? 32 : 0
      let count = columns - first
      for beta: Float in [0, 1] {
        let before = (0..<tokens * (count + 1)).map { _ in
          beta == 0 ? Float.nan : random.normal()
        }
        var out = before
        let vectors = packed(y.flatMap { $0 }, tokens: tokens, width: rows)
        let done = weights.withRows {
          sk_int16_product_back(
            Int32(type.rawValue), $0, rows, first, count, tokens, vectors, beta, &out, count + 1)
        }
        #expect(done == 1)
        let reversed = Array(weights.lines.reversed())
        for column in 0..<count {
          let line = reversed.map { $0[first + column] }
          let own = Self.roundedBlocks(line, largest: 4096)
          for token in [0, 13, 14] {
            let numbers = Self.roundedBlocks(y[token], largest: Float(sk_int16_largest))
            let place = token * (count + 1) + column
            let start = beta == 0 ? 0 : Double(before[place])
            let terms = zip(own, numbers).map { $0 * $1 }
            let size = terms.reduce(abs(start) + 1e-30) { $0 + abs($1) }
            #expect(abs(Double(out[place]) - start - terms.reduce(0, +)) <= 2e-6 * size)
          }
        }
        for token in 0..<tokens {
          let spare = token * (count + 1) + count
          #expect(out[spare].bitPattern == before[spare].bitPattern, "written past the columns")
        }
      }
    }
  }

  @Test func anUnknownTypeIsRefused() {
    let vectors = packed([Float](repeating: 1, count: 32), tokens: 1, width: 32)
    var out: [Float] = [7]
    let row = [UInt8](repeating: 0, count: 256)
    row.withUnsafeBytes { bytes in
      let pointers = [bytes.baseAddress]
      #expect(sk_int16_product(40, pointers, 1, 32, 1, vectors, 0, &out, 1) == 0)
      #expect(sk_int16_product_back(40, pointers, 1, 0, 32, 1, vectors, 0, &out, 1) == 0)
    }
    #expect(out == [7])
  }
}
