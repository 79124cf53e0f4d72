import CKernels
import Foundation
import LinearAlgebra
import SeerModels
import TestSupport
import Testing

/// What other families than Llama compute, each kernel against central differences of its own
/// definition in Double.
struct FamilyGradientTests {
  static let sizes = [1, 2, 7, 16, 33, 100, 576]

  static func geluTanh(_ x: Double) -> Double {
    0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
  }

  static func gelu(_ x: Double) -> Double { 0.5 * x * erfc(-x / 2.0.squareRoot()) }

  static func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }

  static func relu(_ x: Double) -> Double { max(x, 0) }

  func values(_ count: Int, seed: UInt64, scale: Float = 2) -> [Float] {
    var random = SeededGenerator(seed: seed)
    var x = random.normals(count, scale: scale)
    // Far out on both sides exponentials are cut off, near 0 differences cancel.
    for (index, extreme) in [Float(-50), 50, 0, 1e-4, -7, 7, -0.24, 0.26].enumerated()
    where index < count {
      x[index] = extreme
    }
    return x
  }

  @Test(arguments: sizes)
  func activationsAlone(count: Int) {
    let x = values(count, seed: UInt64(count))
    let dy = values(count, seed: UInt64(count) + 1, scale: 1)
    for (forward, backward, exact) in [
      (sk_gelu_tanh, sk_gelu_tanh_backward, Self.geluTanh), (sk_gelu, sk_gelu_backward, Self.gelu),
      (sk_relu, sk_relu_backward, Self.relu), (sk_silu, sk_silu_backward, Self.silu),
    ] {
      var out = [Float](repeating: .nan, count: count)
      forward(&out, x, count)
      for index in 0..<count {
        let wanted = exact(Double(x[index]))
        #expect(abs(Double(out[index]) - wanted) <= 4e-7 * max(1, abs(wanted)), "\(x[index])")
      }
      // In place, as the backward pass of a block may call it.
      var dx = dy
      dx.withUnsafeMutableBufferPointer { backward($0.baseAddress, $0.baseAddress, x, count) }
      // Where relu bends, 0 is its slope by convention.
      for index in 0..<count where x[index] != 0 {
        let slope = centralDifferences(at: [Double(x[index])], step: 1e-5) { exact($0[0]) }[0]
        let wanted = slope * Double(dy[index])
        #expect(abs(Double(dx[index]) - wanted) <= 2e-6 * max(1, abs(wanted)), "\(x[index])")
      }
    }
  }

  @Test(arguments: sizes)
  func gatesTimesUp(count: Int) {
    let gate = values(count, seed: UInt64(count) + 2)
    let up = values(count, seed: UInt64(count) + 3, scale: 1)
    let dy = [Float](values(count, seed: UInt64(count) + 4, scale: 1).reversed())
    for (forward, backward, exact) in [
      (sk_gelu_tanh_multiply, sk_gelu_tanh_multiply_backward, Self.geluTanh),
      (sk_gelu_multiply, sk_gelu_multiply_backward, Self.gelu),
      (sk_relu_multiply, sk_relu_multiply_backward, Self.relu),
    ] {
      var out = [Float](repeating: .nan, count: count)
      forward(&out, gate, up, count)
      let products = zip(gate, up).map { exact(Double($0)) * Double($1) }
      #expect(relativeDistance(out, products.floats) <= 1e-6)
      var dgate = dy
      var dup = [Float](repeating: .nan, count: count)
      dgate.withUnsafeMutableBufferPointer {
        backward($0.baseAddress, &dup, $0.baseAddress, gate, up, count)
      }
      // Where relu bends, 0 is its slope by convention.
      let bends = exact(-1) == 0
      let byGate = (0..<count).map { index in
        bends && gate[index] == 0
          ? 0
          : centralDifferences(at: [Double(gate[index])], step: 1e-5) { exact($0[0]) }[0]
            * Double(up[index]) * Double(dy[index])
      }
      let byUp = zip(gate, dy).map { exact(Double($0)) * Double($1) }
      #expect(relativeDistance(dgate, byGate.floats) <= 2e-6)
      #expect(relativeDistance(dup, byUp.floats) <= 1e-6)
    }
  }

  @Test(arguments: [Float(0.5), 2, 30, 50])
  func softCap(cap: Float) {
    let x = values(500, seed: 9, scale: cap)
    func capped(_ x: Double) -> Double { Double(cap) * tanh(x / Double(cap)) }
    var out = x
    sk_soft_cap(&out, x.count, cap)
    var slopes = [Float](repeating: .nan, count: x.count)
    sk_soft_cap_slope(&slopes, out, x.count, cap)
    for (index, value) in x.enumerated() {
      let wanted = capped(Double(value))
      #expect(abs(Double(out[index]) - wanted) <= 1e-6 * max(abs(wanted), 1e-3), "\(value)")
      let slope = centralDifferences(at: [Double(value)]) { capped($0[0]) }[0]
      #expect(abs(Double(slopes[index]) - slope) <= 2e-6, "\(value)")
    }
  }

  @Test(arguments: sizes.dropFirst())
  func layerNorm(count: Int) {
    var random = SeededGenerator(seed: UInt64(count) + 5)
    for scale: Float in [1, 30, 0.01] {
      let x = random.normals(count, scale: scale).map { $0 + 3 * scale }
      let weight = random.normals(count)
      let bias = random.normals(count)
      let dy = random.normals(count)
      let before = random.normals(count)
      func norm(_ x: [Double]) -> [Double] {
        let mean = x.reduce(0, +) / Double(count)
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        let r = 1 / (variance + 1e-5).squareRoot()
        return x.indices.map { (x[$0] - mean) * r * Double(weight[$0]) + Double(bias[$0]) }
      }
      let layer = Norm(weight: weight, bias: bias, epsilon: 1e-5)
      var out = [Float](repeating: .nan, count: count)
      layer.forward(x, into: &out, rows: 1)
      #expect(relativeDistance(out, norm(x.doubles).floats) <= 2e-6)
      let slope = centralDifferences(at: x.doubles, step: Double(scale) * 1e-4) {
        dot(norm($0), dy.doubles)
      }
      let largest = slope.reduce(1) { max($0, abs($1)) }
      var added = before
      layer.backward(dy, x, into: &added, rows: 1)
      var inPlace = dy
      layer.backwardInPlace(&inPlace, x, rows: 1)
      var residual = before
      layer.add(x, to: &residual, rows: 1)
      for index in 0..<count {
        #expect(abs(Double(added[index] - before[index]) - slope[index]) <= 1e-5 * largest)
        #expect(abs(Double(inPlace[index]) - slope[index]) <= 1e-5 * largest)
        #expect(abs(residual[index] - before[index] - out[index]) <= 1e-5)
      }
    }
  }

  @Test(arguments: [1, 5, 40])
  func headNorms(heads: Int) {
    var random = SeededGenerator(seed: UInt64(heads) + 6)
    // Of two tokens; heads share their weights, or have their own.
    let rows = 2 * heads
    for (groups, isCentred) in [(1, false), (heads, false), (heads, true)] {
      let layer = Norm(
        weight: random.normals(12 * groups), epsilon: 1e-6, groups: groups, isCentred: isCentred)
      let x = random.normals(12 * rows)
      let dy = random.normals(12 * rows)
      func norm(_ x: [Double]) -> [Double] {
        (0..<rows).flatMap { row in
          var part = Array(x[row * 12..<row * 12 + 12])
          let mean = isCentred ? part.reduce(0, +) / 12 : 0
          part = part.map { $0 - mean }
          let r = 1 / (dot(part, part) / 12 + 1e-6).squareRoot()
          return part.indices.map {
            part[$0] * r * Double(layer.weight[row % groups * 12 + $0])
          }
        }
      }
      var out = x
      out.withUnsafeMutableBufferPointer {
        guard let base = $0.baseAddress else { return }
        layer.forward(base, into: base, rows: rows)
      }
      #expect(relativeDistance(out, norm(x.doubles).floats) <= 2e-6)
      var slope = dy
      layer.backwardInPlace(&slope, x, rows: rows)
      let wanted = centralDifferences(at: x.doubles) { dot(norm($0), dy.doubles) }
      #expect(relativeDistance(slope, wanted.floats) <= 1e-5)
      var residual = dy
      layer.add(x, to: &residual, rows: rows, times: 0.5)
      #expect(relativeDistance(residual, zip(dy, out).map { $0 + 0.5 * $1 }) <= 1e-6)
    }
  }
}

