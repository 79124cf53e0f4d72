/// Where an export goes, while the name of its file is typed; the ending says what is written.
package struct Exporting: Equatable, Sendable {
  package var path: String
  /// A file that is there already: another Enter writes over it.
  package var existing: String?

  package init(path: String) { self.path = path }
}

/// The file that is asked for, and whether one is being written.
package struct ExportStatus: Sendable {
  package var asked: Exporting?
  package var isRunning = false
  /// What is being written; asked for again where that fails.
  package var writing: Exporting?
}
