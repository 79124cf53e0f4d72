import LinearAlgebra

/// The concept that each row of a matrix speaks of.
package struct RowConcepts: Equatable, Sendable {
  /// By number.
  package let names: [String]
  /// Each row's number; nil for a row without a concept.
  package let ofRow: [Int?]

  /// Precondition: numbers are those of names.
  package init(names: [String], ofRow: [Int?]) {
    precondition(ofRow.allSatisfy { $0.map(names.indices.contains) ?? true })
    (self.names, self.ofRow) = (names, ofRow)
  }

  /// The same rows several times over, as two runs' are in one map.
  package func repeated(_ count: Int) -> RowConcepts {
    RowConcepts(names: names, ofRow: (0..<count).flatMap { _ in ofRow })
  }

  /// The means of each concept's rows and of all others, in Double.
  ///
  /// - Throws: ``ProjectionError`` for another number of rows.
  func means(of matrix: Matrix) throws(ProjectionError) -> ConceptMeans {
    guard matrix.rows == ofRow.count else {
      throw .badOption(
        name: "rows with concepts", found: "\(ofRow.count)", wanted: "\(matrix.rows)")
    }
    return ConceptMeans(matrix, self)
  }
}

/// Sums of the rows of each concept, and what follows from them.
struct ConceptMeans {
  /// The mean of all rows, those without a concept too.
  let mean: [Float]
  let counts: [Int]
  private let sums: [[Double]]
  private let total: [Double]
  private let rows: Int

  fileprivate init(_ matrix: Matrix, _ concepts: RowConcepts) {
    let width = matrix.columns
    // The last are the rows without a concept.
    var sums = [[Double]](
      repeating: [Double](repeating: 0, count: width), count: concepts.names.count + 1)
    var counts = [Int](repeating: 0, count: concepts.names.count + 1)
    for row in 0..<matrix.rows {
      let concept = concepts.ofRow[row] ?? concepts.names.count
      counts[concept] += 1
      let values = matrix.row(row)
      sums[concept].withUnsafeMutableBufferPointer { sum in
        for column in 0..<width { sum[column] += Double(values[column]) }
      }
    }
    var total = [Double](repeating: 0, count: width)
    for sum in sums { for column in 0..<width { total[column] += sum[column] } }
    mean = total.map { Float($0 / Double(max(1, matrix.rows))) }
    (self.sums, self.counts, self.total, rows) = (sums, counts, total, matrix.rows)
  }

  /// The mean of a concept's rows; of none the origin.
  func centre(_ concept: Int) -> [Float] {
    let count = Double(max(1, counts[concept]))
    return sums[concept].map { Float($0 / count) }
  }

  /// From the mean of all other rows to the concept's.
  func direction(_ concept: Int) -> [Float] {
    let own = Double(max(1, counts[concept]))
    let others = Double(max(1, rows - counts[concept]))
    return total.indices.map {
      Float(sums[concept][$0] / own - (total[$0] - sums[concept][$0]) / others)
    }
  }
}
