import ArgumentParser
import SeerSupport

/// Throws, naming the option, where a number that was given is out of its range.
///
/// Commands check what no model can change; the jobs check what depends on one, such as the highest
/// layer.
package func checkNumber<Number: Comparable>(
  _ option: String, _ value: Number?, from least: Number, to most: Number
) throws {
  guard let value else { return }
  // What is no number is neither below nor above.
  if value >= least, value <= most { return }
  let wanted = value > most ? "at most \(most)" : "\(least) or more"
  throw ValidationError("--\(option): found \(value), wanted \(wanted).")
}

/// The most of things counted by an option, such as tokens: a number that counts rows or tokens of
/// nothing that there is, but with which sums do not overflow.
let mostCounted = 1 << 30
