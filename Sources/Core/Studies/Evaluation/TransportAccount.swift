import Foundation
import LinearAlgebra
import SeerAnalysis

/// What optimal transport says of how a nearest-prototype classifier will do on rows it has not
/// seen, beside what it does on them, after Chuang et al. 2021 (arXiv 2106.03314).
///
/// Their bound: for a fixed margin γ, with probability 1 - δ,
///
///     error <= share of training rows with a margin of at most γ
///              + the mean over concepts of Lipschitz constant x k-variance, over γ
///              + sqrt(log(1 / δ) / 2m)
///
/// It speaks of m training rows that the representation has not seen. States are unit vectors, and
/// a row's margin is the cosine to its own prototype less the largest other one, so that a
/// concept's Lipschitz constant is the largest distance from its prototype to another. The k-variance
/// is measured between samples smaller than the concept, so that it errs upwards; how far that
/// measurement can be off is not part of the bound here.
package struct TransportAccount: Equatable, Sendable, Codable {
  /// Training rows, or held-out rows judged by the same prototypes.
  package struct Side: Equatable, Sendable, Codable {
    package var rows: Int
    package var accuracy: Double
    package var medianMargin: Double
    /// The mean over concepts of the Wasserstein-1 distance between two samples of one concept.
    package var kVariance: Double
    /// The mean over pairs of concepts of the distance between a sample of each.
    package var wasserstein: Double
    /// k-variance over Wasserstein-1: 1 where a concept is as far from itself as from the others;
    /// nil without distance.
    package var ratio: Double?
    /// The median margin over the mean of Lipschitz constant x k-variance; nil where that is 0.
    package var normalisedMargin: Double?
  }

  /// The bound at the margin, of ``margins``, where it is lowest.
  package struct Bound: Equatable, Sendable, Codable {
    package var gamma: Double
    package var marginLoss: Double
    package var transport: Double
    package var confidence: Double
    /// The sum of the three.
    package var total: Double
  }

  /// `base` or `tuned`; set by who measures many.
  package var model = ""
  package var position = ""
  package var layer = 0
  /// Rows in each sample; one size for both sides, because distances fall with it.
  package var sampleSize: Int
  /// The mean over the training rows' concepts.
  package var lipschitz: Double
  package var train: Side
  package var test: Side
  package var bound: Bound
  /// Accuracy on training rows less that on held-out rows.
  package var gap: Double

  /// Margins that are tried: fixed beforehand, and all paid for in the bound's confidence.
  package static let margins = (0..<8).map { pow(0.5, Double($0)) }
  /// The bound may fail with this probability.
  static let delta = 0.05

  /// Samples of one size for both sides.
  package static func samples(
    train: [Int], test: [Int], concepts: Int, seed: UInt64
  ) -> (train: TransportSample, test: TransportSample) {
    func sample(_ labels: [Int], _ largest: Int) -> TransportSample {
      TransportSample(labels: labels, concepts: concepts, seed: seed, largest: largest)
    }
    let size = min(
      sample(train, TransportSample.largest).size, sample(test, TransportSample.largest).size)
    return (sample(train, size), sample(test, size))
  }

  /// Nil where fewer than two concepts have the rows for two samples on either side.
  ///
  /// O(concepts² x size³) for the transport, on all cores.
  ///
  /// - states: (rows, width), the training rows first.
  /// - trainLabels, testLabels: together a label for each row.
  package init?(
    _ states: Matrix, trainLabels: [Int], testLabels: [Int], concepts: Int,
    samples: (train: TransportSample, test: TransportSample)
  ) {
    let first = trainLabels.count
    precondition(states.rows == first + testLabels.count)
    let centred = CentredUnits(states)
    guard
      let near = SampleDistances(centred.rest, samples.train, from: 0),
      let far = SampleDistances(centred.rest, samples.test, from: first)
    else { return nil }
    let prototypes = Prototypes(
      centred, labels: trainLabels, concepts: concepts, rows: Array(0..<first))
    let lipschitz = (0..<concepts).map(prototypes.largestDistance)
    let margins = prototypes.margins(trainLabels + testLabels)
    /// The mean over training rows of the concepts that were sampled.
    func mean(_ value: (Int) -> Double, _ distances: SampleDistances) -> Double {
      let rows = trainLabels.filter { distances.within[$0] != nil }
      return rows.reduce(0) { $0 + value($1) } / Double(max(1, rows.count))
    }
    func spread(_ distances: SampleDistances) -> Double {
      mean({ lipschitz[$0] * (distances.within[$0] ?? 0) }, distances)
    }
    func side(_ range: Range<Int>, _ distances: SampleDistances) -> Side {
      let own = range.compactMap { margins[$0] }
      let middle = median(own) ?? 0
      let spread = spread(distances)
      return Side(
        rows: range.count,
        accuracy: Double(own.count { $0 > 0 }) / Double(max(1, range.count)),
        medianMargin: middle, kVariance: distances.kVariance, wasserstein: distances.between,
        ratio: distances.between > 0 ? distances.kVariance / distances.between : nil,
        normalisedMargin: spread > 0 ? middle / spread : nil)
    }
    sampleSize = samples.train.size
    self.lipschitz = mean({ lipschitz[$0] }, near)
    train = side(0..<first, near)
    test = side(first..<states.rows, far)
    gap = train.accuracy - test.accuracy
    bound = Self.bound(margins[..<first].map { $0 ?? -2 }, spread: spread(near))
  }

  private static func bound(_ margins: [Double], spread: Double) -> Bound {
    let rows = Double(max(1, margins.count))
    let confidence = (log(Double(Self.margins.count) / delta) / (2 * rows)).squareRoot()
    let bounds = Self.margins.map { gamma in
      let loss = Double(margins.count { $0 <= gamma }) / rows
      return Bound(
        gamma: gamma, marginLoss: loss, transport: spread / gamma, confidence: confidence,
        total: loss + spread / gamma + confidence)
    }
    return bounds.min { $0.total < $1.total } ?? bounds[0]
  }
}

