import CKernels
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// The small kernels between the products, against their formulas in Double.
struct LayerTests {
  static let counts = [1, 2, 7, 15, 16, 17, 64, 100, 577]

  func numbers(_ count: Int, seed: UInt64 = 1, scale: Float = 1) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in random.normal() * scale }
  }

  @Test(arguments: counts)
  func rmsNorm(count: Int) {
    let (x, weight) = (numbers(count, scale: 30), numbers(count, seed: 2))
    var out = [Float](repeating: 0, count: count)
    sk_rms_norm(&out, x, weight, count, 1e-5)
    let mean = x.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(count)
    let wanted = zip(x, weight).map {
      Float(Double($0) / (mean + 1e-5).squareRoot() * Double($1))
    }
    #expect(relativeDistance(out, wanted) < 1e-6)
  }

  @Test func rmsNormOfZeros() {
    var out: [Float] = [1, 1]
    sk_rms_norm(&out, [0, 0], [1, 1], 2, 1e-5)
    #expect(out == [0, 0])
  }

  @Test(arguments: counts)
  func siluMultiply(count: Int) {
    let gate = numbers(count, scale: 8)
    let up = numbers(count, seed: 2)
    var out = gate
    sk_silu_multiply(&out, gate, up, count)
    let wanted = zip(gate, up).map { Float(Double($0) / (1 + exp(-Double($0))) * Double($1)) }
    for (a, b) in zip(out, wanted) { #expect(abs(a - b) <= 2e-6 * max(abs(b), 1e-6)) }
  }

  @Test func siluOfExtremes() {
    let gate: [Float] = [-1000, -100, -88, 0, 88, 1000, 1e30]
    var out = gate
    sk_silu_multiply(&out, gate, [Float](repeating: 1, count: 7), 7)
    #expect(out[0...2].allSatisfy { abs($0) < 1e-30 })
    #expect(Array(out[3...]) == [0, 88, 1000, 1e30])
  }

  @Test(arguments: counts)
  func softmax(count: Int) {
    let x = numbers(count, scale: 10)
    var out = x
    sk_softmax(&out, count)
    let largest = Double(x.max() ?? 0)
    let weights = x.map { exp(Double($0) - largest) }
    let sum = weights.reduce(0, +)
    #expect(relativeDistance(out, weights.map { Float($0 / sum) }) < 1e-6)
  }

  @Test func softmaxOfExtremes() {
    var x: [Float] = [1e30, 0, -1e30]
    sk_softmax(&x, 3)
    #expect(x[0] == 1 && x[1] < 1e-37 && x[2] < 1e-37)
    var equal = [Float](repeating: -1e30, count: 4)
    sk_softmax(&equal, 4)
    #expect(equal == [0.25, 0.25, 0.25, 0.25])
    var none: [Float] = [5]
    sk_softmax(&none, 0)
    #expect(none == [5])
  }

  @Test(arguments: [1, 4, 8, 16, 17, 32])
  func rotate(half: Int) {
    let x = numbers(2 * half)
    let angles = numbers(half, seed: 2, scale: 3).map { Double($0) }
    var out = x
    sk_rotate(&out, angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) }, half)
    let wanted = (0..<2 * half).map { index in
      let angle = angles[index % half]
      let (a, b) = (Double(x[index % half]), Double(x[index % half + half]))
      return Float(
        index < half ? a * cos(angle) - b * sin(angle) : b * cos(angle) + a * sin(angle))
    }
    #expect(relativeDistance(out, wanted) < 1e-6)
  }
}
