import Foundation
import LinearAlgebra

/// How far apart a layer's concepts are; nil where there is nothing to measure (one concept, or
/// nothing held out).
package struct Separation: Equatable, Sendable {
  /// The share of held-out rows whose nearest prototype is their own concept's.
  package var nearestPrototype: Double?
  /// The mean silhouette with cosine distance, -1 to 1.
  package var silhouette: Double?
  /// The mean angle between the prototypes of two concepts, in degrees.
  package var angleBetween: Double?
  /// The mean angle between a state and its concept's prototype, in degrees.
  package var angleWithin: Double?

  /// Measures finite states, (rows, width), of labels below `concepts`: accuracy by the folds,
  /// the geometry over all rows. O(rows x width x concepts) for each fold.
  package init(of states: Matrix, labels: [Int], concepts: Int, folds: Folds) {
    let units = unitNormalised(states)
    let prototypes = Prototypes(units: units, labels: labels, concepts: concepts)
    nearestPrototype = nearestPrototypeAccuracy(
      units: units, labels: labels, concepts: concepts, folds: folds)
    silhouette = SeerAnalysis.silhouette(units: units, labels: labels, concepts: concepts)
    angleBetween = SeerAnalysis.angleBetween(prototypes)
    angleWithin = SeerAnalysis.angleWithin(units: units, labels: labels, prototypes)
  }
}

/// The share of test rows, over all folds together, whose nearest prototype by cosine is their own
/// concept's; prototypes come from each fold's train rows. Nil without test rows.
package func nearestPrototypeAccuracy(
  units: Matrix, labels: [Int], concepts: Int, folds: Folds
) -> Double? {
  var right = 0
  var judged = 0
  for fold in folds.folds {
    let prototypes = Prototypes(units: units, labels: labels, concepts: concepts, rows: fold.train)
    let hits = values(count: fold.test.count) { index in
      let row = fold.test[index]
      return prototypes.nearest(to: units.row(row)) == labels[row] ? 1 : 0
    }
    right += Int(hits.reduce(0, +))
    judged += fold.test.count
  }
  return judged > 0 ? Double(right) / Double(judged) : nil
}

/// The mean silhouette (Rousseeuw 1987) with the distance 1 - cosine; a concept's only row counts
/// as 0. Nil with fewer than two concepts.
///
/// The mean distance to a concept is 1 - the product with its mean unit vector, so no pair of rows
/// is ever formed: O(rows x width x concepts).
package func silhouette(units: Matrix, labels: [Int], concepts: Int) -> Double? {
  let width = units.columns
  var sums = [Double](repeating: 0, count: concepts * width)
  var counts = [Int](repeating: 0, count: concepts)
  for row in 0..<units.rows {
    let source = units.row(row)
    counts[labels[row]] += 1
    let start = labels[row] * width
    sums.withUnsafeMutableBufferPointer { sums in
      for column in 0..<width { sums[start &+ column] += Double(source[column]) }
    }
  }
  guard counts.filter({ $0 > 0 }).count > 1 else { return nil }
  let silhouettes = sums.withUnsafeBufferPointer { sums in
    values(count: units.rows) { row in
      let own = labels[row]
      guard counts[own] > 1, let base = sums.baseAddress else { return 0 }
      let unit = units.row(row)
      var inside = 0.0
      var outside = Double.infinity
      for concept in 0..<concepts where counts[concept] > 0 {
        let count = Double(counts[concept])
        let total = count - dot(unit, base + concept &* width, count: width)
        if concept == own {
          // A row is at distance 0 from itself, whatever rounding says.
          inside = (total - (1 - dot(unit, unit, count: width))) / (count - 1)
        } else {
          outside = min(outside, total / count)
        }
      }
      // Below float32's resolution the rows are the same: the layer-0 state of one and the same
      // token, for instance.
      let larger = max(inside, outside)
      return larger > 1e-6 ? (outside - inside) / larger : 0
    }
  }
  return silhouettes.reduce(0, +) / Double(units.rows)
}

/// The mean angle in degrees over all pairs of concepts that have rows; nil without a pair.
package func angleBetween(_ prototypes: Prototypes) -> Double? {
  var sum = 0.0
  var pairs = 0
  for a in 0..<prototypes.concepts where prototypes.counts[a] > 0 {
    for b in 0..<a where prototypes.counts[b] > 0 {
      sum += prototypes.angle(a, b)
      pairs += 1
    }
  }
  return pairs > 0 ? sum / Double(pairs) : nil
}

/// The mean angle in degrees between the rows and their own concept's prototype; nil without rows.
package func angleWithin(units: Matrix, labels: [Int], _ prototypes: Prototypes) -> Double? {
  let angles = values(count: units.rows) { prototypes.angle(units.row($0), labels[$0]) }
  return angles.isEmpty ? nil : angles.reduce(0, +) / Double(angles.count)
}

/// The angle that a chord of the unit circle spans; exact for small angles, unlike the arc cosine.
package func degrees(chord: Double) -> Double { 2 * asin(min(1, chord / 2)) * 180 / .pi }

/// One value for each index, computed on all cores.
private func values(count: Int, _ value: (Int) -> Double) -> [Double] {
  [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
    guard let base = buffer.baseAddress else { return }
    Parallel.ranges(of: count, grain: 32) { range in
      for index in range { (base + index).initialize(to: value(index)) }
    }
    initialized = count
  }
}