/// Wasserstein-1 distances of one side's samples.
private struct SampleDistances {
  /// Between a concept's two samples; nil for one that takes no part.
  var within: [Double?]
  /// The mean over pairs of concepts.
  var between: Double

  var kVariance: Double {
    let values = within.compactMap { $0 }
    return values.reduce(0, +) / Double(max(1, values.count))
  }

  /// - offset: the row at which the sample's rows begin.
  init?(_ states: Matrix, _ sample: TransportSample, from offset: Int) {
    let taking = sample.halves.indices.filter { !sample.halves[$0].first.isEmpty }
    guard taking.count > 1 else { return nil }
    func shifted(_ rows: [Int]) -> [Int] { rows.map { $0 + offset } }
    let pairs = taking.flatMap { a in taking.filter { $0 <= a }.map { (a, $0) } }
    let distances = results(count: pairs.count, grain: 1) { index in
      let (a, b) = pairs[index]
      let other = a == b ? sample.halves[a].second : sample.halves[b].first
      return wassersteinDistance(
        states, from: shifted(sample.halves[a].first), to: shifted(other))
    }
    within = [Double?](repeating: nil, count: sample.halves.count)
    var sum = 0.0
    for ((a, b), distance) in zip(pairs, distances) {
      if a == b { within[a] = distance } else { sum += distance }
    }
    between = sum / Double(pairs.count - taking.count)
  }
}

extension Prototypes {
  /// The cosine to each row's own prototype less the largest other one; nil where there is no own
  /// or no other.
  fileprivate func margins(_ labels: [Int]) -> [Double?] {
    zip(labels, cosines(of: Array(labels.indices))).map { label, found in
      let own = found[label]
      let other = found.indices.filter { $0 != label }.map { found[$0] }.max() ?? -.infinity
      return own.isFinite && other.isFinite ? own - other : nil
    }
  }
}
