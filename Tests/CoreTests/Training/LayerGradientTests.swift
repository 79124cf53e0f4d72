import CKernels
import Foundation
import LinearAlgebra
import SeerModels
import TestSupport
import Testing

/// Every elementwise and rowwise backward kernel against central differences of its own definition
/// in Double.
struct LayerGradientTests {
  static let sizes = [1, 2, 7, 16, 17, 33, 64, 100, 576]

  @Test(arguments: sizes)
  func rmsNorm(count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    for (scale, epsilon): (Float, Float) in [(1, 1e-5), (30, 1e-6), (0.003, 1e-5), (0, 1e-5)] {
      let x = random.normals(count, scale: scale)
      let weight = random.normals(count)
      let dy = random.normals(count)
      let before = random.normals(count)
      func norm(_ x: [Double]) -> [Double] {
        let mean = dot(x, x) / Double(count)
        let r = 1 / (mean + Double(epsilon)).squareRoot()
        return zip(x, weight).map { $0 * r * Double($1) }
      }
      var out = [Float](repeating: .nan, count: count)
      sk_rms_norm(&out, x, weight, count, epsilon)
      #expect(relativeDistance(out, norm(x.doubles).floats) <= 1e-6)

      // The gradient's size varies with x: so do the step and what it is held to.
      let step = Double(max(scale, 0.003)) * 1e-4
      let slope = centralDifferences(at: x.doubles, step: step) { dot(norm($0), dy.doubles) }
      var added = before
      sk_rms_norm_backward(&added, dy, x, weight, count, epsilon)
      let largest = slope.reduce(1) { max($0, abs($1)) }
      for index in 0..<count {
        let expected = Double(before[index]) + slope[index]
        #expect(abs(Double(added[index]) - expected) <= 3e-6 * largest, "scale \(scale)")
      }
    }
  }

  @Test(arguments: sizes)
  func siluMultiply(count: Int) {
    var random = SeededGenerator(seed: UInt64(count) + 1)
    // Far out on both sides the exponential is cut off.
    var gate = random.normals(count, scale: 3)
    for (index, extreme) in [Float(-120), 120, 0, -20, 20].enumerated() where index < count {
      gate[index] = extreme
    }
    let up = random.normals(count)
    let dy = random.normals(count)
    func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }
    var out = [Float](repeating: .nan, count: count)
    sk_silu_multiply(&out, gate, up, count)
    let expected = zip(gate, up).map { silu(Double($0)) * Double($1) }
    #expect(relativeDistance(out, expected.floats) <= 1e-6)

    let byGate = centralDifferences(at: gate.doubles) { gate in
      zip(gate, zip(up, dy)).reduce(0) { $0 + silu($1.0) * Double($1.1.0) * Double($1.1.1) }
    }
    let byUp = zip(gate, dy).map { silu(Double($0)) * Double($1) }
    // In place, as the backward pass of a block calls it.
    var dgate = dy
    var dup = [Float](repeating: .nan, count: count)
    dgate.withUnsafeMutableBufferPointer { buffer in
      sk_silu_multiply_backward(buffer.baseAddress, &dup, buffer.baseAddress, gate, up, count)
    }
    #expect(relativeDistance(dgate, byGate.floats) <= 1e-5)
    #expect(relativeDistance(dup, byUp.floats) <= 1e-6)
  }

  @Test(arguments: sizes)
  func softmax(count: Int) {
    var random = SeededGenerator(seed: UInt64(count) + 2)
    for scale: Float in [1, 8] {
      let x = random.normals(count, scale: scale)
      let dy = random.normals(count)
      func probabilities(_ x: [Double]) -> [Double] {
        let largest = x.max() ?? 0
        let e = x.map { exp($0 - largest) }
        let sum = e.reduce(0, +)
        return e.map { $0 / sum }
      }
      var p = x
      sk_softmax(&p, count)
      #expect(relativeDistance(p, probabilities(x.doubles).floats) <= 1e-6)
      let slope = centralDifferences(at: x.doubles) { dot(probabilities($0), dy.doubles) * 0.25 }
      var dx = dy
      sk_softmax_backward(&dx, p, count, 0.25)
      for index in 0..<count {
        #expect(abs(Double(dx[index]) - slope[index]) <= 1e-6)
      }
    }
  }

  @Test func logSumExp() {
    var random = SeededGenerator(seed: 3)
    for count in Self.sizes + [49_152] {
      let x = random.normals(count, scale: 5)
      let exact = log(x.doubles.map { exp($0) }.reduce(0, +))
      #expect(abs(Double(sk_log_sum_exp(x, count)) - exact) <= 3e-6 * max(1, abs(exact)))
    }
    #expect(sk_log_sum_exp([1000, 1000], 2) == 1000 + Float(log(2.0)))
    #expect(sk_log_sum_exp([-1000, -1000], 2) == -1000 + Float(log(2.0)))
  }

  @Test(arguments: [1, 2, 8, 17, 32, 64])
  func rotary(half: Int) {
    var random = SeededGenerator(seed: UInt64(half) + 4)
    let rotations = Rotations(positions: 40, Rope(base: 10_000, dimension: 2 * half))
    for position in [0, 1, 39] {
      let cosines = rotations.cosines.values(row: position)
      let sines = rotations.sines.values(row: position)
      let x = random.normals(2 * half)
      let dy = random.normals(2 * half)
      func rotated(_ x: [Double]) -> [Double] {
        x.indices.map { index in
          let angle = Double(position) * pow(10_000, -2 * Double(index % half) / Double(2 * half))
          let other = index < half ? -x[index + half] : x[index - half]
          return x[index] * cos(angle) + other * sin(angle)
        }
      }
      var out = x
      sk_rotate(&out, cosines, sines, half)
      #expect(relativeDistance(out, rotated(x.doubles).floats) <= 3e-6)
      let slope = centralDifferences(at: x.doubles) { dot(rotated($0), dy.doubles) }
      var dx = dy
      sk_rotate_back(&dx, cosines, sines, half)
      #expect(relativeDistance(dx, slope.floats) <= 3e-6)
      // The way back is also the inverse.
      sk_rotate_back(&out, cosines, sines, half)
      #expect(relativeDistance(out, x) <= 1e-6)
      // Pairs of neighbours are the same with the sizes in another order.
      func interleaved(_ x: [Float]) -> [Float] { (0..<half).flatMap { [x[$0], x[$0 + half]] } }
      var neighbours = interleaved(x)
      sk_rotate_neighbours(&neighbours, cosines, sines, half)
      #expect(relativeDistance(neighbours, interleaved(rotated(x.doubles).floats)) <= 3e-6)
      var gradient = interleaved(dy)
      sk_rotate_neighbours_back(&gradient, cosines, sines, half)
      #expect(relativeDistance(gradient, interleaved(slope.floats)) <= 3e-6)
    }
  }
}
