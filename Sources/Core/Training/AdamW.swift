import Foundation
import LinearAlgebra
import SeerModels

/// AdamW (Loshchilov and Hutter 2019) over an adapter's matrices.
package final class AdamW {
  private let beta1: Float = 0.9
  private let beta2: Float = 0.999
  private let epsilon: Float = 1e-8
  package let weightDecay: Float
  /// Steps done.
  package var step = 0
  /// First and second moments, in the order of ``Adapter/parameters``.
  package let first: [MutableMatrix]
  package let second: [MutableMatrix]

  package init(_ adapter: Adapter, weightDecay: Double) {
    self.weightDecay = Float(weightDecay)
    first = adapter.parameters.map { MutableMatrix(rows: $0.rows, columns: $0.columns) }
    second = adapter.parameters.map { MutableMatrix(rows: $0.rows, columns: $0.columns) }
  }

  /// Scales the gradients so that their common norm is at most `limit` (0: no limit), and returns
  /// the norm they had.
  package static func clip(_ gradients: Adapter, to limit: Double) -> Double {
    let matrices = gradients.parameters
    var squares = [Double](repeating: 0, count: matrices.count)
    squares.withUnsafeMutableBufferPointer { squares in
      let target = squares
      Parallel.forEach(matrices.count) { index in
        var sum = 0.0
        let elements = matrices[index].elements
        for element in 0..<matrices[index].count {
          sum += Double(elements[element]) * Double(elements[element])
        }
        target[index] = sum
      }
    }
    let norm = squares.reduce(0, +).squareRoot()
    guard limit > 0, norm > limit else { return norm }
    let scale = Float(limit / (norm + 1e-6))
    Parallel.forEach(matrices.count) { index in
      let elements = matrices[index].elements
      for element in 0..<matrices[index].count { elements[element] *= scale }
    }
    return norm
  }

  /// One step: decay, moments with bias correction, update.
  package func update(_ adapter: Adapter, _ gradients: Adapter, learningRate: Double) {
    step += 1
    let rate = Float(learningRate)
    let correction1 = 1 - Float(pow(Double(beta1), Double(step)))
    let correction2 = 1 - Float(pow(Double(beta2), Double(step)))
    let stepSize = rate / correction1
    let root2 = correction2.squareRoot()
    Parallel.forEach(adapter.parameters.count) { index in
      let parameter = adapter.parameters[index].elements
      let gradient = gradients.parameters[index].elements
      let m = first[index].elements
      let v = second[index].elements
      for element in 0..<adapter.parameters[index].count {
        let g = gradient[element]
        m[element] += (1 - beta1) * (g - m[element])
        v[element] = beta2 * v[element] + (1 - beta2) * g * g
        parameter[element] *= 1 - rate * weightDecay
        parameter[element] -= stepSize * m[element] / (v[element].squareRoot() / root2 + epsilon)
      }
    }
  }
}
