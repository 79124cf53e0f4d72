import SeerSupport

/// Which rows are on the map: those of the concepts that are not hidden and, where a search hides
/// the rest, those that were found.
package struct RowFilter: Sendable {
  package var hidden: Set<Int> = [] {
    didSet { isConceptHidden = isConceptHidden.indices.map(hidden.contains) }
  }
  package private(set) var isConceptHidden: [Bool]
  package var search: Search?
  /// What searches look through; made for the first one.
  package var searchTexts = PackedTexts()

  package init(concepts: Int) { isConceptHidden = Array(repeating: false, count: concepts) }

  package func isMatch(_ row: Int) -> Bool { search?.matches[row] ?? true }

  /// Whether a row of a concept is on the map, if only dimmed.
  package func shows(_ row: Int, of concept: Int32) -> Bool {
    !isConceptHidden[Int(concept)] && !((search?.hidesRest ?? false) && !isMatch(row))
  }
}
