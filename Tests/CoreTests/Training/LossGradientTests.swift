import CKernels
import Foundation
import LinearAlgebra
import SeerTraining
import TestModels
import TestSupport
import Testing

/// The losses themselves against naive ones in Double and their central differences.
struct LossGradientTests {
  func cosines(_ a: [Double], _ b: [Double], width: Int) -> [[Double]] {
    func rows(_ x: [Double]) -> [[Double]] {
      stride(from: 0, to: x.count, by: width).map { start in
        let row = Array(x[start..<start + width])
        let norm = dot(row, row).squareRoot()
        return row.map { $0 / norm }
      }
    }
    let (unitA, unitB) = (rows(a), rows(b))
    return unitA.map { row in unitB.map { dot(row, $0) } }
  }

  func naive(
    _ states: [Double], width: Int, labels: [Int], _ contrast: Contrast = .labels,
    temperature: Double
  ) -> Double {
    let s = cosines(states, states, width: width).map { $0.map { $0 / temperature } }
    var anchors: [Double] = []
    for i in labels.indices {
      let pair = i % 2 == 0 ? i + 1 : i - 1
      var positives = [pair]
      var others = labels.indices.filter { $0 != i && $0 != pair }
      switch contrast {
      case .labels:
        positives = labels.indices.filter { $0 != i && labels[$0] == labels[i] }
        others = labels.indices.filter { labels[$0] != labels[i] }
      case .pairsOfConcepts: others.removeAll { labels[$0] == labels[i] }
      case .infonce:
        if i % 2 == 1 { positives = [] }
        others.removeAll { $0 % 2 == 0 }
      case .ntXent: break
      }
      guard !positives.isEmpty else { continue }
      let negatives = others.reduce(0.0) { $0 + exp(s[i][$1]) }
      anchors.append(
        positives.reduce(0.0) { $0 - log(exp(s[i][$1]) / (exp(s[i][$1]) + negatives)) }
          / Double(positives.count))
    }
    return anchors.isEmpty ? 0 : anchors.reduce(0, +) / Double(anchors.count)
  }

  func matrix(_ rows: Int, _ columns: Int, seed: UInt64, scale: Float = 1) -> Matrix {
    var random = SeededGenerator(seed: seed)
    return Matrix(rows: rows, columns: columns) { row, _ in
      // Rows of very different lengths: only directions count.
      random.normal() * scale * Float(row + 1)
    }
  }

  @Test(arguments: [0.05, 0.1, 1])
  func labelAware(temperature: Double) {
    for (seed, labels) in [
      [0, 0, 1, 1], [0, 1, 0, 2, 2, 0, 1], [0, 1, 1, 2], [3, 3, 3], [0, 0], [0, 0, 0, 1],
    ].enumerated() {
      let states = matrix(labels.count, 5, seed: UInt64(seed))
      let loss = contrastiveLoss(states, labels: labels, temperature: temperature)
      func value(_ x: [Double]) -> Double {
        naive(x, width: 5, labels: labels, temperature: temperature)
      }
      let exact = value(states.values.doubles)
      #expect(abs(loss.value - exact) <= 1e-9 * max(1, exact), "\(labels)")
      let slope = centralDifferences(at: states.values.doubles, step: 1e-5, value)
      let size = max(1, slope.reduce(0) { max($0, abs($1)) })
      for (ours, theirs) in zip(loss.gradient.values, slope) {
        #expect(abs(Double(ours) - theirs) <= 1e-6 * size, "\(labels)")
      }
    }
  }

