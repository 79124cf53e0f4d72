import SeerAnalysis
import SeerFigures
import SeerRuns

/// The picture of one layer's map, with the concepts' names on it and below it.
enum MapFigure {
  static func grid(_ map: ExportedMap, _ run: Run, layer: Int, tool: String) -> PanelGrid {
    let manifest = run.manifest
    let concepts = ConceptNames(sorted: run.rows.map(\.concept))
    let groups = run.rows.indices.map { index in
      if map.points[index] == nil { return -1 }
      return map.colors?.groups[index] ?? concepts.place(of: run.rows[index].concept) ?? -1
    }
    let groupNames =
      map.colors?.names ?? concepts.names.map { $0.isEmpty ? "(no concept)" : $0 }
    let points = map.points.map { $0 ?? .zero }
    var panel = ScatterPanel(points: points, groups: groups)
    if map.colors == nil && concepts.count > 1 && concepts.count <= 24 {
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
          title: "\(name(manifest.concepts)), \(rows)", panels: [panel],
          groupNames: groupNames, discs: map.colors?.colors ?? [:])
      ],
      footer: [
        "\(map.description), position \(manifest.position), template \(manifest.templateTitle); \(tool)"
      ] + map.cautions)
  }

  /// The last part of a path.
  private static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
