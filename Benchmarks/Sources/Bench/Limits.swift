import CKernels
import Foundation
import LinearAlgebra

/// What the machine can do at most, on all cores: float32 products in the cache and at a model's
/// shapes, and reading memory.
enum Limits {
  /// GFLOP/s of the kernel by itself: one packed tile times one packed panel, both in the cache. No
  /// product of whole matrices can be faster. 0 where the processor lacks AVX-512.
  static func kernel() -> Double {
    guard BLAS.hasOwnKernel else { return 0 }
    let (m, n, k, rounds) = (Int(sk_token_tile), Int(sk_panel_width), 512, 4096)
    let sets = (0..<Parallel.workers).map { _ in
      (
        Matrix(rows: k, columns: m) { Float($0 % 7) - Float($1 % 5) },
        Matrix(rows: k, columns: n) { Float($0 % 5) - Float($1 % 3) },
        MutableMatrix(rows: m, columns: n)
      )
    }
    let best = best(of: 12) {
      Parallel.forEach(sets.count) { index in
        let (tile, panel, output) = sets[index]
        for _ in 0..<rounds {
          sk_gemm_tile(m, n, k, tile.elements, panel.elements, 0, output.elements, n)
        }
      }
    }
    return Double(sets.count * rounds * 2 * m * n * k) / best / 1e9
  }

  /// GFLOP/s of (512, 576) x (576, 1536) products, each core its own.
  static func products() -> Double {
    let sets = (0..<Parallel.workers).map { _ in
      (
        Matrix(rows: 512, columns: 576), Matrix(rows: 576, columns: 1536),
        MutableMatrix(rows: 512, columns: 1536)
      )
    }
    let best = best(of: 12) {
      Parallel.forEach(sets.count) { index in
        let (a, b, c) = sets[index]
        for _ in 0..<4 {
          BLAS.sgemm(
            m: 512, n: 1536, k: 576, a.elements, stride: 576, b.elements, stride: 1536,
            into: c.elements, stride: 1536)
        }
      }
    }
    return Double(sets.count * 4 * 2 * 512 * 576 * 1536) / best / 1e9
  }

  /// GB/s of reading 512 MB.
  static func reading() -> Double {
    let rows = 512
    let memory = Matrix(rows: rows, columns: 1 << 18)
    let sums = MutableMatrix(rows: rows, columns: 1)
    let best = best(of: 12) {
      Parallel.forEach(rows) { row in
        let first = memory.row(row)
        sums[row, 0] = sk_squared_distance(first, first + memory.columns / 2, memory.columns / 2)
      }
    }
    return Double(memory.count * 4) / best / 1e9
  }

  private static func best(of rounds: Int, _ work: () -> Void) -> Double {
    (0..<rounds).map { _ in
      let started = ContinuousClock.now
      work()
      let passed = started.duration(to: .now).components
      return Double(passed.seconds) + Double(passed.attoseconds) * 1e-18
    }.min() ?? 0
  }
}
