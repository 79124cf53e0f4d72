import LinearAlgebra

/// A map along two chosen directions, such as two concepts' prototypes, instead of components.
///
///     let axes = try ConceptAxes(violence, honesty, origin: mean)
///     axes.transform(states)  // (rows, 2): how far each row lies along either direction
///
/// Both axes are drawn at right angles although the directions need not be: ``cosine`` says how far
/// they are from it.
package struct ConceptAxes: Sendable {
  /// (2, width): unit directions.
  package let directions: Matrix
  /// What is taken off every row first.
  package let origin: [Float]
  /// The cosine of the angle between the directions; 1 and -1 make a map with one dimension.
  package let cosine: Float

  /// - Parameter origin: such as the mean of all rows; nil for none.
  /// - Throws: ``ProjectionError`` for differing widths, a direction of no length, and values that
  ///   are not finite.
  package init(
    _ first: [Float], _ second: [Float], origin: [Float]? = nil
  ) throws(ProjectionError) {
    let width = first.count
    let origin = origin ?? [Float](repeating: 0, count: width)
    let directions = MatrixBuilder(rows: 2, columns: width)
    for (row, values) in [first, second, origin].enumerated() {
      let name = ["first direction", "second direction", "origin"][row]
      guard values.count == width, width > 0 else {
        throw .badOption(
          name: "width of the \(name)", found: "\(values.count)", wanted: "\(max(1, width))")
      }
      if let column = values.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(row: row, column: column, value: values[column])
      }
      guard row < 2 else { continue }
      let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard length > 0 else {
        throw .badOption(name: name, found: "a length of 0", wanted: "a direction")
      }
      for column in 0..<width {
        directions.row(row)[column] = Float(Double(values[column]) / length)
      }
    }
    self.origin = origin
    var product = 0.0
    for column in 0..<width {
      product += Double(directions.row(0)[column]) * Double(directions.row(1)[column])
    }
    cosine = Float(max(-1, min(1, product)))
    self.directions = directions.frozen()
  }

  /// (rows, 2): the inner products of the rows, less the origin, with the two directions.
  ///
  /// Precondition: `matrix` is as wide as the directions.
  package func transform(_ matrix: Matrix) -> Matrix {
    precondition(matrix.columns == directions.columns)
    return Matrix(rows: matrix.rows, columns: 2) { row, axis in
      let values = matrix.row(row)
      let direction = directions.row(axis)
      var sum = 0.0
      for column in 0..<matrix.columns {
        sum += Double(values[column] - origin[column]) * Double(direction[column])
      }
      return Float(sum)
    }
  }

  /// The share of the variance that lies in the plane of the two directions.
  ///
  /// - Parameter map: of these rows, by ``transform(_:)``; the origin is their mean.
  func varianceShare(_ map: Matrix, of matrix: Matrix) -> Float {
    var total = 0.0
    for row in 0..<matrix.rows {
      let values = matrix.row(row)
      for column in 0..<matrix.columns {
        let value = Double(values[column] - origin[column])
        total += value * value
      }
    }
    // The second direction without what it shares with the first.
    let c = Double(cosine)
    let rest = max(1e-9, 1 - c * c).squareRoot()
    var shown = 0.0
    for row in 0..<map.rows {
      let x = Double(map[row, 0])
      let y = (Double(map[row, 1]) - c * x) / rest
      shown += x * x + y * y
    }
    return total > 0 ? Float(min(1, shown / total)) : 0
  }
}
