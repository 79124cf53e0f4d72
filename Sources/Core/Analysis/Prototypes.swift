import LinearAlgebra

/// Each concept's mean of unit-normalised states (not centred), scaled to length 1.
///
/// Held in Double: in some layers all states share most of their direction, and what tells
/// concepts apart is a small rest.
package struct Prototypes: Sendable {
  package let concepts: Int
  package let width: Int
  /// (concepts, width), unit rows; zeros for a concept without rows.
  package let directions: [Double]
  /// The number of rows each is the mean of.
  package let counts: [Int]

  /// Averages the given rows (all where nil) of unit vectors, (rows, width), by their labels.
  ///
  /// Precondition: a label for each row, each at least 0 and below `concepts`.
  package init(units: Matrix, labels: [Int], concepts: Int, rows: [Int]? = nil) {
    precondition(labels.count == units.rows && labels.allSatisfy { 0..<concepts ~= $0 })
    let width = units.columns
    var sums = [Double](repeating: 0, count: concepts * width)
    var counts = [Int](repeating: 0, count: concepts)
    sums.withUnsafeMutableBufferPointer { sums in
      for row in rows ?? Array(0..<units.rows) {
        let concept = labels[row]
        let source = units.row(row)
        counts[concept] += 1
        for column in 0..<width {
          sums[concept &* width &+ column] += Double(source[column])
        }
      }
      for concept in 0..<concepts {
        var square = 0.0
        for place in concept * width..<(concept + 1) * width { square += sums[place] * sums[place] }
        guard square > 0 else { continue }
        let scale = 1 / square.squareRoot()
        for place in concept * width..<(concept + 1) * width { sums[place] *= scale }
      }
    }
    self.concepts = concepts
    self.width = width
    self.counts = counts
    directions = sums
  }

  /// The concept whose prototype has the largest cosine with a state; concepts without rows are
  /// never it. Nil where there is no prototype at all.
  package func nearest(to state: UnsafePointer<Float>) -> Int? {
    directions.withUnsafeBufferPointer { directions in
      guard let base = directions.baseAddress else { return nil }
      var best = -Double.infinity
      var nearest: Int?
      for concept in 0..<concepts where counts[concept] > 0 {
        // The state's own length scales all cosines alike.
        let score = dot(state, base + concept * width, count: width)
        if score > best {
          best = score
          nearest = concept
        }
      }
      return nearest
    }
  }

  /// For each row the cosine to its own concept's prototype of all rows: how typical it is; nil in a
  /// concept of one row, which is its own prototype.
  package static func ownCosines(_ sample: LayerSample) -> [Double?] {
    let units = unitNormalised(sample.states)
    let prototypes = Prototypes(units: units, labels: sample.labels, concepts: sample.concepts)
    return sample.labels.enumerated().map { row, label in
      prototypes.counts[label] > 1
        ? prototypes.directions.withUnsafeBufferPointer { directions in
          directions.baseAddress.map {
            dot(units.row(row), $0 + label * units.columns, count: units.columns)
          }
        } : nil
    }
  }

  /// The cosine of a unit state to every prototype; minus infinity where a concept has no rows.
  ///
  /// Precondition: `cosines` has one entry a concept.
  package func cosines(to unit: UnsafePointer<Float>, into cosines: inout [Double]) {
    precondition(cosines.count == concepts)
    directions.withUnsafeBufferPointer { directions in
      guard let base = directions.baseAddress else { return }
      for concept in 0..<concepts {
        cosines[concept] =
          counts[concept] > 0 ? dot(unit, base + concept * width, count: width) : -.infinity
      }
    }
  }
}
