import CKernels
import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import TestSupport
import Testing

/// Stored blocks: expanded bit for bit as the gguf package does (Fixtures/Blocks/make_blocks.py),
/// and multiplied as they are.
struct BlockTests {
  struct Golden: Decodable {
    let blocks: String
    let values: String
  }

  static let types = BlockType.ofGGUF

  /// Whether products with a few vectors have a kernel of the type's own. All others are made in one
  /// way, of which fewer sizes tell as much.
  static func hasOwnKernel(_ type: BlockType) -> Bool {
    type.isPlain || sk_dot_order(Int32(type.rawValue)) != 0
  }

  func bytes(hex: String) -> [UInt8] {
    let digits = hex.utf8.map { UInt8($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// Random stored rows, with a gap between them.
  func stored(
    _ type: BlockType, rows: Int, width: Int, rowBytes: Int, _ random: inout SeededGenerator
  ) -> [UInt8] {
    var result: [UInt8] = []
    for _ in 0..<rows {
      let row = type.randomBlocks(width / type.weights, using: &random)
      result += row + [UInt8](repeating: 0xFF, count: rowBytes - row.count)
    }
    return result
  }

  func expanded(_ type: BlockType, _ blocks: [UInt8], count: Int) -> [Float] {
    var values = [Float](repeating: .nan, count: count)
    #expect(sk_expand(Int32(type.rawValue), &values, blocks, count) == 1)
    return values
  }

  @Test(arguments: types.map(\.name).filter { $0 != "F32" })
  func expansionIsBitForBitTheReferences(name: String) throws {
    let data = Data(try TestSupport.bytes(ofFile: Fixtures.folder + "/Blocks/blocks.json"))
    let golden = try #require(JSONDecoder().decode([String: Golden].self, from: data)[name])
    let type = try #require(Self.types.first { $0.name == name })
    let blocks = bytes(hex: golden.blocks)
    let count = blocks.count / type.bytes * type.weights
    #expect(floatBytes(expanded(type, blocks, count: count)) == bytes(hex: golden.values))
  }

  @Test(arguments: types)
  func aPartOfARow(type: BlockType) {
    var random = SeededGenerator(seed: 3)
    let width = max(96, 2 * type.weights)
    let bytes = width / type.weights * type.bytes
    let row = stored(type, rows: 1, width: width, rowBytes: bytes, &random)
    let whole = expanded(type, row, count: width)
    for first in stride(from: 0, to: width, by: 32) {
      for count in stride(from: 32, through: width - first, by: 32) {
        var values = [Float](repeating: .nan, count: count + 1)
        #expect(sk_expand_part(Int32(type.rawValue), &values, row, first, count) == 1)
        #expect(Array(values.prefix(count)) == Array(whole[first..<first + count]))
        #expect(values[count].isNaN, "written past the end")
      }
    }
  }

  @Test func anUnknownTypeIsRefused() {
    var target: [Float] = [7]
    #expect(sk_expand(40, &target, [UInt8](repeating: 0, count: 256), 1) == 0)
    #expect(target == [7])
    #expect(
      sk_dot_rows(40, &target, 1, [UInt8](repeating: 0, count: 256), 4, 1, [1], 0, nil, 1, 1) == 0)
  }

  /// `sk_dot_rows` with the vectors in the order that the type wants; (tokens, stride).
  func dotRows(
    _ type: BlockType, _ rows: [UInt8], rowBytes: Int, count: Int, _ x: [Float], width: Int,
    tokens: Int, stride: Int
  ) -> [Float] {
    let number = Int32(type.rawValue)
    let bytes = sk_prepared_bytes(width)
    let prepared = UnsafeMutableRawPointer.allocate(byteCount: tokens * bytes, alignment: 64)
    defer { prepared.deallocate() }
    for token in 0..<tokens where sk_dot_order(number) != 0 {
      sk_prepare(
        sk_dot_order(number), 0, prepared + token * bytes,
        Array(x[(token * width)...].prefix(width)),
        width)
    }
    var out = [Float](repeating: .nan, count: tokens * stride)
    let done = sk_dot_rows(
      number, &out, stride, rows, rowBytes, count, x, 0, prepared, width, tokens)
    #expect(done == 1)
    return out
  }

  static let rowCounts = types.flatMap { type in
    (hasOwnKernel(type) ? [1, 2, 3, 4, 5, 7, 8, 9, 33] : [1, 5]).map { (type, $0) }
  }

  @Test(arguments: rowCounts)
  func rowsTimesVectors(type: BlockType, count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    let blocks = type.weights == 32 ? [1, 2, 3, 4, 10] : [1, 3]
    let widths =
      type.weights > 1
      ? blocks.map { $0 * type.weights } : [1, 2, 15, 16, 17, 31, 33, 100, 576]
    for width in widths {
      let ones = [Float](repeating: 1, count: width)
      for (tokens, gap) in [(1, 0), (1, type.bytes), (2, 0), (3, type.bytes), (4, 0), (7, 0)] {
        let rowBytes = width / type.weights * type.bytes + gap
        let rows = stored(type, rows: count, width: width, rowBytes: rowBytes, &random)
        // Elements of very different size in one block, and a block of zeros.
        let x = (0..<tokens * width).map { index in
          index % 97 < 32 ? 0 : random.normal() * (index % 29 == 0 ? 300 : 1)
        }
        let out = dotRows(
          type, rows, rowBytes: rowBytes, count: count, x, width: width, tokens: tokens,
          stride: count + 1)
        let lines = (0..<count).map { row in
          expanded(type, Array(rows[(row * rowBytes)...].prefix(rowBytes - gap)), count: width)
        }
        // An element is within 2^-22 of the largest of its block.
        let largest = (0..<tokens).map { token in
          Double(x[(token * width)...].prefix(width).map(abs).max() ?? 0)
        }
        let magnitudes = lines.map { naiveDot($0[...], ones[...]).size }
        for token in 0..<tokens {
          #expect(out[token * (count + 1) + count].isNaN, "written past the end")
          for (row, weights) in lines.enumerated() {
            let (sum, size) = naiveDot(weights[...], x[(token * width)...])
            let bound = 2e-6 * size + 2.4e-7 * largest[token] * magnitudes[row] + 2e-36
            let ours = Double(out[token * (count + 1) + row])
            #expect(
              abs(ours - sum) <= bound, "width \(width), \(tokens) vectors")
          }
        }
      }
    }
  }

  @Test(arguments: types, [Float.nan, .infinity, -.infinity])
  func whatIsNotFiniteStaysVisible(type: BlockType, value: Float) {
    var random = SeededGenerator(seed: 3)
    let width = type.weights == 256 ? 512 : 160
    let rowBytes = width / type.weights * type.bytes
    let rows = stored(type, rows: 5, width: width, rowBytes: rowBytes, &random)
    var x = (0..<width).map { _ in random.normal() }
    x[70] = value
    let out = dotRows(
      type, rows, rowBytes: rowBytes, count: 5, x, width: width, tokens: 1, stride: 5)
    #expect(out.allSatisfy { !$0.isFinite })
  }

  /// The kernels for many vectors that this processor has.
  static let manyVectorKernels: [ProductWay] =
    (sk_gemm_supported() != 0 ? [.panels] : [])
    + (sk_amx_supported() != 0 ? [.matrixUnit(.exact), .matrixUnit(.single)] : [])

  /// The vectors as products want them.
  func packed(_ x: [Float], tokens: Int, width: Int, _ kernel: ProductWay) -> [Float] {
    let size = kernel.packedFloats(tokens: tokens, width: width)
    guard size > 0 else { return x }
    var result = [Float](repeating: .nan, count: size)
    result.withUnsafeMutableBufferPointer { target in
      guard let target = target.baseAddress else { return }
      kernel.pack(x, tokens: tokens, width: width, into: target)
    }
    return result
  }

  @Test(arguments: manyVectorKernels, types)
  func manyVectors(kernel: ProductWay, type: BlockType) {
    for count in Self.hasOwnKernel(type) ? [1, 31, 32, 70] : [33] {
      manyVectors(kernel, type, count)
    }
  }

  func manyVectors(_ kernel: ProductWay, _ type: BlockType, _ count: Int) {
    var random = SeededGenerator(seed: UInt64(count) + 100)
    var parts = UnitNumbers.exact.rawValue
    if case .matrixUnit(let numbers) = kernel { parts = numbers.rawValue }
    // Each side of a product is rounded to 8 bits.
    let tolerance = parts == UnitNumbers.single.rawValue ? 8e-3 : 2e-6
    // The widest are summed in parts, of packed vectors.
    for width in type.weights > 1
      ? [type.weights, 3 * type.weights, 1280] : [1, 15, 33, 64, 1030]
    {
      let rowBytes = width / type.weights * type.bytes
      let rows = stored(type, rows: count, width: width, rowBytes: rowBytes, &random)
      let lines = (0..<count).map { row in
        expanded(type, Array(rows[(row * rowBytes)...].prefix(rowBytes)), count: width)
      }
      let few = kernel == .panels ? [15] : [33]
      let many = kernel == .panels ? [1, 13, 14, 15, 29] : [1, 31, 32, 33]
      for tokens in Self.hasOwnKernel(type) ? many : few {
        let x = (0..<tokens * width).map { _ in random.normal() }
        for beta: Float in [0, 1] {
          // One column more than the panel: it must stay as it is.
          let before = (0..<tokens * (count + 1)).map { _ in beta == 0 ? Float.nan : random.normal()
          }
          var out = before
          let done = rows.withUnsafeBytes { bytes in
            // Rows in reverse, to see that pointers are followed.
            let pointers = (0..<count).reversed().map { row in
              bytes.baseAddress.map { $0 + row * rowBytes }
            }
            return pointers.withUnsafeBufferPointer { buffer in
              let vectors = packed(x, tokens: tokens, width: width, kernel)
              return kernel == .panels
                ? sk_product(
                  Int32(type.rawValue), buffer.baseAddress, count, width, tokens, vectors, beta,
                  &out, count + 1)
                : sk_amx_product(
                  parts, Int32(type.rawValue), buffer.baseAddress, count, width, tokens, 0, tokens,
                  vectors, beta, &out, count + 1)
            }
          }
          #expect(done == 1)
          for token in 0..<tokens {
            for column in 0..<count {
              let weights = lines[count - 1 - column]
              let place = token * (count + 1) + column
              let start = beta == 0 ? 0 : Double(before[place])
              let (sum, size) = naiveDot(weights[...], x[(token * width)...])
              #expect(
                abs(Double(out[place]) - start - sum) <= tolerance * (size + abs(start) + 1e-30))
            }
            let spare = token * (count + 1) + count
            #expect(out[spare].bitPattern == before[spare].bitPattern, "written past the panel")
          }
        }
      }
    }
  }
}
