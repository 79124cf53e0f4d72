/// One of a few choices that files hold by name. An unknown name is refused by name; nothing stands
/// in for it.
///
/// The failure names the key and the known names; whoever reads the file adds its path.
package protocol NamedChoice:
  RawRepresentable<String>, CaseIterable, Codable, Sendable, CustomStringConvertible
{}

extension NamedChoice {
  package init(from decoder: any Decoder) throws {
    let name = try decoder.singleValueContainer().decode(String.self)
    guard let choice = Self(rawValue: name) else {
      throw Failure(
        .badData,
        place: "key "
          + decoder.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
          .joined(separator: "."),
        found: "`\(name)`", wanted: Self.wanted,
        advice: "It was written by another version of seer, or by hand.")
    }
    self = choice
  }

  package var description: String { rawValue }

  /// The known names, for messages.
  private static var wanted: String {
    "one of " + allCases.map(\.rawValue).joined(separator: ", ")
  }
}
