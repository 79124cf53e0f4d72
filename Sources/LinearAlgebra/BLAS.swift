import CKernels
import COpenBLAS

/// Matrix products on one thread per call: our own loops spread work over the cores, so a core is
/// never asked for twice and the order of every sum is fixed.
///
/// Where the processor has AVX-512, `sgemm` is our own kernel: OpenBLAS may have been told, or may
/// have chosen, to run AVX2 code there. Elsewhere it is OpenBLAS's.
public enum BLAS {
  /// Whether `sgemm` runs on our AVX-512 kernel.
  public static let hasOwnKernel = sk_gemm_supported() != 0
  /// Whether many vectors are multiplied with stored weights on the processor's matrix unit.
  public static let hasMatrixUnit = sk_amx_supported() != 0

  /// Whether the processor multiplies whole numbers of 16 bits and sums them (AVX-512 VNNI).
  public static let hasWholeNumbers = sk_int16_supported() != 0

  /// What products may run on that are to be fast rather than exact; nil where nothing is faster.
  public static var fastProducts: String? {
    hasMatrixUnit
      ? "single bfloat16 (matrix unit)" : hasWholeNumbers ? "whole numbers of 16 bits (VNNI)" : nil
  }

  /// Single-threads OpenBLAS for the life of the process; the first use of any call does it.
  @usableFromInline
  static let ready: Void = {
    _ = Parallel.workers
    openblas_set_num_threads(1)
  }()

  /// The kernel set that OpenBLAS runs, such as `Haswell` or `SkylakeX`.
  public static var kernelName: String { String(cString: openblas_get_corename()) }

  /// What products run on: where two processes differ in it, so do the last bits of their results.
  public static var summary: String {
    (hasMatrixUnit ? "matrix unit, " : "") + (hasOwnKernel ? "own AVX-512 sgemm, " : "")
      + "fast: \(fastProducts ?? "exact"), OpenBLAS \(kernelName) kernels"
  }

  /// `c = alpha * op(a) * op(b) + beta * c`, row-major, on the calling thread.
  ///
  /// `op(a)` is (m, k) and `op(b)` is (k, n); the leading dimensions are row strides in elements.
  @inlinable
  public static func sgemm(
    transposeA: Bool = false, transposeB: Bool = false,
    m: Int, n: Int, k: Int, alpha: Float = 1,
    _ a: UnsafePointer<Float>, stride lda: Int,
    _ b: UnsafePointer<Float>, stride ldb: Int,
    beta: Float = 0, into c: UnsafeMutablePointer<Float>, stride ldc: Int
  ) {
    guard m > 0, n > 0 else { return }
    if hasOwnKernel,
      sk_sgemm(
        transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) != 0
    {
      return
    }
    openBLASgemm(
      transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: alpha, a,
      stride: lda, b, stride: ldb, beta: beta, into: c, stride: ldc)
  }

  /// The same by OpenBLAS, whatever the processor.
  @usableFromInline
  package static func openBLASgemm(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Float,
    _ a: UnsafePointer<Float>, stride lda: Int, _ b: UnsafePointer<Float>, stride ldb: Int,
    beta: Float, into c: UnsafeMutablePointer<Float>, stride ldc: Int
  ) {
    _ = ready
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      numericCast(m), numericCast(n), numericCast(k), alpha, a, numericCast(lda), b,
      numericCast(ldb), beta, c, numericCast(ldc))
  }

  /// The upper triangle of `c = alpha * a' * a + beta * c` (or `a * a'` when not transposed),
  /// row-major, on the calling thread; the lower triangle is left alone.
  ///
  /// `a` is (k, n) when transposed, else (n, k).
  @inlinable
  public static func ssyrk(
    transpose: Bool, n: Int, k: Int, alpha: Float = 1,
    _ a: UnsafePointer<Float>, stride lda: Int, beta: Float = 0,
    into c: UnsafeMutablePointer<Float>, stride ldc: Int
  ) {
    _ = ready
    guard n > 0 else { return }
    cblas_ssyrk(
      CblasRowMajor, CblasUpper, transpose ? CblasTrans : CblasNoTrans, numericCast(n),
      numericCast(k), alpha, a, numericCast(lda), beta, c, numericCast(ldc))
  }
}

/// `op(a) * op(b)`, split over the cores by blocks of the larger side of the result.
///
/// Precondition: the inner sizes agree.
public func multiply(
  _ a: Matrix, transposeA: Bool = false, _ b: Matrix, transposeB: Bool = false
) -> Matrix {
  product(a, transposeA: transposeA, b, transposeB: transposeB).frozen()
}

/// The same for who goes on writing.
public func product(
  _ a: Matrix, transposeA: Bool = false, _ b: Matrix, transposeB: Bool = false
) -> MatrixBuilder {
  let m = transposeA ? a.columns : a.rows
  let k = transposeA ? a.rows : a.columns
  let n = transposeB ? b.rows : b.columns
  precondition(k == (transposeB ? b.columns : b.rows), "inner sizes differ: \(k)")
  let result = MatrixBuilder(rows: m, columns: n)
  if m >= n {
    Parallel.ranges(of: m, grain: 32) { range in
      BLAS.sgemm(
        transposeA: transposeA, transposeB: transposeB, m: range.count, n: n, k: k,
        a.elements + (transposeA ? range.lowerBound : range.lowerBound * a.columns),
        stride: a.columns, b.elements, stride: b.columns,
        into: result.row(range.lowerBound), stride: n)
    }
  } else {
    Parallel.ranges(of: n, grain: 32) { range in
      BLAS.sgemm(
        transposeA: transposeA, transposeB: transposeB, m: m, n: range.count, k: k,
        a.elements, stride: a.columns,
        b.elements + (transposeB ? range.lowerBound * b.columns : range.lowerBound),
        stride: b.columns, into: result.elements + range.lowerBound, stride: n)
    }
  }
  return result
}
