import Foundation
import LinearAlgebra

/// A linear probe: multinomial logistic regression with an L2 penalty, from a state to its concept.
///
///     let probe = LinearProbe.fit(states, labels: labels, concepts: 6, rows: folds.train)
///     probe.predict(states)  // a concept for every row
///
/// Columns are standardised over the training rows; the objective is the sum of the rows'
/// cross-entropy + strength / 2 * ||weights||², intercepts free: scikit-learn's `StandardScaler`
/// and `LogisticRegression(C=1/strength)`. Concepts without training rows are never predicted.
package struct LinearProbe: Sendable {
  package let concepts: Int
  package let width: Int
  /// Of the penalty.
  package let strength: Double
  package let mean: [Float]
  /// (concepts, width), on centred states.
  package let weights: Matrix
  let intercepts: [Float]
  let isPresent: [Bool]

  /// The penalty where nothing else was asked for: the best of a few powers of ten on the default
  /// model's layers, within the spread of its neighbours.
  package static let standardStrength = 100.0

  /// Fits finite states, (rows, width), to labels below `concepts`, over the given rows or all.
  ///
  /// O(rows x width x concepts) for each of some 30 steps.
  package static func fit(
    _ states: Matrix, labels: [Int], concepts: Int, rows: [Int]? = nil,
    strength: Double = standardStrength, checkpoint: () throws -> Void = {}
  ) rethrows -> LinearProbe {
    precondition(labels.count == states.rows && labels.allSatisfy { 0..<concepts ~= $0 })
    let chosen = rows.map { states.selecting(rows: $0) } ?? states
    let features = ProbeFeatures(chosen)
    let solver = ProbeSolver(features, concepts: concepts, rowSets: [Array(0..<chosen.rows)])
    let task = ProbeTask(
      rowSet: 0, labels: rows.map { $0.map { labels[$0] } } ?? labels, strength: strength)
    let solution = try solver.solve([task], checkpoint: checkpoint)[0]
    return LinearProbe(features, solution, concepts: concepts, strength: strength)
  }

  private init(
    _ features: ProbeFeatures, _ solution: ProbeSolver.Solution, concepts: Int, strength: Double
  ) {
    let width = features.width
    self.concepts = concepts
    self.width = width
    self.strength = strength
    mean = features.mean.map { Float($0) }
    isPresent = solution.isPresent
    weights = Matrix(rows: concepts, columns: width) { concept, column in
      Float(
        Double(solution.weights[concept * (width + 1) + column])
          * features.inverseDeviation[column])
    }
    // The mean is rounded to float32; what that moves is moved back here.
    intercepts = (0..<concepts).map { concept in
      var value = Double(solution.weights[concept * (width + 1) + width])
      for column in 0..<width {
        value +=
          (Double(Float(features.mean[column])) - features.mean[column])
          * Double(solution.weights[concept * (width + 1) + column])
          * features.inverseDeviation[column]
      }
      return Float(value)
    }
  }

  /// The logits, (rows, concepts); -infinity for concepts without training rows.
  ///
  /// Precondition: `states` is `width` wide.
  package func logits(_ states: Matrix) -> Matrix {
    scores(states).frozen()
  }

  private func scores(_ states: Matrix) -> MatrixBuilder {
    precondition(states.columns == width, "\(states.columns) columns, fitted on \(width)")
    let centred = MatrixBuilder(unfilled: states.rows, columns: width)
    centred.fillRows { row, target in
      let source = states.row(row)
      for column in 0..<width { target[column] = source[column] - mean[column] }
    }
    let result = product(centred.frozen(), weights, transposeB: true)
    for row in 0..<result.rows {
      let values = result.row(row)
      for concept in 0..<concepts {
        values[concept] = isPresent[concept] ? values[concept] + intercepts[concept] : -.infinity
      }
    }
    return result
  }

  /// Each row's probabilities over the concepts, (rows, concepts).
  package func probabilities(_ states: Matrix) -> Matrix {
    let result = scores(states)
    for row in 0..<result.rows {
      let values = result.row(row)
      var largest = -Float.infinity
      for concept in 0..<concepts { largest = max(largest, values[concept]) }
      var sum: Float = 0
      for concept in 0..<concepts {
        values[concept] = largest > -.infinity ? exp(values[concept] - largest) : 0
        sum += values[concept]
      }
      for concept in 0..<concepts where sum > 0 { values[concept] /= sum }
    }
    return result.frozen()
  }

  /// Each row's most probable concept; the first of several that are equal.
  package func predict(_ states: Matrix) -> [Int] {
    let logits = logits(states)
    return (0..<logits.rows).map { largest(logits.row($0), isPresent) ?? 0 }
  }
}

