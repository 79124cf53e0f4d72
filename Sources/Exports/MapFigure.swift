import Core
import Figures

/// The picture of one layer's map, with the concepts' names on it and below it.
enum MapFigure {
  static func grid(_ map: ExportedMap, _ run: Run, layer: Int, tool: String) -> PanelGrid {
    let manifest = run.manifest
    // As bytes, because concepts that are canonically equivalent are still two.
    let names = Set(run.rows.map { Array($0.concept.utf8) }).sorted {
      $0.lexicographicallyPrecedes($1)
    }
    var places: [[UInt8]: Int] = [:]
    for (place, name) in names.enumerated() { places[name] = place }
    let groups = zip(run.rows, map.points).map { row, point in
      point == nil ? -1 : places[Array(row.concept.utf8)] ?? -1
    }
    let groupNames = names.map {
      $0.isEmpty ? "(no concept)" : String(decoding: $0, as: UTF8.self)
    }
    let points = map.points.map { $0 ?? .zero }
    var panel = ScatterPanel(points: points, groups: groups)
    if names.count > 1 && names.count <= 24 {
      panel.labels = panel.medians().map {
        PanelLabel(groupNames[$0.group], at: $0.point, group: $0.group)
      }
    }
    let adapter = manifest.adapter.map { " with \(name($0))" } ?? ""
    let shown = groups.count { $0 >= 0 }
    let rows = shown == groups.count ? "\(shown) rows" : "\(shown) of \(groups.count) rows"
    return PanelGrid(
      title: "\(name(manifest.model))\(adapter), layer \(layer)", rowTitles: [""],
      columns: [
        PanelColumn(
          title: "\(name(manifest.concepts)), \(rows)", panels: [panel], groupNames: groupNames)
      ],
      footer: [
        "\(map.description), position \(manifest.position), template \(manifest.template); \(tool)"
      ])
  }

  /// The last part of a path.
  private static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
