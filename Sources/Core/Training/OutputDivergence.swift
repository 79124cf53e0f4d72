import CKernels
import Foundation
import LinearAlgebra
import SeerModels

/// Next-token distributions compared at some tokens, a block of them at a time: a vocabulary of
/// 49,152 makes 200 KB of logits a token.
package struct OutputDivergence {
  package static let block = 256

  package let model: Transformer

  package init(model: Transformer) {
    self.model = model
  }

  /// Sum over the places of KL(base || tuned) in nats; where a slope is given, adds to it
  /// `scale` times the gradient with respect to the tuned states.
  ///
  /// - Parameters:
  ///   - states, base: the last layer's states, before the final norm: (tokens, width) each.
  package func divergence(
    _ states: some ReadableMatrix, base: Matrix, at places: [Int], scale: Float,
    into slope: MutableMatrix?, checkpoint: () throws -> Void
  ) throws -> Double {
    try eachBlock(of: places) { part in
      try checkpoint()
      let logits = self.logits(states, at: part)
      let reference = self.logits(base, at: part)
      let capSlopes = slope == nil ? nil : model.capSlopes(logits)
      let sum = sumInParallel(part.count) { index in
        Double(sk_divergence(logits.row(index), reference.row(index), logits.columns, scale))
      }
      if let slope {
        addGradient(logits, capSlopes: capSlopes, states, at: part, into: slope)
      }
      return sum
    }
  }

  /// Sum over the places of -weight x log p(token); adds `scale` times its gradient to the slope.
  package func weightedLikelihood(
    _ states: some ReadableMatrix, at places: [Int], tokens: [Int32], weights: [Float],
    scale: Float, into slope: MutableMatrix, checkpoint: () throws -> Void
  ) throws -> Double {
    var offset = 0
    return try eachBlock(of: places) { part in
      try checkpoint()
      let first = offset
      offset += part.count
      let logits = self.logits(states, at: part)
      let capSlopes = model.capSlopes(logits)
      let sum = sumInParallel(part.count) { index in
        let row = logits.row(index)
        let token = Int(tokens[first + index])
        let weight = weights[first + index]
        let loss = weight * (sk_log_sum_exp(row, logits.columns) - row[token])
        sk_softmax(row, logits.columns)
        row[token] -= 1
        for id in 0..<logits.columns { row[id] *= scale * weight }
        return Double(loss)
      }
      addGradient(logits, capSlopes: capSlopes, states, at: part, into: slope)
      return sum
    }
  }

  /// The probability of one token at each place.
  package func probabilities(_ states: Matrix, at places: [Int], tokens: [Int32]) -> [Float] {
    var result = [Float](repeating: 0, count: places.count)
    for start in stride(from: 0, to: places.count, by: Self.block) {
      let part = places[start..<min(start + Self.block, places.count)]
      let logits = self.logits(states, at: part)
      result.withUnsafeMutableBufferPointer { result in
        let target = result
        Parallel.forEach(part.count) { index in
          let row = logits.row(index)
          let all = sk_log_sum_exp(row, logits.columns)
          target[start + index] = exp(row[Int(tokens[start + index])] - all)
        }
      }
    }
    return result
  }

  /// Sums over the places of both models' negative log-likelihood of a token each and of
  /// KL(base || tuned), in nats, and at how many both find the same token likeliest.
  package func comparison(
    _ states: Matrix, base: Matrix, at places: [Int], tokens: [Int32],
    checkpoint: () throws -> Void
  ) throws -> (tuned: Double, base: Double, kl: Double, agreeing: Int) {
    var sums = (tuned: 0.0, base: 0.0, kl: 0.0, agreeing: 0)
    for start in stride(from: 0, to: places.count, by: Self.block) {
      try checkpoint()
      let part = places[start..<min(start + Self.block, places.count)]
      let logits = self.logits(states, at: part)
      let reference = self.logits(base, at: part)
      let count = logits.columns
      func likelihood(_ logits: borrowing MatrixBuilder) -> Double {
        sumInParallel(part.count) { index in
          let row = logits.row(index)
          return Double(sk_log_sum_exp(row, count) - row[Int(tokens[start + index])])
        }
      }
      sums.tuned += likelihood(logits)
      sums.base += likelihood(reference)
      sums.agreeing += Int(
        sumInParallel(part.count) { index in
          likeliest(logits.row(index), count) == likeliest(reference.row(index), count) ? 1 : 0
        })
      sums.kl += sumInParallel(part.count) { index in
        Double(sk_divergence(logits.row(index), reference.row(index), count, 0))
      }
    }
    return sums
  }

  private func likeliest(_ logits: UnsafePointer<Float>, _ count: Int) -> Int {
    var best = 0
    for index in 1..<count where logits[index] > logits[best] { best = index }
    return best
  }

  private func eachBlock(
    of places: [Int], _ body: (ArraySlice<Int>) throws -> Double
  ) rethrows -> Double {
    var sum = 0.0
    for start in stride(from: 0, to: places.count, by: Self.block) {
      let part = places[start..<min(start + Self.block, places.count)]
      sum += try body(part[...])
    }
    return sum
  }

  private func gathered(_ states: some ReadableMatrix, at places: ArraySlice<Int>) -> Matrix {
    states.selecting(rows: Array(places))
  }

  private func logits(
    _ states: some ReadableMatrix, at places: ArraySlice<Int>
  ) -> MatrixBuilder {
    model.logits(gathered(states, at: places))
  }

  /// Takes gradients of logits back through head and final norm.
  private func addGradient(
    _ logitGradient: borrowing MatrixBuilder, capSlopes: Matrix?, _ states: some ReadableMatrix,
    at places: ArraySlice<Int>, into slope: MutableMatrix
  ) {
    let gradient = model.headBackward(
      logitGradient, gathered(states, at: places), capSlopes: capSlopes)
    for (index, place) in places.enumerated() {
      let target = slope.row(place)
      let source = gradient.row(index)
      for column in 0..<slope.columns { target[column] += source[column] }
    }
  }
}

/// The sum of `body` over the indices, in their order whatever the number of cores.
func sumInParallel(_ count: Int, _ body: (_ index: Int) -> Double) -> Double {
  var parts = [Double](repeating: 0, count: count)
  parts.withUnsafeMutableBufferPointer { parts in
    let target = parts
    Parallel.forEach(count) { target[$0] = body($0) }
  }
  return parts.reduce(0, +)
}
