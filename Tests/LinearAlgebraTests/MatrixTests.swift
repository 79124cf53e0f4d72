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
    let matrix = Matrix(rows: 1, columns: 2, values: [1, 2])
    let copy = matrix.copy()
    matrix[0, 0] = 7
    #expect(copy.values == [1, 2])
  }

  @Test func selectsRowsInTheOrderGiven() {
    let matrix = Matrix(rows: 4, columns: 2) { row, _ in Float(row) }
    #expect(matrix.selecting(rows: [3, 0, 3]).values == [3, 3, 0, 0, 3, 3])
    #expect(matrix.selecting(rows: []).rows == 0)
  }
}
