/// A piece of text on its way to tokens, with the place in the original text of each byte.
package struct NormalizedText {
  package private(set) var bytes: [UInt8]
  /// The original offset of each byte; nil where the bytes are the original ones.
  private var origins: [Int]?
  /// The original offset of the first byte.
  private let base: Int

  /// A piece of the original text, which begins at `base`.
  package init(_ text: UnsafeBufferPointer<UInt8>, base: Int) {
    bytes = Array(text)
    self.base = base
  }

  /// The original offset of a byte.
  package func origin(_ place: Int) -> Int {
    guard let origins else { return base + place }
    return place < origins.count ? origins[place] : (origins.last ?? base)
  }

  /// A part as a text of its own.
  package subscript(range: Range<Int>) -> NormalizedText {
    var part = self
    part.bytes = Array(bytes[range])
    part.origins = range.map(origin)
    return part
  }

  /// What a text is rebuilt from.
  struct Builder {
    fileprivate var bytes: [UInt8] = []
    fileprivate var origins: [Int] = []

    var count: Int { bytes.count }

    mutating func append(_ byte: UInt8, origin: Int) {
      bytes.append(byte)
      origins.append(origin)
    }

    mutating func append(_ new: some Sequence<UInt8>, origin: Int) {
      for byte in new { append(byte, origin: origin) }
    }
  }

  /// Replaces the text by what `body` builds.
  mutating func rebuild(_ body: (NormalizedText, inout Builder) -> Void) {
    var builder = Builder()
    builder.bytes.reserveCapacity(bytes.count + 8)
    builder.origins.reserveCapacity(bytes.count + 8)
    body(self, &builder)
    bytes = builder.bytes
    origins = builder.origins
  }
}
