import LinearAlgebra

/// Points (x, y one after the other) as a matrix (rows, 2), moved so that their mean is the origin.
func centredPoints(_ positions: Buffer<Float>, rows: Int) -> Matrix {
  var x = 0.0
  var y = 0.0
  for row in 0..<rows {
    x += Double(positions.elements[2 * row])
    y += Double(positions.elements[2 * row + 1])
  }
  let centre = [Float(x / Double(max(1, rows))), Float(y / Double(max(1, rows)))]
  return Matrix(rows: rows, columns: 2) { positions.elements[2 * $0 + $1] - centre[$1] }
}
