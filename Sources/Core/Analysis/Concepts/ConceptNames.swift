/// Names of concepts, each with a place.
///
/// Names are compared as bytes, because those that are canonically equivalent are still two.
package struct ConceptNames: Equatable, Sendable {
  /// Each name once, by place.
  package let names: [String]
  private let places: [[UInt8]: Int]

  package var count: Int { names.count }

  /// In the order of their first appearance. O(names).
  package init(inOrderOf all: some Sequence<String>) {
    var places: [[UInt8]: Int] = [:]
    var names: [String] = []
    for name in all where places[Array(name.utf8)] == nil {
      places[Array(name.utf8)] = names.count
      names.append(name)
    }
    self.names = names
    self.places = places
  }

  /// Sorted by their bytes, the empty name (of rows without a concept) last: the one order in which
  /// concepts are numbered, and so coloured and marked, wherever they are shown. O(n log n).
  package init(sorted all: some Sequence<String>) {
    let names = Self(inOrderOf: all).names
    self.init(
      inOrderOf: names.sorted { first, second in
        if first.isEmpty || second.isEmpty { return second.isEmpty && !first.isEmpty }
        return first.utf8.lexicographicallyPrecedes(second.utf8)
      })
  }

  /// The place of a name; nil where it is none of these.
  package func place(of name: String) -> Int? { places[Array(name.utf8)] }
}
