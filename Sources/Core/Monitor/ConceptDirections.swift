import LinearAlgebra
import SeerAnalysis

/// What centring and directions a layer's training rows give.
package struct ConceptDirections: Sendable {
  /// The mean of the training states as unit vectors: `width` values.
  package let mean: [Float]
  /// Each concept's mean centred unit state, as a unit vector: (concepts, width).
  package let vectors: Matrix

  package var count: Int { vectors.rows }
  package var width: Int { vectors.columns }

  /// - Parameters:
  ///   - labels: of all rows of `states`.
  ///   - rows: the training rows; each has a label below `concepts`.
  package init(_ states: Matrix, labels: [Int?], concepts: Int, rows: [Int]) {
    let width = states.columns
    let units = unitNormalised(states.selecting(rows: rows))
    var sums = [Double](repeating: 0, count: width)
    for row in 0..<units.rows {
      let unit = units.row(row)
      for column in 0..<width { sums[column] += Double(unit[column]) }
    }
    let mean = sums.map { Float($0 / Double(max(1, rows.count))) }
    self.mean = mean
    let prototypes = Prototypes(
      CentredUnits(units: Self.centred(units, about: mean)), labels: rows.map { labels[$0] ?? 0 },
      concepts: concepts)
    vectors = Matrix(
      rows: concepts, columns: width,
      values: (0..<concepts).flatMap { prototypes.direction($0).map { Float($0) } })
  }

  /// Unit vectors less a mean, as unit vectors again.
  private static func centred(_ units: Matrix, about mean: [Float]) -> Matrix {
    let rest = MatrixBuilder(unfilled: units.rows, columns: units.columns)
    rest.fillRows { row, target in
      let unit = units.row(row)
      for column in mean.indices { target[column] = unit[column] - mean[column] }
    }
    return unitNormalised(rest.frozen())
  }

  /// The given rows as centred unit vectors: (rows, width).
  package func centred(_ states: Matrix, rows: [Int]) -> Matrix {
    Self.centred(unitNormalised(states.selecting(rows: rows)), about: mean)
  }

  /// A state's cosines with every direction, after centring, and the logits that a probe makes of the
  /// centred unit state, which are the cosines where there is none; all as of zeros for a state at
  /// the centre.
  ///
  /// - Parameters:
  ///   - scratch: room for `width` values.
  ///   - cosines: room for `count` values.
  ///   - logits: room for `count` values.
  /// - Returns: whether the state has a direction: none at the centre, nor one that is not finite.
  package func read(
    _ state: UnsafePointer<Float>, _ probe: LinearReading?,
    scratch: UnsafeMutablePointer<Float>, cosines: UnsafeMutablePointer<Float>,
    logits: UnsafeMutablePointer<Float>
  ) -> Bool {
    let width = width
    let norm = dot(state, state, count: width).squareRoot()
    let scale = norm > 0 ? Float(1 / norm) : 0
    mean.withUnsafeBufferPointer { mean in
      for column in 0..<width { scratch[column] = state[column] * scale - mean[column] }
    }
    let length = dot(scratch, scratch, count: width).squareRoot()
    if length > 0 {
      let inverse = Float(1 / length)
      for column in 0..<width { scratch[column] *= inverse }
    } else {
      scratch.update(repeating: 0, count: width)
    }
    for concept in 0..<count {
      cosines[concept] = Float(dot(scratch, vectors.row(concept), count: width))
    }
    if let probe {
      probe.logits(of: scratch, into: logits)
    } else {
      logits.update(from: cosines, count: count)
    }
    return length > 0
  }
}
