import Foundation
import LinearAlgebra

/// One logistic regression of many that are fitted together.
struct ProbeTask {
  /// Which of the solver's sets of rows teach.
  var rowSet: Int
  /// A label for every row of the features.
  var labels: [Int]
  var strength: Double
}

/// Multinomial logistic regressions over the same features, fitted at once: their weights lie
/// side by side, so that a step of all of them is two matrix products.
///
/// Each minimises the mean of its rows' cross-entropy + strength / (2 rows) * ||weights||², with
/// weights in units of its training rows' standard deviations and free intercepts.
struct ProbeSolver {
  let features: ProbeFeatures
  let concepts: Int
  let rowSets: [[Int]]
  private let statistics: [(mean: [Double], inverseDeviation: [Double])]

  init(_ features: ProbeFeatures, concepts: Int, rowSets: [[Int]]) {
    self.features = features
    self.concepts = concepts
    self.rowSets = rowSets
    statistics = rowSets.map(features.rowStatistics)
  }

  /// A fit: weights on the features, (concepts, width + 1) with the intercept last, and which
  /// concepts were among its rows.
  struct Solution {
    var weights: [Float]
    var isPresent: [Bool]
  }

  private struct State {
    let task: ProbeTask
    let rows: Double
    /// The row's label where it teaches, else -1.
    let targets: [Int32]
    let isPresent: [Bool]
    var search: LBFGS
  }

  /// About 64 MB of history, so that wide models with many tasks stay in memory.
  private var batch: Int {
    let floats = concepts * (features.width + 1) * (2 * LBFGS.memory + 5)
    return max(1, min(16_000_000 / max(1, floats), 768 / max(1, concepts)))
  }

  /// Fits every task. The order of the tasks and of all sums is fixed, whatever the threads.
  func solve(_ tasks: [ProbeTask], checkpoint: () throws -> Void = {}) rethrows -> [Solution] {
    var solutions: [Solution] = []
    var start = 0
    while start < tasks.count {
      let end = min(tasks.count, start + batch)
      solutions += try solveTogether(Array(tasks[start..<end]), checkpoint: checkpoint)
      start = end
    }
    return solutions
  }

  private func solveTogether(
    _ tasks: [ProbeTask], checkpoint: () throws -> Void
  ) rethrows -> [Solution] {
    var states = tasks.map(makeState)
    while true {
      try checkpoint()
      let active = states.indices.filter { !states[$0].search.isDone }
      if active.isEmpty { break }
      let weights = effectiveWeights(active.map { states[$0] })
      let residuals = product(features.matrix, weights, transposeB: true)
      let losses = turnIntoResiduals(residuals, active.map { states[$0] })
      let products = multiply(residuals.frozen(), transposeA: true, features.matrix)
      states.withUnsafeMutableBufferPointer { states in
        Parallel.forEach(active.count) { place in
          let index = active[place]
          let (value, gradient) = objective(
            states[index], loss: losses[place], products.row(place * concepts))
          states[index].search.receive(value, gradient)
        }
      }
    }
    return states.map { state in
      Solution(
        weights: effectiveWeights([state], at: \.point).values, isPresent: state.isPresent)
    }
  }

  private func makeState(_ task: ProbeTask) -> State {
    let rows = rowSets[task.rowSet]
    var targets = [Int32](repeating: -1, count: features.matrix.rows)
    var isPresent = [Bool](repeating: false, count: concepts)
    for row in rows {
      targets[row] = Int32(task.labels[row])
      isPresent[task.labels[row]] = true
    }
    // Two concepts are told apart by the difference of their weights alone; the binary regression
    // that everybody knows penalises that difference, which is this with twice the strength.
    var task = task
    if isPresent.count(where: { $0 }) == 2 { task.strength *= 2 }
    return State(
      task: task, rows: Double(max(1, rows.count)), targets: targets, isPresent: isPresent,
      search: LBFGS(
        start: [Float](repeating: 0, count: concepts * (features.width + 1)), tolerance: 1e-5))
  }

