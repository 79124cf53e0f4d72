import Foundation
import LinearAlgebra

/// Silhouette and angles of one labeling, over all rows.
package struct CosineGeometry: Equatable {
  /// Mean silhouette with 1 - cosine; nil with fewer than two concepts.
  package var silhouette: Double?
  /// Mean angle between two concepts' prototypes, in degrees; nil without a pair.
  package var angleBetween: Double?
  /// Mean angle between a row and its concept's prototype, in degrees.
  package var angleWithin: Double?

  /// Measures many labelings at once: O(rows x width x labelings x concepts).
  package static func measure(
    _ units: CentredUnits, labelings: [[Int]], concepts: Int
  ) -> [CosineGeometry] {
    let sums = ConceptSums(units, labelings: labelings, concepts: concepts)
    let rows = units.rest.rows
    let products = multiply(units.rest, sums.rests, transposeB: true)
    let totals = tileSums(rows: rows, count: 2 * labelings.count) { row, totals in
      let values = products.row(row)
      for (index, labels) in labelings.enumerated() {
        let own = index &* concepts &+ labels[row]
        var inside = 0.0
        var outside = Double.infinity
        for place in index &* concepts..<(index &+ 1) &* concepts where sums.counts[place] > 0 {
          let total = sums.cosineDistances(row: row, place: place, rest: values[place])
          if place == own {
            inside = total / Double(max(1, sums.counts[place] &- 1))
          } else {
            outside = min(outside, total / Double(sums.counts[place]))
          }
        }
        // Below float32's resolution the rows are the same.
        let larger = max(inside, outside)
        if sums.counts[own] > 1, larger > 1e-6, outside < .infinity {
          totals[index] += (outside - inside) / larger
        }
        totals[labelings.count &+ index] += angle(
          cosineDistance: sums.cosineDistance(row: row, to: own, rest: values[own]))
      }
    }
    return labelings.indices.map { index in
      let places = (index * concepts..<(index + 1) * concepts).filter { sums.counts[$0] > 0 }
      var between = 0.0
      for (number, a) in places.enumerated() {
        for b in places[..<number] { between += angle(cosineDistance: sums.cosineDistance(a, b)) }
      }
      let pairs = places.count * (places.count - 1) / 2
      return CosineGeometry(
        silhouette: places.count > 1 ? totals[index] / Double(rows) : nil,
        angleBetween: pairs > 0 ? between / Double(pairs) : nil,
        angleWithin: rows > 0 ? totals[labelings.count + index] / Double(rows) : nil)
    }
  }
}

/// The angle in degrees whose cosine is 1 - distance, by its chord: exact for small ones, unlike the
/// arc cosine.
package func angle(cosineDistance: Double) -> Double {
  let chord = (2 * max(0, cosineDistance)).squareRoot()
  return 2 * asin(min(1, chord / 2)) * 180 / .pi
}

/// Sums over rows of `count` quantities, added up tile by tile in a fixed order on all cores.
func tileSums(
  rows: Int, count: Int, _ add: (_ row: Int, _ totals: UnsafeMutablePointer<Double>) -> Void
) -> [Double] {
  let tile = 64
  let tiles = (rows + tile - 1) / tile
  var partial = [Double](repeating: 0, count: tiles * count)
  partial.withUnsafeMutableBufferPointer { partial in
    guard let base = partial.baseAddress else { return }
    Parallel.forEach(tiles) { index in
      for row in index * tile..<min(rows, (index + 1) * tile) { add(row, base + index * count) }
    }
  }
  return (0..<count).map { place in
    (0..<tiles).reduce(0) { $0 + partial[$1 * count + place] }
  }
}