  /// Pairs, some of one concept with others; all rows together, and in groups of four.
  @Test(arguments: Contrast.allCases, [0, 4])
  func everyContrast(contrast: Contrast, group: Int) {
    let labels = [0, 0, 1, 1, 0, 0, 2, 2]
    let states = matrix(8, 6, seed: 3)
    let loss = contrastiveLoss(
      states, labels: labels, contrast: contrast, group: group, temperature: 0.1)
    func value(_ x: [Double]) -> Double {
      guard group > 0 else {
        return naive(x, width: 6, labels: labels, contrast, temperature: 0.1)
      }
      return [0, 4].reduce(0.0) { sum, first in
        sum + 0.5
          * naive(
            Array(x[first * 6..<(first + 4) * 6]), width: 6,
            labels: Array(labels[first..<first + 4]),
            contrast, temperature: 0.1)
      }
    }
    #expect(abs(loss.value - value(states.values.doubles)) <= 1e-9)
    let slope = centralDifferences(at: states.values.doubles, step: 1e-5, value)
    #expect(relativeDistance(loss.gradient.values, slope.floats) <= 1e-6)
    let all = cosines(states.values.doubles, states.values.doubles, width: 6)
    var means = (same: [Double](), different: [Double]())
    for i in 0..<8 {
      for j in i + 1..<8 where group == 0 || i / group == j / group {
        if labels[i] == labels[j] {
          means.same.append(all[i][j])
        } else {
          means.different.append(all[i][j])
        }
      }
    }
    #expect(abs(loss.meanSame - means.same.reduce(0, +) / Double(means.same.count)) <= 1e-9)
    #expect(
      abs(loss.meanDifferent - means.different.reduce(0, +) / Double(means.different.count)) <= 1e-9
    )
  }

  @Test func anchorsWithoutPartnersAreLeftOut() {
    let alone = contrastiveLoss(matrix(3, 4, seed: 1), labels: [0, 1, 2], temperature: 0.1)
    #expect(alone.value == 0)
    #expect(alone.gradient.values.allSatisfy { $0 == 0 })
    let none = contrastiveLoss(Matrix(rows: 0, columns: 4), labels: [], temperature: 0.1)
    #expect(none.value == 0 && none.gradient.rows == 0)
  }

  /// Concepts collapsed to opposite points: the least loss there is, about 0 at temperature 0.1.
  @Test func collapsedConceptsHaveAlmostNoLoss() {
    let states = Matrix(rows: 6, columns: 4) { row, column in
      column == 0 ? (row < 3 ? 2 : -3) : 0
    }
    let loss = contrastiveLoss(states, labels: [0, 0, 0, 1, 1, 1], temperature: 0.1)
    #expect(loss.value >= 0 && loss.value < 1e-8)
    // Not so in the published form: rows of one concept are one another's negatives.
    let pairs = contrastiveLoss(
      states.selecting(rows: [0, 1, 1, 2, 3, 4, 4, 5]), labels: [0, 0, 0, 0, 1, 1, 1, 1],
      contrast: .infonce, temperature: 0.1)
    #expect(abs(pairs.value - log(2)) < 1e-7)
  }

  @Test func aStateOfZerosIsNoNaN() {
    let states = Matrix(rows: 4, columns: 3) { row, _ in row == 0 ? 0 : Float(row) }
    let loss = contrastiveLoss(states, labels: [0, 0, 1, 1], temperature: 0.1)
    #expect(loss.value.isFinite)
    #expect(loss.gradient.values.allSatisfy { $0.isFinite })
  }

  // MARK: KL

  @Test(arguments: [1, 2, 15, 16, 17, 325, 5000])
  func divergence(count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    for (scale, apart): (Float, Float) in [(1, 1), (6, 0.1), (3, 0.01)] {
      let base = random.normals(count, scale: scale)
      let x = base.map { $0 + random.normal() * apart }
      func logSoftmax(_ x: [Double]) -> [Double] {
        let largest = x.max() ?? 0
        let all = log(x.reduce(0) { $0 + exp($1 - largest) }) + largest
        return x.map { $0 - all }
      }
      func divergence(_ x: [Double]) -> Double {
        zip(logSoftmax(base.doubles), logSoftmax(x)).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
      }
      var slope = x
      let value = Double(sk_divergence(&slope, base, count, 0.5))
      let exact = divergence(x.doubles)
      // The terms are differences of logits, rounded in float32.
      #expect(abs(value - exact) <= 2e-6 * Double(max(1, scale)) * (1 + exact))
      let p0 = logSoftmax(base.doubles).map { exp($0) }
      let p = logSoftmax(x.doubles).map { exp($0) }
      for index in 0..<count {
        #expect(abs(Double(slope[index]) - 0.5 * (p[index] - p0[index])) <= 1e-6)
      }
      if count <= 325 {
        let numeric = centralDifferences(at: x.doubles) { 0.5 * divergence($0) }
        for index in 0..<count { #expect(abs(Double(slope[index]) - numeric[index]) <= 2e-6) }
      }
      var same = base
      #expect(sk_divergence(&same, base, count, 1) == 0)
      #expect(same.allSatisfy { $0 == 0 })
    }
  }

  /// KL and weighted likelihood through head and final norm, in more than one block of places.
  @Test func outputLossesThroughTheHead() throws {
    let model = try TinyLlama.model(.q8_0)
    let c = model.configuration
    let outputs = OutputDivergence(model: model.transformer)
    let states = matrix(150, c.width, seed: 41, scale: 0.02)
    let base = matrix(150, c.width, seed: 42, scale: 0.02)
    // A place twice, and some not at all.
    let places = Array(2..<140) + [7]
    let head = expandedRows(model.transformer.head)
    let norm = model.transformer.finalNorm.weight
    func logProbabilities(_ state: [Double]) -> [Double] {
      let r = 1 / (dot(state, state) / Double(c.width) + Double(c.epsilon)).squareRoot()
      let normed = zip(state, norm).map { $0 * r * Double($1) }
      let logits = head.map { dot($0, normed) }
      let largest = logits.max() ?? 0
      let all = log(logits.reduce(0) { $0 + exp($1 - largest) }) + largest
      return logits.map { $0 - all }
    }
    func row(_ matrix: Matrix, _ place: Int) -> [Double] { matrix.values(row: place).doubles }

    let slope = MutableMatrix(rows: 150, columns: c.width) { _, _ in 1 }
    let value = try outputs.divergence(
      states, base: base, at: places, scale: 0.25, into: slope, checkpoint: {})
    func divergence(_ state: [Double], _ place: Int) -> Double {
      zip(logProbabilities(row(base, place)), logProbabilities(state)).reduce(0) {
        $0 + exp($1.0) * ($1.0 - $1.1)
      }
    }
    let exact = places.reduce(0.0) { $0 + divergence(row(states, $1), $1) }
    #expect(abs(value - exact) <= 1e-5 * exact)
    for place in [2, 7, 128, 139] {
      let times = place == 7 ? 2.0 : 1
      let numeric = centralDifferences(at: row(states, place)) {
        0.25 * times * divergence($0, place)
      }
      let ours = slope.values(row: place).map { $0 - 1 }
      #expect(relativeDistance(ours, numeric.floats) <= 2e-5, "place \(place)")
    }
    #expect(slope.values(row: 0).allSatisfy { $0 == 1 })
    // Without a slope: the value alone.
    let again = try outputs.divergence(
      states, base: base, at: places, scale: 0, into: nil, checkpoint: {})
    #expect(again == value)

    let tokens = places.map { Int32($0 * 7 % c.vocabulary) }
    var random = SeededGenerator(seed: 43)
    let weights = places.map { _ in random.uniform() }
    slope.elements.update(repeating: 0, count: slope.count)
    let likelihood = try outputs.weightedLikelihood(
      states, at: places, tokens: tokens, weights: weights, scale: 0.5, into: slope, checkpoint: {})
    var expected = 0.0
    var negative = 0.0
    let probabilities = outputs.probabilities(states, at: places, tokens: tokens)
    for (index, place) in places.enumerated() {
      let log = logProbabilities(row(states, place))[Int(tokens[index])]
      expected -= Double(weights[index]) * log
      negative -= log
      #expect(abs(Double(probabilities[index]) - exp(log)) <= 2e-6)
    }
    #expect(abs(likelihood - expected) <= 1e-5 * abs(expected))
    let both = try outputs.comparison(
      states, base: base, at: places, tokens: tokens, checkpoint: {})
    #expect(abs(both.tuned - negative) <= 1e-5 * negative)
    #expect(abs(both.kl - exact) <= 1e-5 * exact)
    let swapped = try outputs.comparison(
      base, base: states, at: places, tokens: tokens, checkpoint: {})
    #expect(swapped.tuned == both.base && swapped.base == both.tuned)
    func likeliest(_ matrix: Matrix, _ place: Int) -> Int? {
      let values = logProbabilities(row(matrix, place))
      return values.indices.max { values[$0] < values[$1] }
    }
    #expect(
      both.agreeing == places.filter { likeliest(states, $0) == likeliest(base, $0) }.count)
    for index in [0, 127, 137] {
      let numeric = centralDifferences(at: row(states, places[index])) {
        -0.5 * Double(weights[index]) * logProbabilities($0)[Int(tokens[index])]
      }
      #expect(
        relativeDistance(slope.values(row: places[index]), numeric.floats) <= 2e-5, "\(index)")
    }
  }
}