  /// The weights on the features of several fits, (fits * concepts, width + 1).
  private func effectiveWeights(
    _ states: [State], at point: KeyPath<LBFGS, [Float]> = \.trial
  ) -> Matrix {
    let width = features.width
    let result = MatrixBuilder(unfilled: states.count * concepts, columns: width + 1)
    Parallel.forEach(states.count) { index in
      let (mean, inverse) = statistics[states[index].task.rowSet]
      states[index].search[keyPath: point].withUnsafeBufferPointer { values in
        for concept in 0..<concepts {
          let start = concept &* (width &+ 1)
          let target = result.row(index &* concepts &+ concept)
          var intercept = Double(values[start &+ width])
          for column in 0..<width {
            let weight = Double(values[start &+ column]) * inverse[column]
            target[column] = Float(weight)
            intercept -= weight * mean[column]
          }
          target[width] = Float(intercept)
        }
      }
    }
    return result.frozen()
  }

  /// Logits, (rows, fits * concepts), become probabilities less the truth, 0 where a row does not
  /// teach; returns each fit's summed cross-entropy.
  private func turnIntoResiduals(_ logits: borrowing MatrixBuilder, _ states: [State]) -> [Double] {
    // Tiles of a fixed size: the order of the sums must not depend on the number of threads.
    let tile = 64
    let tiles = (logits.rows + tile - 1) / tile
    var partial = [Double](repeating: 0, count: tiles * states.count)
    partial.withUnsafeMutableBufferPointer { partial in
      Parallel.forEach(tiles) { index in
        let range = index * tile..<min(logits.rows, (index + 1) * tile)
        for place in states.indices {
          var loss = 0.0
          states[place].targets.withUnsafeBufferPointer { targets in
            for row in range {
              loss += Double(
                crossEntropy(
                  logits.row(row) + place &* concepts, target: Int(targets[row]),
                  states[place].isPresent))
            }
          }
          partial[index &* states.count &+ place] = loss
        }
      }
    }
    return states.indices.map { place in
      (0..<tiles).reduce(0) { $0 + partial[$1 * states.count + place] }
    }
  }

  /// Cross-entropy of one row's logits, which become its residuals.
  @inline(__always)
  private func crossEntropy(
    _ logits: UnsafeMutablePointer<Float>, target: Int, _ isPresent: [Bool]
  ) -> Float {
    guard target >= 0 else {
      for concept in 0..<concepts { logits[concept] = 0 }
      return 0
    }
    var largest = -Float.infinity
    for concept in 0..<concepts where isPresent[concept] {
      largest = max(largest, logits[concept])
    }
    let own = logits[target]
    var sum: Float = 0
    for concept in 0..<concepts {
      let value = isPresent[concept] ? exp(logits[concept] - largest) : 0
      logits[concept] = value
      sum += value
    }
    let scale = 1 / sum
    for concept in 0..<concepts { logits[concept] *= scale }
    logits[target] -= 1
    return log(sum) + largest - own
  }

  /// The objective at the trial point and its gradient there, from the residuals' products with
  /// the features, (concepts, width + 1).
  private func objective(
    _ state: State, loss: Double, _ products: UnsafePointer<Float>
  ) -> (Double, [Float]) {
    let width = features.width
    let (mean, inverse) = statistics[state.task.rowSet]
    let penalty = state.task.strength / state.rows
    var value = loss / state.rows
    let trial = state.search.trial
    let gradient = [Float](unsafeUninitializedCapacity: trial.count) { gradient, count in
      for concept in 0..<concepts {
        let start = concept &* (width &+ 1)
        let sum = Double(products[start &+ width])
        for column in 0..<width {
          let weight = Double(trial[start &+ column])
          let slope = (Double(products[start &+ column]) - sum * mean[column]) * inverse[column]
          value += 0.5 * penalty * weight * weight
          gradient[start &+ column] = Float(slope / state.rows + penalty * weight)
        }
        gradient[start &+ width] = Float(sum / state.rows)
      }
      count = trial.count
    }
    return (value, gradient)
  }
}
