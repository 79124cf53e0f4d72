/// One of several parts of an extraction that run anywhere, at any time: every `count`-th batch of the
/// one ``BatchPlan``.
///
///     Shard("3/16")?.folder(of: "my-run")    // my-run.3of16
package struct Shard: Hashable, Sendable {
  /// From 1.
  package let number: Int
  package let count: Int

  /// More parts than this are a slip of the hand.
  package static let most = 100_000
  /// What a text must be to name one.
  package static let wanted = "K/N, the part's number from 1 to N, such as 3/16"

  package init?(_ number: Int, of count: Int) {
    guard (1...Self.most).contains(count), (1...count).contains(number) else { return nil }
    self.number = number
    self.count = count
  }

  /// `3/16`.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let number = parts[0], let count = parts[1] else { return nil }
    self.init(number, of: count)
  }

  private var suffix: String { ".\(number)of\(count)" }

  /// The folder of this shard of a run.
  package func folder(of run: String) -> String {
    var run = Substring(run)
    while run.utf8.count > 1, run.utf8.last == UInt8(ascii: "/") { run = run.dropLast() }
    return run + suffix
  }

  /// The run that a folder of this shard's usual name is a shard of; nil for other names.
  package func run(ofFolder folder: String) -> String? {
    folder.hasSuffix(suffix) ? String(folder.dropLast(suffix.count)) : nil
  }
}

extension Shard: CustomStringConvertible {
  package var description: String { "\(number)/\(count)" }
}

extension Shard: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let shard = Shard(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no K/N")
    }
    self = shard
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
