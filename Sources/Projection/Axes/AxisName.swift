/// How axes of a map are written: `prototype:honesty,probe:violence`, `plane:honesty,violence,bias`.
///
/// A direction is a kind and, after a colon, what it is of; names may hold commas and colons.
package enum AxisName: Equatable, Sendable {
  /// From the mean of all other rows' states to the mean of the concept's.
  case prototype(String)
  /// The weights by which a linear probe tells the concept.
  case probe(String)
  /// A direction that a file holds, such as a steering vector.
  case vector(String)
  /// What a model was tuned for: the mean of the tuned run's states less that of the base run's.
  case readout

  /// The ways to write one, for help and messages.
  package static let forms = ["prototype:CONCEPT", "probe:CONCEPT", "vector:FILE", "readout"]

  package init?(_ text: some StringProtocol) {
    if text == "readout" {
      self = .readout
      return
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else { return nil }
    switch parts[0] {
    case "prototype": self = .prototype(String(parts[1]))
    case "probe": self = .probe(String(parts[1]))
    case "vector": self = .vector(String(parts[1]))
    default: return nil
    }
  }
}

/// Two directions, or three concepts whose prototypes span a plane.
package enum AxisNames: Equatable, Sendable {
  case pair(AxisName, AxisName)
  case plane([String])

  package static var wanted: String {
    "two of \(AxisName.forms.joined(separator: ", ")) with a comma between them, or "
      + "plane:CONCEPT,CONCEPT,CONCEPT"
  }

  /// Nil for what is neither.
  package init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    if text.hasPrefix("plane:") {
      let names = text.dropFirst("plane:".count).split(
        separator: ",", omittingEmptySubsequences: false)
      guard names.count == 3, names.allSatisfy({ !$0.isEmpty }) else { return nil }
      self = .plane(names.map(String.init))
      return
    }
    // Names may hold commas: the one where both sides are directions parts them.
    for count in 1..<max(1, parts.count) {
      let sides = [parts[..<count], parts[count...]].map { $0.joined(separator: ",") }
      if let first = AxisName(sides[0]), let second = AxisName(sides[1]) {
        self = .pair(first, second)
        return
      }
    }
    return nil
  }
}
