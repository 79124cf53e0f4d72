import CKernels
import Foundation
import LinearAlgebra
import SeerProjection
import Testing

private func layout(rows: Int, spread: Float, seed: UInt64) -> Matrix {
  var generator = SeededGenerator(seed: seed)
  // Clusters with a few points far out, as maps have.
  return Matrix(rows: rows, columns: 2) { row, column in
    spread * (generator.normal() * 0.15 + Float((row % 7 + 3 * column) % 5 - 2) * 0.4)
  }
}

/// The definition, in Double.
private func repulsion(of points: Matrix) -> (forces: [Double], sum: Double) {
  var forces = [Double](repeating: 0, count: 2 * points.rows)
  var sum = 0.0
  for i in 0..<points.rows {
    for j in 0..<points.rows {
      let dx = Double(points[i, 0]) - Double(points[j, 0])
      let dy = Double(points[i, 1]) - Double(points[j, 1])
      let w = 1 / (1 + dx * dx + dy * dy)
      sum += w
      forces[2 * i] += w * w * dx
      forces[2 * i + 1] += w * w * dy
    }
  }
  return (forces, sum)
}

private func compute(_ method: any Repulsion, _ points: Matrix) -> (forces: [Float], sum: Double) {
  let forces = MutableMatrix(rows: points.rows, columns: 2)
  method.prepare(points, bounds: LayoutBounds(of: points))
  let middle = points.rows / 3
  let sum =
    method.sample(points, range: 0..<middle, forces: forces)
    + method.sample(points, range: middle..<points.rows, forces: forces)
  return (forces.values, sum)
}

/// The length of the error over the length of the exact forces.
private func relativeError(_ forces: [Float], _ exact: [Double]) -> Double {
  let error = zip(forces, exact).reduce(0) { $0 + pow(Double($1.0) - $1.1, 2) }
  return (error / exact.reduce(0) { $0 + $1 * $1 }).squareRoot()
}

@Test(arguments: [1e-4, 0.1, 3, 30, 100] as [Float])
func interpolationMatchesTheDefinition(spread: Float) {
  let points = layout(rows: 700, spread: spread, seed: 1)
  let exact = repulsion(of: points)
  let found = compute(InterpolatedRepulsion(), points)
  #expect(abs(found.sum / exact.sum - 1) < 1e-3)
  #expect(relativeError(found.forces, exact.forces) < 0.03)
}

@Test(arguments: [1e-4, 0.1, 3, 30, 2000] as [Float])
func exactRepulsionMatchesTheDefinition(spread: Float) {
  let points = layout(rows: 333, spread: spread, seed: 2)
  let exact = repulsion(of: points)
  let found = compute(ExactRepulsion(count: points.rows), points)
  #expect(abs(found.sum / exact.sum - 1) < 1e-5)
  #expect(relativeError(found.forces, exact.forces) < 1e-4)
}

@Test(arguments: [1e-4, 0.1, 3, 30, 2000] as [Float])
func barnesHutMatchesTheDefinition(spread: Float) {
  let points = layout(rows: 700, spread: spread, seed: 3)
  let exact = repulsion(of: points)
  let found = compute(BarnesHutRepulsion(count: points.rows), points)
  #expect(abs(found.sum / exact.sum - 1) < 0.01)
  #expect(relativeError(found.forces, exact.forces) < 0.03)
}

@Test func barnesHutOfCoincidingPoints() {
  let points = Matrix(rows: 50, columns: 2) { row, _ in row < 40 ? 1 : 3 }
  let exact = repulsion(of: points)
  let found = compute(BarnesHutRepulsion(count: 50), points)
  #expect(abs(found.sum / exact.sum - 1) < 1e-5)
  #expect(relativeError(found.forces, exact.forces) < 1e-5)
  let same = Matrix(rows: 20, columns: 2) { _, _ in 2 }
  #expect(abs(compute(BarnesHutRepulsion(count: 20), same).sum - 400) < 1e-3)
}

@Test func interpolationOfAnElongatedMap() {
  let points = Matrix(rows: 600, columns: 2) { $1 == 0 ? Float($0) * 0.5 : Float($0 % 3) * 0.3 }
  let exact = repulsion(of: points)
  let found = compute(InterpolatedRepulsion(), points)
  #expect(abs(found.sum / exact.sum - 1) < 1e-3)
  #expect(relativeError(found.forces, exact.forces) < 0.02)
}

@Test(arguments: [2, 4, 6, 10, 12, 15, 30, 64, 96, 160])
func transformTwiddlesAreUnitRoots(length: Int) {
  var table = [Float](repeating: 0, count: 2 * length)
  sk_fft_twiddles(&table, length)
  #expect(table[0] == 1 && table[1] == 0)
  for index in 0..<length - 1 where table[2 * index] != 0 || table[2 * index + 1] != 0 {
    let size = hypotf(table[2 * index], table[2 * index + 1])
    #expect(abs(size - 1) < 1e-6)
  }
}

@Test func gridSidesAreFullyFactored() {
  #expect(InterpolatedRepulsion.sides.first == 32)
  #expect(InterpolatedRepulsion.sides.last == InterpolatedRepulsion.largestSide)
  #expect(InterpolatedRepulsion.side(for: 0) == 32)
  #expect(InterpolatedRepulsion.side(for: 1e6) == nil)
  #expect(InterpolatedRepulsion.side(for: .nan) == nil)
}
