import CKernels
import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport

/// Products with stored weights at SmolLM2's gate (1536 x 576), for each block type, and the
/// layers around them. On one core.
enum Kernels {
  static let rows = 1536
  static let columns = 512

  static func run(_ runner: Runner) {
    var random = SeededGenerator(seed: 1)
    let x = Matrix(rows: 512, columns: 1536) { _, _ in random.normal() }
    let output = MutableMatrix(rows: 512, columns: rows)
    for type in BlockType.ofGGUF {
      let rowBytes = columns / type.weights * type.bytes
      // Bytes that are small numbers in every type, and scales that are finite.
      let weights = (0..<rows * rowBytes).map { _ in UInt8.random(in: 0..<0x38, using: &random) }
      let number = Int32(type.rawValue)
      runner.measure("expand \(type.name)") {
        for row in 0..<rows {
          weights.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            _ = sk_expand(number, output.elements, base + row * rowBytes, columns)
          }
        }
      }
      for tokens in [1, 8, 64, 512] {
        runner.measure("multiply \(type.name), \(tokens) tokens") {
          weights.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            if tokens <= directTokenLimit(type) {
              direct(number, base, rowBytes, x, tokens, into: output)
            } else {
              panels(number, base, rowBytes, x, tokens, into: output)
            }
          }
        }
      }
    }
    fast(runner, x)
    products(runner, x)
    layers(runner, x, output)
  }

  private static func direct(
    _ type: Int32, _ base: UnsafeRawPointer, _ rowBytes: Int, _ x: Matrix, _ tokens: Int,
    into output: MutableMatrix
  ) {
    let bytes = sk_prepared_bytes(columns)
    withUnsafeTemporaryAllocation(byteCount: tokens * bytes, alignment: 64) { buffer in
      guard let prepared = buffer.baseAddress else { return }
      for token in 0..<tokens where sk_dot_order(type) != 0 {
        sk_prepare(
          sk_dot_order(type), 0, prepared + token * bytes, x.elements + token * columns, columns)
      }
      _ = sk_dot_rows(
        type, output.elements, rows, base, rowBytes, rows, x.elements, 0, prepared, columns, tokens)
    }
  }

  private static func panels(
    _ type: Int32, _ base: UnsafeRawPointer, _ rowBytes: Int, _ x: Matrix, _ tokens: Int,
    into output: MutableMatrix
  ) {
    // These vectors are short enough to be read where they lie.
    precondition(sk_packed_floats(tokens, columns) == 0)
    let piece = Int(sk_piece_rows)
    for first in stride(from: 0, to: rows, by: piece) {
      let count = min(piece, rows - first)
      let pointers: [UnsafeRawPointer?] = (first..<first + count).map { base + $0 * rowBytes }
      _ = sk_product(
        type, pointers, count, columns, tokens, x.elements, 0, output.elements + first, rows)
    }
  }

  /// Products and their way back at SmolLM2's shapes, exact and fast, as models call them but on as
  /// many cores as `SEER_THREADS` says.
  private static func fast(_ runner: Runner, _ x: Matrix) {
    for (name, type) in [("Q4_1", BlockType.q4_1), ("Q8_0", .q8_0), ("Q4_K", .q4_k)] {
      for (shape, n, k) in [("gate", 1536, 512), ("down", 512, 1536)] {
        guard let weight = stored(type, rows: n, columns: k) else { continue }
        let output = MutableMatrix(rows: 512, columns: max(n, k))
        for tokens in [1, 64, 200, 512] {
          for precision in Precision.allCases {
            runner.measure("\(precision) \(shape) \(name), \(tokens) tokens") {
              linearForward(
                x.elements, tokens: tokens, precision: precision,
                [LinearTask(weight: weight, output: output.elements)])
            }
          }
        }
        for precision in Precision.allCases {
          runner.measure("\(precision) \(shape) \(name) backwards, 512 tokens") {
            linearBackward(
              [LinearBackwardTask(weight: weight, outputGradient: x.elements)], tokens: 512,
              precision: precision, into: output.elements)
          }
        }
      }
    }
  }

  /// Bytes that are small numbers in every type, and scales that are finite, as a weight of a file.
  private static func stored(_ type: BlockType, rows: Int, columns: Int) -> StoredMatrix? {
    var random = SeededGenerator(seed: 2)
    let bytes = (0..<rows * columns / type.weights * type.bytes).map { _ in
      UInt8.random(in: 0..<0x38, using: &random)
    }
    let path = NSTemporaryDirectory() + "seer-bench-\(getpid())"
    defer { unlink(path) }
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes)),
      let file = try? MappedFile(path: path)
    else { return nil }
    return StoredMatrix(
      type: type, rows: rows, columns: columns, order: .asStored, in: file, range: 0..<bytes.count)
  }

  /// The products of a block of SmolLM2 over 512 tokens, in float32.
  private static func products(_ runner: Runner, _ x: Matrix) {
    for (name, n, k) in [
      ("queries", 576, 576), ("keys", 192, 576), ("gate", 1536, 576), ("down", 576, 1536),
    ] {
      let weights = Matrix(rows: n, columns: k) { Float($0 % 7) - Float($1 % 5) }
      let output = MutableMatrix(rows: 512, columns: n)
      runner.measure("sgemm \(name) 512 x \(n) x \(k)") {
        BLAS.sgemm(
          transposeB: true, m: 512, n: n, k: k, x.elements, stride: k, weights.elements, stride: k,
          into: output.elements, stride: n)
      }
    }
  }

  private static func layers(_ runner: Runner, _ x: Matrix, _ output: MutableMatrix) {
    let weight = [Float](repeating: 1, count: 576)
    runner.measure("RMS norm, 512 x 576") {
      for row in 0..<512 { sk_rms_norm(output.row(row), x.row(row), weight, 576, 1e-5) }
    }
    runner.measure("silu product, 512 x 1536") {
      sk_silu_multiply(output.elements, x.elements, x.elements, 512 * 1536)
    }
    runner.measure("softmax, 512 x 512") {
      for row in 0..<512 {
        output.row(row).update(from: x.row(row), count: 512)
        sk_softmax(output.row(row), 512)
      }
    }
    let (cosines, sines) = ([Float](repeating: 0.6, count: 32), [Float](repeating: 0.8, count: 32))
    runner.measure("RoPE, 512 tokens x 9 heads of 64") {
      for row in 0..<512 {
        for head in 0..<9 { sk_rotate(output.row(row) + head * 64, cosines, sines, 32) }
      }
    }
    runner.measure("attention of one token, 9 heads, 512 keys") {
      for head in 0..<3 {
        sk_dots(output.elements, 512, x.elements + head * 64, 192, 512, x.row(500), 64, 3, 64)
        sk_weighted_sums(
          output.elements, 64, x.elements + head * 64, 192, 512, x.row(400), 512, 3, 64)
      }
    }
  }
}
