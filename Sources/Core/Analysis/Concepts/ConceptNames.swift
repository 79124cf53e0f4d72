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

  /// Sorted by their bytes. O(n log n).
  package init(sorted all: some Sequence<String>) {
    let names = Self(inOrderOf: all).names
    self.init(
      inOrderOf: names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  /// The place of a name; nil where it is none of these.
  package func place(of name: String) -> Int? { places[Array(name.utf8)] }
}
