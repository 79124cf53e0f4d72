import Foundation
import LinearAlgebra
import SeerProjection
import Testing

private func randomMap(rows: Int, columns: Int, seed: UInt64) -> Matrix {
  var generator = SeededGenerator(seed: seed)
  return Matrix(rows: rows, columns: columns) { _, column in
    generator.normal() * Float(1 + column)
  }
}

private func largestDifference(_ a: Matrix, _ b: Matrix) -> Float {
  zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 0
}

@Test(arguments: [false, true]) func alignmentUndoesRotationAndReflection(reflected: Bool) {
  let reference = randomMap(rows: 40, columns: 2, seed: 1)
  let c = Float(cos(2.1))
  let s = Float(sin(2.1))
  let moved = Matrix(rows: 40, columns: 2) { row, column in
    let x = reference[row, 0] * (reflected ? -1 : 1)
    let y = reference[row, 1]
    return column == 0 ? c * x - s * y + 5 : s * x + c * y - 3
  }
  #expect(largestDifference(align(moved, to: reference), reference) < 1e-4)
}

@Test func alignmentInMoreDimensions() throws {
  let reference = randomMap(rows: 60, columns: 5, seed: 2)
  let basis = MatrixBuilder(copying: randomMap(rows: 5, columns: 5, seed: 3))
  Orthonormal.complete(basis, from: 5)
  let moved = multiply(reference, basis.frozen())
  #expect(largestDifference(align(moved, to: reference), reference) < 1e-4)
}

@Test func alignmentBySignsKeepsColumns() {
  let reference = randomMap(rows: 30, columns: 3, seed: 4)
  let moved = Matrix(rows: 30, columns: 3) { $1 == 1 ? -reference[$0, $1] : reference[$0, $1] }
  #expect(largestDifference(align(moved, to: reference, by: .signs), reference) < 1e-5)
}

@Test func alignmentKeepsDistances() {
  let reference = randomMap(rows: 30, columns: 2, seed: 5)
  let moving = randomMap(rows: 30, columns: 2, seed: 6)
  let aligned = align(moving, to: reference)
  for i in 0..<29 {
    let before = hypotf(moving[i, 0] - moving[i + 1, 0], moving[i, 1] - moving[i + 1, 1])
    let after = hypotf(aligned[i, 0] - aligned[i + 1, 0], aligned[i, 1] - aligned[i + 1, 1])
    #expect(abs(before - after) < 1e-4)
  }
}

@Test func alignmentOfDegenerateMaps() {
  let line = Matrix(rows: 10, columns: 2) { $1 == 0 ? Float($0) : 0 }
  let upright = Matrix(rows: 10, columns: 2) { $1 == 1 ? Float($0) : 0 }
  #expect(largestDifference(align(line, to: upright), upright) < 1e-4)
  // Rows that determine nothing, or no number at all, turn nothing: only the centre moves.
  let crowd = Matrix(rows: 10, columns: 2) { row, column in column == 0 ? 3 : Float(row % 2) }
  let still = Matrix(rows: 10, columns: 2) { row, column in column == 0 ? -3 : 7 }
  let moved = Matrix(rows: 10, columns: 2) { row, column in
    column == 0 ? -3 : 6.5 + Float(row % 2)
  }
  #expect(align(crowd, to: still).values == moved.values)
  let point = Matrix(rows: 10, columns: 2)
  #expect(align(point, to: upright).values.allSatisfy { $0.isFinite })
  #expect(align(Matrix(rows: 0, columns: 2), to: Matrix(rows: 0, columns: 2)).rows == 0)
  #expect(align(Matrix(rows: 1, columns: 1), to: Matrix(rows: 1, columns: 1)).values == [0])
}

/// A map flat in two of four directions is turned by a proper rotation or reflection of the rest,
/// and the same one whichever thread asks.
@Test func alignmentOfARankDeficientMap() {
  let reference = randomMap(rows: 50, columns: 4, seed: 7)
  let flat = Matrix(rows: 50, columns: 4) { $1 < 2 ? reference[$0, 1 - $1] : 0 }
  let aligned = align(flat, to: reference)
  #expect(aligned.values.allSatisfy { $0.isFinite })
  for i in 0..<49 {
    var (before, after): (Float, Float) = (0, 0)
    for k in 0..<4 {
      before += (flat[i, k] - flat[i + 1, k]) * (flat[i, k] - flat[i + 1, k])
      after += (aligned[i, k] - aligned[i + 1, k]) * (aligned[i, k] - aligned[i + 1, k])
    }
    #expect(abs(before.squareRoot() - after.squareRoot()) < 1e-4)
  }
  let equal = MutableMatrix(rows: 6, columns: 1)
  Parallel.forEach(6) { equal[$0, 0] = align(flat, to: reference).values == aligned.values ? 1 : 0 }
  #expect(equal.values == Array(repeating: 1, count: 6))
}
