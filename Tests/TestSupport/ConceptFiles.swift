import Foundation
import SeerAnalysis
import SeerSupport

/// The concept set in a text under a file name, without a file.
package func conceptSet(
  _ text: String, named file: String = "concepts.csv", requiresConcepts: Bool = true
) throws(Failure) -> ConceptSet {
  try conceptSet(Array(text.utf8), named: file, requiresConcepts: requiresConcepts)
}

package func conceptSet(
  _ bytes: [UInt8], named file: String = "concepts.csv", requiresConcepts: Bool = true
) throws(Failure) -> ConceptSet {
  let result = bytes.withUnsafeBytes { bytes in
    Result { () throws(Failure) in
      try ConceptSet(TextTable(bytes, file: file), requiresConcepts: requiresConcepts)
    }
  }
  return try result.get()
}

/// What the failure says, or that there was none.
package func message(_ body: () throws(Failure) -> Void) -> String {
  do throws(Failure) {
    try body()
    return "no failure"
  } catch {
    return "\(error.kind): \(error.description)"
  }
}
