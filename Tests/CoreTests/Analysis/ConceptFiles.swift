import Foundation
import SeerAnalysis
import SeerSupport
import TestSupport

/// The concept set in a text under a file name; failures and notes name the file without its folder.
func conceptSet(
  _ text: String, named file: String = "concepts.csv", columns: ConceptColumns = ConceptColumns(),
  requiresConcepts: Bool = true
) throws(Failure) -> ConceptSet {
  try conceptSet(
    Array(text.utf8), named: file, columns: columns, requiresConcepts: requiresConcepts)
}

func conceptSet(
  _ bytes: [UInt8], named file: String = "concepts.csv", columns: ConceptColumns = ConceptColumns(),
  requiresConcepts: Bool = true
) throws(Failure) -> ConceptSet {
  guard let folder = try? TemporaryFolder(), let path = try? folder.write(bytes, to: file) else {
    throw Failure(.software, found: "no temporary folder")
  }
  do throws(Failure) {
    var set = try ConceptSet(
      contentsOf: path, columns: columns, requiresConcepts: requiresConcepts)
    set.notes = set.notes.map { $0.replacing(folder.path + "/", with: "") }
    return set
  } catch {
    var failure = error
    failure.file = failure.file?.replacing(folder.path + "/", with: "")
    failure.advice = failure.advice?.replacing(folder.path + "/", with: "")
    throw failure
  }
}

/// What the failure says, or that there was none.
func message(_ body: () throws(Failure) -> Void) -> String {
  do throws(Failure) {
    try body()
    return "no failure"
  } catch {
    return "\(error.kind): \(error.description)"
  }
}
