import Foundation
import SeerSupport

/// Reads the comma-separated values of an option; fails, naming the option, at the first that is
/// none.
func listOption<T>(
  _ text: String, _ option: String, wanted: String, _ value: (String) -> T?
) throws(Failure) -> [T] {
  var values: [T] = []
  for part in text.split(separator: ",", omittingEmptySubsequences: false) {
    let part = part.trimmingCharacters(in: .whitespaces)
    guard let value = value(part) else {
      throw Failure(.usage, place: option, found: "`\(part)`", wanted: wanted)
    }
    values.append(value)
  }
  return values
}

/// Numbers and ranges of them like `1-12,20`, in the order given.
func rangeOption(_ text: String, _ option: String, wanted: String) throws(Failure) -> [Int] {
  try listOption(text, option, wanted: wanted) { part -> [Int]? in
    let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
      first <= last, last - first < 10_000
    else { return nil }
    return Array(first...last)
  }.flatMap { $0 }
}
