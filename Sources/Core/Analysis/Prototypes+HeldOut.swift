import LinearAlgebra

/// For each row the concept whose prototype was nearest by cosine when the row was held out; nil
/// for rows that no fold tests. O(rows x width x concepts) for each fold.
package func heldOutNearestPrototype(
  units: Matrix, labels: [Int], concepts: Int, folds: Folds
) -> [Int?] {
  heldOutPrototypes(units: units, labels: labels, concepts: concepts, folds: folds).map(\.nearest)
}

/// What the prototypes say about a row that was held out of them.
package struct HeldOutRow: Equatable, Sendable {
  /// The concept whose prototype was nearest by cosine; nil for a row that no fold tests.
  package var nearest: Int?
  /// The cosine to the own concept's prototype less the largest to another's; NaN where one of
  /// them is missing.
  package var margin: Float
}

/// Judges every row by the prototypes of the folds that hold it out.
/// O(rows x width x concepts) for each fold.
package func heldOutPrototypes(
  units: Matrix, labels: [Int], concepts: Int, folds: Folds
) -> [HeldOutRow] {
  var rows = [HeldOutRow](repeating: HeldOutRow(nearest: nil, margin: .nan), count: units.rows)
  var cosines = [Double](repeating: 0, count: concepts)
  for fold in folds.folds {
    let prototypes = Prototypes(units: units, labels: labels, concepts: concepts, rows: fold.train)
    for row in fold.test {
      prototypes.cosines(to: units.row(row), into: &cosines)
      let own = cosines[labels[row]]
      var other = -Double.infinity
      var best = -Double.infinity
      for concept in 0..<concepts {
        if concept != labels[row] { other = max(other, cosines[concept]) }
        guard cosines[concept] > best else { continue }
        best = cosines[concept]
        rows[row].nearest = concept
      }
      if own.isFinite && other.isFinite { rows[row].margin = Float(own - other) }
    }
  }
  return rows
}
