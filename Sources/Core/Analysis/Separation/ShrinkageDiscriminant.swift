import LinearAlgebra

/// A linear reading of a state: a logit for each concept.
package struct LinearReading: Equatable, Sendable {
  /// (concepts, width)
  package let weights: Matrix
  package let intercepts: [Float]

  package init(weights: Matrix, intercepts: [Float]) {
    precondition(weights.rows == intercepts.count)
    self.weights = weights
    self.intercepts = intercepts
  }

  package static func == (a: LinearReading, b: LinearReading) -> Bool {
    a.intercepts == b.intercepts && a.weights.values == b.weights.values
  }

  /// - Parameters:
  ///   - state: `width` values.
  ///   - logits: room for a value a concept.
  package func logits(of state: UnsafePointer<Float>, into logits: UnsafeMutablePointer<Float>) {
    for concept in intercepts.indices {
      logits[concept] =
        Float(dot(state, weights.row(concept), count: weights.columns)) + intercepts[concept]
    }
  }

  /// (rows, concepts)
  package func logits(_ states: Matrix) -> Matrix {
    let result = product(states, weights, transposeB: true)
    for row in 0..<result.rows {
      for concept in intercepts.indices { result.row(row)[concept] += intercepts[concept] }
    }
    return result.frozen()
  }
}

/// A regularised linear probe in closed form: Gaussians of one covariance for all concepts, which is
/// shrunk towards a multiple of the identity (Friedman 1989), all concepts as likely.
///
///     let fit = try ShrinkageDiscriminant(states, labels: labels, concepts: 6)
///     let probe = fit.reading(shrinkage: 0.3)
///     probe.logits(states)
///
/// The covariance S within the concepts becomes (1 - s) S + s tr(S) / width I. One decomposition
/// serves every s. Where rows are tokens of the same texts, of which most say little about their
/// text's concept, it tells concepts better than a logistic regression, and takes one pass.
package struct ShrinkageDiscriminant: Sendable {
  package let concepts: Int
  package let width: Int
  /// Of the covariance within the concepts.
  private let eigen: SymmetricEigen
  /// Each concept's mean less the mean of all means, along the eigenvectors: (concepts, width).
  private let offsets: [[Double]]
  /// The mean of the concepts' means, along the eigenvectors.
  private let centre: [Double]

  /// - Parameters:
  ///   - states: (rows, width), finite.
  ///   - labels: below `concepts`. A concept without rows has the logit of the concepts' middle.
  ///
  /// Throws where LAPACK does. O(rows x width² + width³).
  package init(_ states: Matrix, labels: [Int], concepts: Int) throws(LAPACKError) {
    precondition(labels.count == states.rows && labels.allSatisfy { 0..<concepts ~= $0 })
    let width = states.columns
    self.concepts = concepts
    self.width = width
    var sums = [[Double]](repeating: [Double](repeating: 0, count: width), count: concepts)
    var counts = [Int](repeating: 0, count: concepts)
    for row in 0..<states.rows {
      let state = states.row(row)
      counts[labels[row]] += 1
      for column in 0..<width { sums[labels[row]][column] += Double(state[column]) }
    }
    let present = (0..<concepts).filter { counts[$0] > 0 }
    var means = zip(sums, counts).map { sum, count in sum.map { $0 / Double(max(1, count)) } }
    let middle = (0..<width).map { column in
      present.reduce(0) { $0 + means[$1][column] } / Double(max(1, present.count))
    }
    for concept in 0..<concepts where counts[concept] == 0 { means[concept] = middle }
    let rest = MatrixBuilder(unfilled: states.rows, columns: width)
    rest.fillRows { [means] row, target in
      let (state, mean) = (states.row(row), means[labels[row]])
      for column in 0..<width { target[column] = Float(Double(state[column]) - mean[column]) }
    }
    let deviations = rest.frozen()
    let scatter = multiply(deviations, transposeA: true, deviations)
    let scale = 1 / Float(max(1, states.rows))
    let eigen = try SymmetricEigen(
      Matrix(rows: width, columns: width) { scatter[$0, $1] * scale })
    self.eigen = eigen
    func along(_ vector: [Double]) -> [Double] {
      (0..<width).map { place in
        let direction = eigen.vectors.row(place)
        return (0..<width).reduce(0) { $0 + Double(direction[$1]) * vector[$1] }
      }
    }
    centre = along(middle)
    offsets = means.map { mean in along(zip(mean, middle).map { $0 - $1 }) }
  }

  /// Shrinkages that are tried.
  package static let shrinkages = [0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9]

  /// - Parameter shrinkage: above 0, to 1, where only the concepts' means count.
  package func reading(shrinkage: Double) -> LinearReading {
    precondition(shrinkage > 0 && shrinkage <= 1)
    // Rounding leaves eigenvalues just below 0.
    let spread = eigen.values.map { max(0, Double($0)) }
    let mean = spread.reduce(0, +) / Double(max(1, width))
    let inverse = spread.map { value in
      let shrunk = (1 - shrinkage) * value + shrinkage * mean
      return shrunk > 0 ? 1 / shrunk : 0
    }
    let weights = MatrixBuilder(rows: concepts, columns: width)
    var intercepts: [Float] = []
    for concept in 0..<concepts {
      var (square, along) = (0.0, 0.0)
      var weight = [Double](repeating: 0, count: width)
      for place in 0..<width {
        let value = offsets[concept][place] * inverse[place]
        square += value * offsets[concept][place]
        along += value * centre[place]
        let direction = eigen.vectors.row(place)
        for column in 0..<width { weight[column] += value * Double(direction[column]) }
      }
      for column in 0..<width { weights.row(concept)[column] = Float(weight[column]) }
      intercepts.append(Float(-square / 2 - along))
    }
    return LinearReading(weights: weights.frozen(), intercepts: intercepts)
  }

  /// The shrinkage whose readings are right of most rows of folds that they did not learn from: the
  /// larger one of two that are equal.
  ///
  /// - Parameter folds: rows that must not part, such as those of one prompt, are in one fold.
  package static func chosenShrinkage(
    _ states: Matrix, labels: [Int], concepts: Int, folds: Folds,
    shrinkages: [Double] = ShrinkageDiscriminant.shrinkages, checkpoint: () throws -> Void = {}
  ) throws -> Double {
    var right = [Int](repeating: 0, count: shrinkages.count)
    for fold in folds.folds where !fold.train.isEmpty && !fold.test.isEmpty {
      try checkpoint()
      let fit = try ShrinkageDiscriminant(
        states.selecting(rows: fold.train), labels: fold.train.map { labels[$0] },
        concepts: concepts)
      let test = states.selecting(rows: fold.test)
      for (place, shrinkage) in shrinkages.enumerated() {
        let logits = fit.reading(shrinkage: shrinkage).logits(test)
        right[place] += fold.test.indices.count { row in
          largestPlace(logits.row(row), concepts) == labels[fold.test[row]]
        }
      }
    }
    let most = right.max() ?? 0
    return zip(shrinkages, right).filter { $0.1 == most }.map(\.0).max() ?? 0.5
  }
}

private func largestPlace(_ values: UnsafePointer<Float>, _ count: Int) -> Int {
  (1..<max(1, count)).reduce(0) { values[$1] > values[$0] ? $1 : $0 }
}
