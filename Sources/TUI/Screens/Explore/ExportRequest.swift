import SeerApp
import SeerReports

/// The map as it is on screen, to be written.
package struct ExportRequest: ScreenEffect {
  package var path: String
  package var format: ExportFormat
  /// The layer's number.
  package var layer: Int
  package var map: ExportedMap
  /// Whether files that are there may be written over.
  package var overwrites: Bool

  package func run(in session: Session) { session.export(self) }
}

/// What has become of an export.
package enum ExportEvent: ScreenEvent {
  /// A file is there already, and nobody has said that it may go.
  case exists(String)
  case begun
  case finished(Result<LayerExport.Result, Problem>)

  package func receive(_ state: inout AppState) -> [Effect] {
    ExploreScreen.receive(&state, self)
    return []
  }
}

extension Event {
  package static func export(_ event: ExportEvent) -> Event { .screen(event) }
}

extension Effect {
  package static func export(_ request: ExportRequest) -> Effect { .screen(request) }
}
