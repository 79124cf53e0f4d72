/// Many texts as UTF-8 bytes one after the other: what searches go through, without one allocation
/// a text.
package struct PackedTexts: Sendable {
  package private(set) var bytes: [UInt8] = []
  /// Where each text ends in ``bytes``.
  package private(set) var ends: [Int] = []

  package init() {}

  package var count: Int { ends.count }

  package mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    ends.append(bytes.count)
  }
}
