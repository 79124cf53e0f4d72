import LinearAlgebra
import SeerAnalysis

/// A direction of the states' space.
package enum AxisDirection: Hashable, Sendable {
  /// From the mean of all other rows to a concept's, by its number.
  case prototype(Int)
  /// A concept's weights in a linear probe of the rows that have concepts.
  case probe(Int)
  /// Of elsewhere, such as a steering vector.
  case given(title: String, [Float])

  /// As captions name it.
  func title(_ names: [String]) -> String {
    switch self {
    case .prototype(let concept): "prototype of \(names[concept])"
    case .probe(let concept): "probe of \(names[concept])"
    case .given(let title, _): title
    }
  }
}

/// What a map is drawn along that no layout chose.
package enum ChosenAxes: Hashable, Sendable {
  case pair(AxisDirection, AxisDirection)
  /// Through the prototypes of three concepts: x from the first to the second, y towards the third.
  case plane(Int, Int, Int)

  /// As captions say it: `x prototype of honesty, y probe of bias`.
  package func title(_ names: [String]) -> String {
    switch self {
    case .pair(let x, let y): "x \(x.title(names)), y \(y.title(names))"
    case .plane(let a, let b, let c):
      "the plane through the prototypes of \(names[a]), \(names[b]) and \(names[c])"
    }
  }

  /// The directions among unit states.
  ///
  /// Of two directions on one line, as two concepts' prototypes are where there are no others, the
  /// second becomes what varies most across the first.
  ///
  /// - Parameters:
  ///   - units: (rows, width), of length 1.
  ///   - concepts: of these rows.
  /// - Throws: ``ProjectionError`` for a concept without rows, directions of another width or no
  ///   length, and what `checkpoint` throws.
  package func directions(
    of units: Matrix, _ concepts: RowConcepts, checkpoint: Checkpoint = {}
  ) throws -> ConceptAxes {
    let means = try concepts.means(of: units)
    func present(_ concept: Int) throws(ProjectionError) -> Int {
      guard concepts.names.indices.contains(concept), means.counts[concept] > 0 else {
        throw .badOption(
          name: "axes",
          found: concepts.names.indices.contains(concept)
            ? "`\(concepts.names[concept])`, which no row speaks of" : "concept \(concept)",
          wanted: "concepts that rows speak of")
      }
      return concept
    }
    switch self {
    case .plane(let a, let b, let c):
      let centres = try [a, b, c].map { means.centre(try present($0)) }
      let x = zip(centres[1], centres[0]).map(-)
      let y = perpendicular(zip(centres[2], centres[0]).map(-), to: x)
      return try ConceptAxes(x, y, origin: means.mean)
    case .pair(let first, let second):
      var weights: Matrix?
      func direction(_ axis: AxisDirection) throws -> [Float] {
        switch axis {
        case .prototype(let concept): return means.direction(try present(concept))
        case .given(_, let values): return values
        case .probe(let concept):
          _ = try present(concept)
          if weights == nil {
            weights = try Self.probe(units, concepts, checkpoint: checkpoint)
          }
          return weights?.values(row: concept) ?? []
        }
      }
      let (x, y) = (try direction(first), try direction(second))
      let axes = try ConceptAxes(x, y, origin: means.mean)
      guard abs(axes.cosine) > 0.999999 else { return axes }
      let across = perpendicular(
        try PCA.fit(units, components: 1).components.values(row: 0), to: x)
      // States of one column have no more than one direction.
      return across.allSatisfy { $0 == 0 }
        ? axes : try ConceptAxes(x, across, origin: means.mean)
    }
  }

  /// (concepts, width)
  private static func probe(
    _ units: Matrix, _ concepts: RowConcepts, checkpoint: Checkpoint
  ) throws -> Matrix {
    let rows = concepts.ofRow.indices.filter { concepts.ofRow[$0] != nil }
    return try LinearProbe.fit(
      units, labels: concepts.ofRow.map { $0 ?? 0 }, concepts: concepts.names.count, rows: rows,
      checkpoint: checkpoint
    ).weights
  }
}

/// What of a direction does not lie along another.
private func perpendicular(_ direction: [Float], to other: [Float]) -> [Float] {
  var (product, square) = (0.0, 0.0)
  for column in other.indices {
    product += Double(direction[column]) * Double(other[column])
    square += Double(other[column]) * Double(other[column])
  }
  let factor = square > 0 ? product / square : 0
  return other.indices.map { Float(Double(direction[$0]) - factor * Double(other[$0])) }
}
