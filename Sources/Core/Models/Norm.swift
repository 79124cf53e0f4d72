import CKernels
import LinearAlgebra

/// A normalisation with its weights: RMSNorm (Zhang and Sennrich 2019), or LayerNorm (Ba, Kiros
/// and Hinton 2016) where there is a bias.
package struct Norm: Sendable {
  package let weight: [Float]
  package var bias: [Float]?
  package let epsilon: Float

  package init(weight: [Float], bias: [Float]? = nil, epsilon: Float) {
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
  }

  package var width: Int { weight.count }

  /// Normalises each of the rows, (rows, width); the output may be the input.
  package func forward(
    _ x: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, rows: Int
  ) {
    let width = width
    let epsilon = epsilon
    weight.withUnsafeBufferPointer { weight in
      guard let bias else {
        Parallel.ranges(of: rows, grain: grain) { range in
          for row in range {
            sk_rms_norm(output + row * width, x + row * width, weight.baseAddress, width, epsilon)
          }
        }
        return
      }
      bias.withUnsafeBufferPointer { bias in
        Parallel.ranges(of: rows, grain: grain) { range in
          for row in range {
            sk_layer_norm(
              output + row * width, x + row * width, weight.baseAddress, bias.baseAddress, width,
              epsilon)
          }
        }
      }
    }
  }

  /// Adds each row, normed, to a residual stream.
  package func add(
    _ x: UnsafePointer<Float>, to residual: UnsafeMutablePointer<Float>, rows: Int
  ) {
    let width = width
    let epsilon = epsilon
    let bias = bias ?? []
    weight.withUnsafeBufferPointer { weight in
      bias.withUnsafeBufferPointer { bias in
        Parallel.ranges(of: rows, grain: grain) { range in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { buffer in
            guard let normed = buffer.baseAddress else { return }
            for row in range {
              if bias.isEmpty {
                sk_rms_norm(normed, x + row * width, weight.baseAddress, width, epsilon)
              } else {
                sk_layer_norm(
                  normed, x + row * width, weight.baseAddress, bias.baseAddress, width, epsilon)
              }
              sk_add_bias(residual + row * width, normed, 1, width)
            }
          }
        }
      }
    }
  }

  /// Adds the input's gradient to `dx`, which is right for a residual stream: the other branch's
  /// gradient is there already.
  ///
  /// - Parameter holdsScale: what the input is divided by counts as a constant.
  package func backward(
    _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>,
    rows: Int, holdsScale: Bool = false
  ) {
    let width = width
    let epsilon = epsilon
    let (exact, held) =
      bias == nil
      ? (sk_rms_norm_backward, sk_rms_norm_held) : (sk_layer_norm_backward, sk_layer_norm_held)
    let gradient = holdsScale ? held : exact
    weight.withUnsafeBufferPointer { weight in
      Parallel.ranges(of: rows, grain: grain) { range in
        for row in range {
          gradient(
            dx + row * width, dy + row * width, x + row * width, weight.baseAddress, width,
            epsilon)
        }
      }
    }
  }

  /// The gradient with respect to `x` takes the place of `slope`, the output's.
  package func backwardInPlace(
    _ slope: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int,
    holdsScale: Bool = false
  ) {
    let width = width
    let epsilon = epsilon
    let (exact, held) =
      bias == nil
      ? (sk_rms_norm_backward, sk_rms_norm_held) : (sk_layer_norm_backward, sk_layer_norm_held)
    let gradient = holdsScale ? held : exact
    weight.withUnsafeBufferPointer { weight in
      Parallel.ranges(of: rows, grain: grain) { range in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { buffer in
          guard let dx = buffer.baseAddress else { return }
          for row in range {
            dx.update(repeating: 0, count: width)
            gradient(
              dx, slope + row * width, x + row * width, weight.baseAddress, width, epsilon)
            (slope + row * width).update(from: dx, count: width)
          }
        }
      }
    }
  }

  /// Rows a piece of work has at least, some 16,384 floats.
  private var grain: Int { max(32, 16_384 / max(1, width)) }
}
