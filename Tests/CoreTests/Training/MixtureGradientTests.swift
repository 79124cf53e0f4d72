import CKernels
import Foundation
import LinearAlgebra
import SeerModels
import TestSupport
import Testing

/// Kernels of mixtures of experts against their definitions in Double and central differences.
struct MixtureGradientTests {
  /// The weights of chosen experts.
  static func weights(_ logits: [Double], _ ids: [Int32], kind: Int32) -> [Double] {
    let powers = logits.map { exp($0) }
    let chosen = ids.map { powers[Int($0)] }
    let sum = kind == Int32(sk_route_all) ? powers.reduce(0, +) : chosen.reduce(0, +)
    return chosen.map { $0 / sum }
  }

  @Test(
    arguments: [Int32(sk_route_all), Int32(sk_route_normalised), Int32(sk_route_chosen)],
    [(1, 1), (4, 2), (8, 8), (60, 4), (128, 8)])
  func routing(kind: Int32, sizes: (experts: Int, used: Int)) {
    var random = SeededGenerator(seed: UInt64(sizes.experts))
    let logits = random.normals(sizes.experts, scale: 2)
    var probabilities = logits
    var ids = [Int32](repeating: -1, count: sizes.used)
    var weights = [Float](repeating: .nan, count: sizes.used)
    sk_route(&ids, &weights, &probabilities, sizes.experts, sizes.used, kind)
    let sorted = logits.indices.sorted { logits[$0] > logits[$1] }
    #expect(ids.map { Int($0) } == Array(sorted.prefix(sizes.used)))
    let exact = Self.weights(logits.doubles, ids, kind: kind)
    #expect(relativeDistance(weights, exact.floats) <= 1e-6)
    let dweights = random.normals(sizes.used)
    var slopes = [Float](repeating: .nan, count: sizes.experts)
    sk_route_backward(
      &slopes, dweights, probabilities, weights, ids, sizes.experts, sizes.used, kind)
    let wanted = centralDifferences(at: logits.doubles) {
      dot(Self.weights($0, ids, kind: kind), dweights.doubles)
    }
    for (ours, wanted) in zip(slopes, wanted) { #expect(abs(Double(ours) - wanted) <= 2e-6) }
  }

  static func clamped(_ gate: Double, _ up: Double) -> Double {
    let (g, u) = (min(gate, 1.5), max(-1.5, min(up, 1.5)))
    return (u + 1) * g / (1 + exp(-1.702 * g))
  }

  @Test(arguments: [1, 7, 16, 100])
  func clampedGate(count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    let (gate, up) = (random.normals(count, scale: 2), random.normals(count, scale: 2))
    let dy = random.normals(count)
    var out = gate
    out.withUnsafeMutableBufferPointer {
      sk_clamped_multiply($0.baseAddress, $0.baseAddress, up, count, 1.702, 1.5)
    }
    let exact = zip(gate, up).map { Self.clamped(Double($0), Double($1)) }
    #expect(relativeDistance(out, exact.floats) <= 1e-6)
    var dgate = dy
    var dup = [Float](repeating: .nan, count: count)
    dgate.withUnsafeMutableBufferPointer {
      sk_clamped_multiply_backward(
        $0.baseAddress, &dup, $0.baseAddress, gate, up, count, 1.702, 1.5)
    }
    for index in 0..<count {
      let at = [Double(gate[index]), Double(up[index])]
      let slopes = centralDifferences(at: at) { Self.clamped($0[0], $0[1]) }
      #expect(abs(Double(dgate[index]) - slopes[0] * Double(dy[index])) <= 4e-6)
      #expect(abs(Double(dup[index]) - slopes[1] * Double(dy[index])) <= 4e-6)
    }
  }
}
