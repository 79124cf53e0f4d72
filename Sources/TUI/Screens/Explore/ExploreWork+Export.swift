import Foundation
import SeerApp
import SeerReports
import SeerRuns
import SeerSupport

/// Exports of the Explore screen.
extension Session {
  package func export(_ request: ExportRequest) {
    var path = request.path
    if path.hasPrefix("~/"), let home = workspace.options?.environment["HOME"] {
      path = home + path.dropFirst()
    }
    let files = LayerExport.files(request.format, to: path, keepsMap: true)
    if !request.overwrites,
      let file = files.first(where: { FileManager.default.fileExists(atPath: $0) })
    {
      return handle(.export(.exists(file)))
    }
    handle(.export(.begun))
    let output = path
    engine.submit(
      "export of layer \(request.layer)", priority: .map,
      onEvent: { [poster] (event: JobEvent<LayerExport.Result>) in
        guard case .finished(let result) = event else { return }
        poster(.export(.finished(result.mapError { Problem($0) })))
      },
      body: { [source, tool = workspace.tool] context in
        guard !source.folder.isEmpty else { throw Problem("These rows are in no run folder.") }
        let export = LayerExport(try Run.open(source.folder), layer: request.layer, tool: tool)
        return try export.write(
          request.format, request.map, to: output, checkpoint: context.checkpoint)
      })
  }
}
