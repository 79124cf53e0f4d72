import LinearAlgebra

/// For each row the concept whose prototype was nearest by cosine when the row was held out; nil
/// for rows that no fold tests. O(rows x width x concepts) for each fold.
public func heldOutNearestPrototype(
  units: Matrix, labels: [Int], concepts: Int, folds: Folds
) -> [Int?] {
  var nearest = [Int?](repeating: nil, count: units.rows)
  for fold in folds.folds {
    let prototypes = Prototypes(units: units, labels: labels, concepts: concepts, rows: fold.train)
    for row in fold.test { nearest[row] = prototypes.nearest(to: units.row(row)) }
  }
  return nearest
}
