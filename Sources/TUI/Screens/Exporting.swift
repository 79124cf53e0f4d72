import Exports

/// Where an export goes, while the name of its file is typed; the ending says what is written.
struct Exporting: Equatable, Sendable {
  var path: String
  /// A file that is there already: another Enter writes over it.
  var existing: String?
}

/// The map as it is on screen, to be written.
struct ExportRequest: Equatable, Sendable {
  var path: String
  var format: ExportFormat
  /// The layer's number.
  var layer: Int
  var map: ExportedMap
  /// Whether files that are there may be written over.
  var overwrites: Bool
}

/// What has become of an export.
enum ExportEvent: Sendable {
  /// A file is there already, and nobody has said that it may go.
  case exists(String)
  case begun
  case finished(Result<LayerExport.Result, Problem>)
}