/// The place of the largest logit among the concepts that are present; nil without one.
private func largest(_ logits: UnsafePointer<Float>, _ isPresent: [Bool]) -> Int? {
  var best: Int?
  for concept in isPresent.indices where isPresent[concept] {
    if let found = best, !(logits[concept] > logits[found]) { continue }
    best = concept
  }
  return best
}

/// For each row the concept that a linear probe took it for when the row was held out; nil for
/// rows that no fold tests, or where a fold has no training rows. Many labelings and strengths at
/// once: entry i belongs to labeling i, and where there is only one labeling to strength i.
///
/// - Parameter foldStrengths: a strength for each fold, in place of `strengths`.
package func heldOutLinearProbes(
  _ features: ProbeFeatures, labelings: [[Int]], concepts: Int, folds: Folds,
  strengths: [Double], foldStrengths: [Double]? = nil, checkpoint: () throws -> Void = {}
) rethrows -> [[Int?]] {
  let count = max(labelings.count, strengths.count)
  let solver = ProbeSolver(features, concepts: concepts, rowSets: folds.folds.map(\.train))
  let tasks = (0..<count).flatMap { index in
    folds.folds.indices.map { fold in
      ProbeTask(
        rowSet: fold, labels: labelings[min(index, labelings.count - 1)],
        strength: foldStrengths?[fold] ?? strengths[min(index, strengths.count - 1)])
    }
  }
  let solutions = try solver.solve(tasks, checkpoint: checkpoint)
  let rows = features.matrix.rows
  var predicted = [[Int?]](repeating: [Int?](repeating: nil, count: rows), count: count)
  for fold in folds.folds.indices {
    let test = features.matrix.selecting(rows: folds.folds[fold].test)
    let own = (0..<count).map { solutions[$0 * folds.folds.count + fold] }
    let weights = Matrix(
      rows: count * concepts, columns: features.width + 1, values: own.flatMap(\.weights))
    let logits = product(test, weights, transposeB: true)
    for (place, row) in folds.folds[fold].test.enumerated() {
      for index in 0..<count {
        predicted[index][row] = largest(logits.row(place) + index * concepts, own[index].isPresent)
      }
    }
  }
  return predicted
}

extension LinearProbe {
  /// Penalties that ``chosenStrength(_:labels:concepts:folds:strengths:checkpoint:)`` tries.
  package static let strengths = [1.0, 10, 100, 1000, 10_000]

  /// The penalty with the best accuracy over folds of the training rows: the stronger one of two
  /// that are equal. The folds hold training rows only, so no test row has a say.
  package static func chosenStrength(
    _ features: ProbeFeatures, labels: [Int], concepts: Int, folds: Folds,
    strengths: [Double] = LinearProbe.strengths, checkpoint: () throws -> Void = {}
  ) rethrows -> Double {
    let predicted = try heldOutLinearProbes(
      features, labelings: [labels], concepts: concepts, folds: folds,
      strengths: strengths, checkpoint: checkpoint)
    var best = (right: -1, strength: standardStrength)
    for (strength, predicted) in zip(strengths, predicted).sorted(by: { $0.0 > $1.0 }) {
      let right = labels.indices.count { predicted[$0] == labels[$0] }
      if right > best.right { best = (right, strength) }
    }
    return best.strength
  }
}
