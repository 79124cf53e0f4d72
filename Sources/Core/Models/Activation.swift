import CKernels
import LinearAlgebra

extension Activation {
  /// What lies between the products of a feed-forward part, elementwise; the output may be the gate.
  func forward(
    _ gate: UnsafePointer<Float>, _ up: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>, count: Int
  ) {
    Parallel.ranges(of: count, grain: 16_384) { range in
      let (first, count) = (range.lowerBound, range.count)
      let (out, gate, up) = (out + first, gate + first, up + first)
      switch self {
      case .gatedSilu: sk_silu_multiply(out, gate, up, count)
      case .gatedGeluTanh: sk_gelu_tanh_multiply(out, gate, up, count)
      case .gatedGelu: sk_gelu_multiply(out, gate, up, count)
      case .gatedRelu: sk_relu_multiply(out, gate, up, count)
      case .silu: sk_silu(out, up, count)
      case .geluTanh: sk_gelu_tanh(out, up, count)
      case .gelu: sk_gelu(out, up, count)
      case .relu: sk_relu(out, up, count)
      case .clamped(let alpha, let limit): sk_clamped_multiply(out, gate, up, count, alpha, limit)
      }
    }
  }

  /// The gradients of gate and up for the output's, `dy`, which `dgate` may be.
  func backward(
    _ dy: UnsafePointer<Float>, _ dgate: UnsafeMutablePointer<Float>,
    _ dup: UnsafeMutablePointer<Float>, _ gate: UnsafePointer<Float>, _ up: UnsafePointer<Float>,
    count: Int, _ rules: BackwardRules = .gradient
  ) {
    Parallel.ranges(of: count, grain: 16_384) { range in
      let (first, count) = (range.lowerBound, range.count)
      let (dy, dgate, dup) = (dy + first, dgate + first, dup + first)
      let (gate, up) = (gate + first, up + first)
      guard !rules.holdsScales else {
        return heldBackward(dy, dgate, dup, gate, up, count, share: rules.productShare)
      }
      switch self {
      case .gatedSilu: sk_silu_multiply_backward(dgate, dup, dy, gate, up, count)
      case .gatedGeluTanh: sk_gelu_tanh_multiply_backward(dgate, dup, dy, gate, up, count)
      case .gatedGelu: sk_gelu_multiply_backward(dgate, dup, dy, gate, up, count)
      case .gatedRelu: sk_relu_multiply_backward(dgate, dup, dy, gate, up, count)
      case .silu: sk_silu_backward(dup, dy, up, count)
      case .geluTanh: sk_gelu_tanh_backward(dup, dy, up, count)
      case .gelu: sk_gelu_backward(dup, dy, up, count)
      case .relu: sk_relu_backward(dup, dy, up, count)
      case .clamped(let alpha, let limit):
        sk_clamped_multiply_backward(dgate, dup, dy, gate, up, count, alpha, limit)
      }
    }
  }

  /// The same with what an activation multiplies its input with held, a share to gate and to up.
  private func heldBackward(
    _ dy: UnsafePointer<Float>, _ dgate: UnsafeMutablePointer<Float>,
    _ dup: UnsafeMutablePointer<Float>, _ gate: UnsafePointer<Float>, _ up: UnsafePointer<Float>,
    _ count: Int, share: Float
  ) {
    switch self {
    case .gatedSilu: sk_silu_multiply_held(dgate, dup, dy, gate, up, count, share)
    case .gatedGeluTanh: sk_gelu_tanh_multiply_held(dgate, dup, dy, gate, up, count, share)
    case .gatedGelu: sk_gelu_multiply_held(dgate, dup, dy, gate, up, count, share)
    case .gatedRelu: sk_relu_multiply_held(dgate, dup, dy, gate, up, count, share)
    case .silu: sk_silu_held(dup, dy, up, count)
    case .geluTanh: sk_gelu_tanh_held(dup, dy, up, count)
    case .gelu: sk_gelu_held(dup, dy, up, count)
    // What passes is multiplied with one.
    case .relu: sk_relu_backward(dup, dy, up, count)
    case .clamped(let alpha, let limit):
      sk_clamped_multiply_held(dgate, dup, dy, gate, up, count, alpha, limit, share)
    }
  }
}
