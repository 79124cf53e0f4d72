import Core
import Figures
import LinearAlgebra

/// The picture of one layer's map.
enum MapFigure {
  static func grid(_ points: Matrix, _ run: Run, layer: Int, method: String) -> PanelGrid {
    let manifest = run.manifest
    // As bytes, because concepts that are canonically equivalent are still two.
    let names = Set(run.rows.map { Array($0.concept.utf8) }).sorted {
      $0.lexicographicallyPrecedes($1)
    }
    var places: [[UInt8]: Int] = [:]
    for (place, name) in names.enumerated() { places[name] = place }
    let adapter = manifest.adapter.map { " with \(ComparisonFigure.name($0))" } ?? ""
    let model = ComparisonFigure.name(manifest.model) + adapter
    let concepts = ComparisonFigure.name(manifest.concepts)
    return PanelGrid(
      title: "\(model), layer \(layer)", rowTitles: [""],
      columns: [
        PanelColumn(
          title: "\(concepts), \(run.rows.count) rows",
          panels: [
            ScatterPanel(
              points: ComparisonFigure.points(points),
              groups: run.rows.map { places[Array($0.concept.utf8)] ?? -1 })
          ],
          groupNames: names.map {
            $0.isEmpty ? "(no concept)" : String(decoding: $0, as: UTF8.self)
          })
      ],
      footer: [
        "\(method == "pca" ? "PCA" : "coordinates from a file"), position \(manifest.position), "
          + "template \(manifest.template); \(Version.tool)"
      ])
  }
}
