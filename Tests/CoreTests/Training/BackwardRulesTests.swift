import CKernels
import Foundation
import LinearAlgebra
import SeerModels
import TestSupport
import Testing

/// The rules of AttnLRP keep relevance: a layer's inputs have together what its output has, as far
/// as the rules say so.
struct BackwardRulesTests {
  static let count = 100

  /// The sum of values times gradients.
  func relevance(_ x: [Float], _ slopes: [Float]) -> Double { dot(x.doubles, slopes.doubles) }

  func expectEqual(_ a: Double, _ b: Double, of sizes: [Float]) {
    let scale = sizes.reduce(0.0) { $0 + abs(Double($1)) }
    #expect(abs(a - b) <= 1e-6 * max(scale, 1), "\(a), \(b)")
  }

  @Test(arguments: [Float(0.01), 1, 30])
  func norms(scale: Float) {
    var random = SeededGenerator(seed: 1)
    let (x, dy) = (random.normals(Self.count, scale: scale), random.normals(Self.count))
    let (weight, bias) = (random.normals(Self.count), random.normals(Self.count))
    for norm in [
      Norm(weight: weight, epsilon: 1e-6), Norm(weight: weight, bias: bias, epsilon: 1e-6),
    ] {
      var y = x
      norm.forward(x, into: &y, rows: 1)
      if norm.bias != nil { for index in y.indices { y[index] -= bias[index] } }
      var added = [Float](repeating: 0, count: Self.count)
      norm.backward(dy, x, into: &added, rows: 1, holdsScale: true)
      var inPlace = dy
      norm.backwardInPlace(&inPlace, x, rows: 1, holdsScale: true)
      #expect(added == inPlace)
      expectEqual(relevance(x, added), relevance(y, dy), of: zip(y, dy).map(*))
    }
  }

  @Test func activations() {
    var random = SeededGenerator(seed: 2)
    var x = random.normals(Self.count, scale: 3)
    for (index, extreme) in [Float(0), -120, 120, -9, 1e-6].enumerated() { x[index] = extreme }
    let (up, dy) = (random.normals(Self.count), random.normals(Self.count))
    for (forward, held) in [
      (sk_gelu, sk_gelu_held), (sk_gelu_tanh, sk_gelu_tanh_held),
    ] {
      var (y, dx) = (x, dy)
      forward(&y, x, Self.count)
      dx.withUnsafeMutableBufferPointer { held($0.baseAddress, $0.baseAddress, x, Self.count) }
      #expect(dx.allSatisfy { $0.isFinite } && dx[0] == dy[0] / 2)
      for index in 1..<Self.count {
        #expect(abs(x[index] * dx[index] - y[index] * dy[index]) <= 1e-6 * abs(x[index]))
      }
    }
    for (forward, held) in [
      (sk_silu_multiply, sk_silu_multiply_held),
      (sk_gelu_tanh_multiply, sk_gelu_tanh_multiply_held),
    ] {
      var (y, dgate, dup) = (x, dy, dy)
      forward(&y, x, up, Self.count)
      dgate.withUnsafeMutableBufferPointer {
        held($0.baseAddress, &dup, $0.baseAddress, x, up, Self.count, 0.5)
      }
      #expect(dgate.allSatisfy { $0.isFinite })
      // Half to the gate, half to the other, element by element.
      for index in 0..<Self.count {
        let half = 0.5 * y[index] * dy[index]
        let tolerance = 1e-6 * max(abs(half), abs(x[index] * up[index] * dy[index]))
        #expect(abs(x[index] * dgate[index] - half) <= tolerance)
        #expect(abs(up[index] * dup[index] - half) <= tolerance)
      }
    }
  }

  @Test func softCaps() {
    let cap: Float = 2
    let x: [Float] = [0, 1e-4, -0.05, 0.3, -1, 3, -8, 60]
    var (y, ratios) = (x, x)
    sk_soft_cap(&y, x.count, cap)
    sk_soft_cap_ratio(&ratios, y, x.count, cap)
    for (index, value) in x.enumerated() where abs(value) < 4 {
      let wanted = value == 0 ? 1 : Double(cap) * tanh(Double(value / cap)) / Double(value)
      #expect(abs(Double(ratios[index]) - wanted) <= 1e-5 * wanted)
    }
    // Where the cap is reached, the input is known no more: it was large.
    #expect(ratios[6] > 0 && ratios[6] < 0.3 && ratios[7] >= 0 && ratios[7] < 0.2)
  }

  /// Values have half of what attention gives, queries and keys a quarter each of what the
  /// softmax's gradient makes of it.
  @Test(arguments: [Float(0), 1.5])
  func attention(cap: Float) {
    let (tokens, size) = (6, 4)
    var c = ModelConfiguration(
      architecture: "llama", blocks: 1, width: 8, heads: 2, kvHeads: 1, headDimension: size,
      feedForward: 1, vocabulary: 1, context: 1, rope: Rope(base: 1, dimension: size), epsilon: 1)
    c.attentionCap = cap
    var random = SeededGenerator(seed: 3)
    func matrix(_ columns: Int) -> MutableMatrix {
      MutableMatrix(rows: tokens, columns: columns) { _, _ in random.normal() }
    }
    let (q, k, v, dy) = (matrix(8), matrix(4), matrix(4), matrix(8))
    let output = MutableMatrix(rows: tokens, columns: 8)
    let row = AttentionRow(
      queries: q.elements, count: tokens, keys: k.elements, values: v.elements, past: 0,
      visible: tokens, output: output.elements)
    attentionForward([row], c)
    let slopes = { MutableMatrix(rows: tokens, columns: $0) }
    let (dq, dk, dv) = (slopes(8), slopes(4), slopes(4))
    attentionBackward(
      [
        AttentionRowGradient(
          row: row, outputGradient: dy.elements, queries: dq.elements, keys: dk.elements,
          values: dv.elements)
      ], c, .attnLRP)
    let given = relevance(output.values, dy.values)
    expectEqual(relevance(v.values, dv.values), given / 2, of: dy.values)
    // The scores' relevance, by the definition in Double.
    var scores = 0.0
    for head in 0..<2 {
      for query in 0..<tokens {
        let raw = (0...query).map { key in
          (0..<size).reduce(0.0) { $0 + Double(q[query, head * size + $1]) * Double(k[key, $1]) }
            / 2
        }
        let capped = cap > 0 ? raw.map { Double(cap) * tanh($0 / Double(cap)) } : raw
        let weights = capped.map { exp($0 - (capped.max() ?? 0)) }
        let p = weights.map { $0 / weights.reduce(0, +) }
        let dp = (0...query).map { key in
          0.5
            * (0..<size).reduce(0.0) {
              $0 + Double(dy[query, head * size + $1]) * Double(v[key, $1])
            }
        }
        let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
        for key in 0...query { scores += capped[key] * p[key] * (dp[key] - mean) }
      }
    }
    expectEqual(relevance(q.values, dq.values), scores / 2, of: dy.values)
    expectEqual(relevance(k.values, dk.values), scores / 2, of: dy.values)
  }
}
