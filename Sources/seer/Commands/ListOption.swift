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
