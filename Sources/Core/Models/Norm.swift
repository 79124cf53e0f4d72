import CKernels
import LinearAlgebra

/// A normalisation with its weights: RMSNorm (Zhang and Sennrich 2019), or LayerNorm (Ba, Kiros
/// and Hinton 2016).
///
///     Norm(weight: [1, 2, 3, 4], epsilon: 1e-5, groups: 2).width   // 2: rows take turns
package struct Norm: Sendable {
  /// (groups, width)
  package let weight: [Float]
  package var bias: [Float]?
  package let epsilon: Float
  /// Rows have their own weights in turn, as the heads of a token may have.
  package let groups: Int
  /// The mean is taken away: LayerNorm.
  package let isCentred: Bool

  /// - Precondition: with a bias there is one group.
  package init(
    weight: [Float], bias: [Float]? = nil, epsilon: Float, groups: Int = 1, isCentred: Bool = false
  ) {
    precondition(weight.count % groups == 0 && (bias == nil || groups == 1))
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
    self.groups = groups
    self.isCentred = isCentred || bias != nil
  }

  /// Sizes of a row.
  package var width: Int { weight.count / groups }

  /// Normalises each of the rows, (rows, width); the output may be the input.
  package func forward(
    _ x: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, rows: Int
  ) {
    let width = width
    forEachRange(of: rows) { range, norm in
      for row in range { norm(row, output + row * width, x + row * width) }
    }
  }

  /// Normalises the heads of the first rows, or each row as one, in place.
  func forward(heads vectors: MutableMatrix, rows: Int) {
    forward(vectors.elements, into: vectors.elements, rows: rows * vectors.columns / width)
  }

  /// Adds each row, normed, `factor` times to a residual stream.
  package func add(
    _ x: UnsafePointer<Float>, to residual: UnsafeMutablePointer<Float>, rows: Int,
    times factor: Float = 1
  ) {
    let width = width
    forEachRange(of: rows) { range, norm in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { buffer in
        guard let normed = buffer.baseAddress else { return }
        for row in range {
          norm(row, normed, x + row * width)
          sk_add_scaled(residual + row * width, normed, width, factor)
        }
      }
    }
  }

  /// Calls the body for all rows, range by range in parallel, with what norms one of them.
  private func forEachRange(
    of rows: Int,
    _ body: (
      Range<Int>, (_ row: Int, UnsafeMutablePointer<Float>, UnsafePointer<Float>) -> Void
    ) -> Void
  ) {
    let (width, groups, epsilon, isCentred) = (width, groups, epsilon, isCentred)
    weight.withUnsafeBufferPointer { weight in
      (bias ?? []).withUnsafeBufferPointer { bias in
        guard let weight = weight.baseAddress else { return }
        let bias = bias.isEmpty ? nil : bias.baseAddress
        Parallel.ranges(of: rows, grain: grain) { range in
          body(range) { row, output, x in
            let weight = weight + row % groups * width
            if isCentred {
              sk_layer_norm(output, x, weight, bias, width, epsilon)
            } else {
              sk_rms_norm(output, x, weight, width, epsilon)
            }
          }
        }
      }
    }
  }

  /// The gradient of ``forward(heads:rows:)``, in place, at the heads as they were.
  func backward(
    heads slope: MutableMatrix, _ x: MutableMatrix, rows: Int, holdsScale: Bool = false
  ) {
    backwardInPlace(
      slope.elements, x.elements, rows: rows * slope.columns / width, holdsScale: holdsScale)
  }

  /// Adds the input's gradient to `dx`, which is right for a residual stream: the other branch's
  /// gradient is there already.
  ///
  /// - Parameter holdsScale: what the input is divided by counts as a constant.
  package func backward(
    _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>,
    rows: Int, holdsScale: Bool = false
  ) {
    let (width, groups, epsilon) = (width, groups, epsilon)
    let (exact, held) =
      isCentred
      ? (sk_layer_norm_backward, sk_layer_norm_held) : (sk_rms_norm_backward, sk_rms_norm_held)
    let gradient = holdsScale ? held : exact
    weight.withUnsafeBufferPointer { weight in
      guard let weight = weight.baseAddress else { return }
      Parallel.ranges(of: rows, grain: grain) { range in
        for row in range {
          gradient(
            dx + row * width, dy + row * width, x + row * width, weight + row % groups * width,
            width, epsilon)
        }
      }
    }
  }

  /// The gradient with respect to `x` takes the place of `slope`, the output's.
  package func backwardInPlace(
    _ slope: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int,
    holdsScale: Bool = false
  ) {
    let (width, groups, epsilon) = (width, groups, epsilon)
    let (exact, held) =
      isCentred
      ? (sk_layer_norm_backward, sk_layer_norm_held) : (sk_rms_norm_backward, sk_rms_norm_held)
    let gradient = holdsScale ? held : exact
    weight.withUnsafeBufferPointer { weight in
      guard let weight = weight.baseAddress else { return }
      Parallel.ranges(of: rows, grain: grain) { range in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { buffer in
          guard let dx = buffer.baseAddress else { return }
          for row in range {
            dx.update(repeating: 0, count: width)
            gradient(
              dx, slope + row * width, x + row * width, weight + row % groups * width, width,
              epsilon)
            (slope + row * width).update(from: dx, count: width)
          }
        }
      }
    }
  }

  /// Rows a piece of work has at least, some 16,384 floats.
  private var grain: Int { max(32, 16_384 / max(1, width)) }
}
