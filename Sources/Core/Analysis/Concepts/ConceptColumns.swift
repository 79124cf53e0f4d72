import SeerSupport

/// Which columns of a file hold what a concept set needs, where they have other names.
package struct ConceptColumns: Equatable, Sendable {
  package var prompt: String
  package var response: String
  package var value: String

  package init(prompt: String = "prompt", response: String = "response", value: String = "value") {
    self.prompt = prompt
    self.response = response
    self.value = value
  }
}

extension ConceptSet {
  /// Reads a file whose columns may have other names; a column that carries a wanted name but was
  /// not named counts among the others.
  ///
  /// Fails like ``init(contentsOf:requiresConcepts:)``, and where a column was named (other than
  /// by default) that the file lacks.
  package init(
    contentsOf path: String, columns: ConceptColumns, requiresConcepts: Bool = true
  ) throws(Failure) {
    var table = try TextTable(contentsOf: path)
    for (standard, name, option) in [
      ("prompt", columns.prompt, "--prompt-column"),
      ("response", columns.response, "--response-column"),
      ("value", columns.value, "--value-column"),
    ] where !name.utf8.elementsEqual(standard.utf8) {
      guard let index = table.index(of: name) else {
        throw Failure(
          .badData, file: path, place: "header",
          found: "the columns " + table.columns.map { "`\($0)`" }.joined(separator: ", "),
          wanted: "a column `\(name)`, as \(option) says",
          advice: "Give the name of one of the file's columns.")
      }
      if let taken = table.index(of: standard) { table.columns[taken] = "\(standard) (unused)" }
      table.columns[index] = standard
    }
    try self.init(table, requiresConcepts: requiresConcepts)
  }
}
