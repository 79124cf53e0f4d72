/// Many texts as UTF-8 bytes one after the other: what searches go through, without one allocation
/// a text.
public struct PackedTexts: Sendable {
  private(set) var bytes: [UInt8] = []
  /// Where each text ends in ``bytes``.
  private(set) var ends: [Int] = []

  public init() {}

  public var count: Int { ends.count }

  public mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    ends.append(bytes.count)
  }
}