/// RoPE's scalings at their corners; the tiny models check them against transformers.
struct RopeTests {
  @Test func linearScalingStretchesEveryWave() {
    let rope = Rope(base: 10_000, dimension: 8)
    #expect(rope.scaled(linear: 4).frequencies == rope.frequencies.map { $0 / 4 })
    #expect(rope.frequencies == [1, 0.1, 0.01, 0.001].map { Float($0) })
  }

  @Test func llama3LeavesShortWavesAndStretchesLongOnes() {
    let rope = Rope(base: 500_000, dimension: 64)
    let scaled = rope.scaledAsLlama3(factor: 8, low: 1, high: 4, context: 8192)
    var kinds = Set<String>()
    for (before, after) in zip(rope.frequencies, scaled.frequencies) {
      let wavelength = 2 * Float.pi / before
      if wavelength < 2048 {
        #expect(after == before)
        kinds.insert("short")
      } else if wavelength > 8192 {
        #expect(after == before / 8)
        kinds.insert("long")
      } else {
        #expect(after < before && after > before / 8)
        kinds.insert("between")
      }
    }
    #expect(kinds.count == 3)
  }

  @Test func aPartOfEachHeadTurns() {
    let rotations = Rotations(
      positions: 5, Rope(base: 100, frequencies: [0.5, 0.25], attentionFactor: 2))
    #expect(rotations.cosines.columns == 2)
    #expect(rotations.cosines[4, 1] == 2 * cosf(1) && rotations.sines[3, 0] == 2 * sinf(1.5))
  }
}
