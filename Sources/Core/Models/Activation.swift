import CKernels
import Foundation
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
        return backwardHeld(dy, dgate, dup, gate, up, count: count, share: rules.productShare)
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
  private func backwardHeld(
    _ dy: UnsafePointer<Float>, _ dgate: UnsafeMutablePointer<Float>,
    _ dup: UnsafeMutablePointer<Float>, _ gate: UnsafePointer<Float>, _ up: UnsafePointer<Float>,
    count: Int, share: Float
  ) {
    func gated(by ratio: (Float) -> Float) {
      for index in 0..<count {
        let slope = share * dy[index] * ratio(gate[index])
        dup[index] = slope * gate[index]
        dgate[index] = slope * up[index]
      }
    }
    func plain(by ratio: (Float) -> Float) {
      for index in 0..<count { dup[index] = dy[index] * ratio(up[index]) }
    }
    let logistic: (Float) -> Float = { 1 / (1 + exp(-$0)) }
    let step: (Float) -> Float = { $0 > 0 ? 1 : 0 }
    switch self {
    case .gatedSilu: sk_silu_multiply_held(dgate, dup, dy, gate, up, count, share)
    case .gatedGeluTanh: sk_gelu_tanh_multiply_held(dgate, dup, dy, gate, up, count, share)
    case .gatedGelu: gated { (1 + erf($0 * Float(0.5).squareRoot())) / 2 }
    case .gatedRelu: gated(by: step)
    case .silu: plain(by: logistic)
    case .geluTanh: sk_gelu_tanh_held(dup, dy, up, count)
    case .gelu: sk_gelu_held(dup, dy, up, count)
    case .relu: plain(by: step)
    case .clamped(let alpha, let limit):
      for index in 0..<count {
        let (g, u) = (min(gate[index], limit), max(-limit, min(up[index], limit)))
        let slope = share * dy[index] * logistic(alpha * g)
        // What is cut off does not depend on its input.
        let (passesUp, passesGate) = (abs(up[index]) <= limit, gate[index] <= limit)
        dup[index] = passesUp ? slope * g : 0
        dgate[index] = passesGate ? slope * (u + 1) : 0
      }
    }
  }
}
