import LinearAlgebra
import Testing

struct MatrixTests {
  @Test func startsWithZerosOnAnAlignedAddress() {
    for (rows, columns) in [(0, 0), (0, 5), (5, 0), (1, 1), (17, 33)] {
      let matrix = Matrix(rows: rows, columns: columns)
      #expect(matrix.values == [Float](repeating: 0, count: rows * columns))
      #expect(UInt(bitPattern: matrix.elements).isMultiple(of: 64))
    }
  }

  @Test func isRowMajor() {
    let matrix = Matrix(rows: 2, columns: 3) { Float($0 * 10 + $1) }
    #expect(matrix.values == [0, 1, 2, 10, 11, 12])
    #expect(matrix[1, 2] == 12)
    #expect(matrix.values(row: 1) == [10, 11, 12])
    #expect(matrix.row(1)[1] == 11)
    #expect(Matrix(rows: 2, columns: 3, values: matrix.values).values == matrix.values)
  }

  @Test func aCopyIsItsOwn() {
    let matrix = MutableMatrix(rows: 1, columns: 2) { Float(1 + $1) }
    let copy = matrix.copy()
    matrix[0, 0] = 7
    #expect(copy.values == [1, 2] && matrix.values == [7, 2])
  }

  /// A builder is filled by all cores and frozen without a copy.
  @Test(arguments: [(0, 3), (1, 1), (1000, 7)])
  func freezesInPlace(rows: Int, columns: Int) {
    let builder = MatrixBuilder(rows: rows, columns: columns)
    builder.fillRows(grain: 8) { row, target in
      for column in 0..<columns { target[column] += Float(row * columns + column) }
    }
    let place = UnsafePointer(builder.elements)
    let matrix = builder.frozen()
    #expect(matrix.elements == place)
    #expect(matrix.values == (0..<rows * columns).map { Float($0) })
  }

  @Test func freezesWhatNobodyElseHoldsInPlace() {
    var matrices = [MutableMatrix(rows: 2, columns: 2) { Float($0 + $1) }]
    let place = UnsafePointer(matrices[0].elements)
    let alone = MutableMatrix.freeze(&matrices[0])
    #expect(alone.elements == place && alone.values == [0, 1, 1, 2])
    #expect(matrices[0].count == 0)

    let other = MutableMatrix(rows: 1, columns: 1) { _, _ in 3 }
    matrices[0] = other
    let copy = MutableMatrix.freeze(&matrices[0])
    other[0, 0] = 4
    #expect(copy.values == [3] && matrices[0].count == 0)
  }

  @Test func aSpareMatrixIsUsedAgain() {
    let spare = SpareMatrix()
    let first = spare.take(atLeast: 100)
    let place = first.elements
    spare.give(first)
    let again = spare.take(atLeast: 60)
    #expect(again.elements == place && again.count == 100)
    // Nothing is kept while it is in use, nor what is too small.
    let second = spare.take(atLeast: 10)
    #expect(second.elements != place && second.count == 10)
    spare.give(again)
    spare.give(second)
    #expect(spare.take(atLeast: 11).count == 11)
  }

  @Test func selectsRowsInTheOrderGiven() {
    let matrix = Matrix(rows: 4, columns: 2) { row, _ in Float(row) }
    #expect(matrix.selecting(rows: [3, 0, 3]).values == [3, 3, 0, 0, 3, 3])
    #expect(matrix.selecting(rows: []).rows == 0)
  }
}
