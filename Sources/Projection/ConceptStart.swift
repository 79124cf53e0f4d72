import LinearAlgebra

/// Where a map that is begun from concepts starts: the plane in which the concepts' means lie furthest
/// apart for how far the rows of one concept scatter (Fisher's linear discriminants). Of two concepts,
/// whose means lie on a line, the second axis is what varies most within concepts.
enum ConceptStart {
  /// The share of the scatter that is taken to be alike along all columns: few rows tell little of it.
  private static let shrinkage = 0.1

  /// - Parameter matrix: (rows, width), as layouts compare rows.
  /// - Returns: (rows, 2), in deviations of a row from its concept's mean. O(rows · width²).
  /// - Throws: ``ProjectionError`` for rows of fewer than two concepts, and what ``PCA`` refuses.
  static func points(_ matrix: Matrix, _ concepts: RowConcepts) throws(ProjectionError) -> Matrix {
    let means = try concepts.means(of: matrix)
    let present = concepts.names.indices.filter { means.counts[$0] > 0 }
    guard present.count > 1 else {
      throw .badOption(
        name: LayoutOption.start.name,
        found: "\(LayoutOption.start.text(1)) with rows of "
          + (present.count == 1 ? "one concept" : "none"), wanted: "rows of two concepts or more")
    }
    let width = matrix.columns
    let centres = concepts.names.indices.map(means.centre)
    let evened = try evening(matrix, concepts, centres: centres)
    let between = try PCA.fit(
      Matrix(rows: present.count, columns: width) { place, axis in
        (0..<width).reduce(0) { $0 + evened[axis, $1] * centres[present[place]][$1] }
      }, components: min(2, present.count - 1, width))
    // The first of the evened axes is the one along which rows of one concept scatter most.
    let basis = MatrixBuilder(rows: min(2, width), columns: width) { row, axis in
      row < between.components.rows ? between.components[row, axis] : axis == 0 ? 1 : 0
    }
    Orthonormal.complete(basis, from: basis.rows)
    let axes = product(basis.frozen(), evened).frozen()
    return Matrix(rows: matrix.rows, columns: 2) { row, axis in
      guard axis < axes.rows else { return 0 }
      let values = matrix.row(row)
      var sum = 0.0
      for column in 0..<width {
        sum += (Double(values[column]) - Double(means.mean[column])) * Double(axes[axis, column])
      }
      return Float(sum)
    }
  }

  /// (width, width): directions along which the rows of a concept scatter alike, each of them one
  /// deviation; before that the first scatters most.
  private static func evening(
    _ matrix: Matrix, _ concepts: RowConcepts, centres: [[Float]]
  ) throws(ProjectionError) -> Matrix {
    let width = matrix.columns
    var scatter = [Double](repeating: 0, count: width * width)
    var apart = [Double](repeating: 0, count: width)
    var count = 0.0
    for row in 0..<matrix.rows {
      guard let concept = concepts.ofRow[row] else { continue }
      count += 1
      let values = matrix.row(row)
      for column in 0..<width {
        apart[column] = Double(values[column]) - Double(centres[concept][column])
      }
      for i in 0..<width {
        for j in 0...i { scatter[i * width + j] += apart[i] * apart[j] }
      }
    }
    let mean = (0..<width).reduce(0) { $0 + scatter[$1 * width + $1] } / Double(width) / count
    for i in 0..<width {
      for j in 0...i {
        let value = (1 - shrinkage) * scatter[i * width + j] / count
        scatter[i * width + j] = value
        scatter[j * width + i] = value
      }
      // Rows that are their concept's mean scatter along no direction: all are alike.
      scatter[i * width + i] += mean > 0 ? shrinkage * mean : 1
    }
    do {
      let found = try SingularValues(scatter, rows: width, columns: width)
      return Matrix(rows: width, columns: width) { axis, column in
        Float(found.right[axis * width + column] / found.values[axis].squareRoot())
      }
    } catch {
      throw .decomposition(error)
    }
  }
}
