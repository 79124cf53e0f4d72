import SeerReports

/// Where an export goes, while the name of its file is typed; the ending says what is written.
package struct Exporting: Equatable, Sendable {
  package var path: String
  /// A file that is there already: another Enter writes over it.
  package var existing: String?
}

/// The file that is asked for, and whether one is being written.
package struct ExportStatus: Sendable {
  package var asked: Exporting?
  package var isRunning = false
  /// What is being written; asked for again where that fails.
  var writing: Exporting?
}

/// The map as it is on screen, to be written.
package struct ExportRequest: Equatable, Sendable {
  package var path: String
  package var format: ExportFormat
  /// The layer's number.
  package var layer: Int
  package var map: ExportedMap
  /// Whether files that are there may be written over.
  package var overwrites: Bool
}

/// What has become of an export.
package enum ExportEvent: Sendable {
  /// A file is there already, and nobody has said that it may go.
  case exists(String)
  case begun
  case finished(Result<LayerExport.Result, Problem>)
}
