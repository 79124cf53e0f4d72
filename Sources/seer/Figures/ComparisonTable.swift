import SeerAnalysis
import SeerStudies
import SeerSupport

/// A comparison for a reader: one layer in full, then a line for every layer, then what changed.
enum ComparisonTable {
  static func text(_ comparison: RunComparison) -> String {
    let pair = comparison.pair
    var lines = [
      "\(pair.base.run.folder) -> \(pair.tuned.run.folder): \(pair.base.rows.count) rows, "
        + "\(pair.base.concepts.count) concepts, \(comparison.layers.count) "
        + (comparison.layers.count == 1 ? "layer" : "layers"), "",
    ]
    if let focused = comparison.focused {
      lines += metrics(focused) + [""]
      if comparison.layers.count > 1 { lines += layers(comparison) + [""] }
      lines += routing(comparison.layers)
      lines += changes(comparison, focused)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Every figure of one layer with the band of its null; `*` where it lies outside.
  private static func metrics(_ layer: LayerComparison) -> [String] {
    let hasNulls = layer.hasNulls
    var lines = [
      column("layer \(layer.layer)", 22) + column("base", 10, right: true)
        + (hasNulls ? column("null 95 %", 22, right: true) : "") + "  "
        + column("tuned", 10, right: true)
        + (hasNulls ? column("null 95 %", 22, right: true) : "")
    ]
    for metric in SeparationMetric.allCases {
      let cells = [layer.base[metric], layer.tuned[metric]].map { figure in
        let outside = figure.isOutsideNull == true && !metric.ignoresLabels ? "*" : " "
        return column(number(figure.value), 9, right: true) + outside
          + (hasNulls ? column(band(figure), 22, right: true) : "")
      }
      lines.append(column(metric.title, 22) + cells.joined(separator: "  "))
    }
    if hasNulls { lines.append("* outside of the band that permuted labels give") }
    return lines
  }

  private static func layers(_ comparison: RunComparison) -> [String] {
    let shown = SeparationMetric.captioned
    var lines = [
      column("layer", 6) + shown.map { column($0.title, 19, right: true) }.joined()
        + column("CKA", 8, right: true) + column("drift", 9, right: true)
        + column("kept", 7, right: true)
    ]
    for layer in comparison.layers {
      let pairs = shown.map { metric in
        column(
          number(layer.base[metric].value, 3) + " -> " + number(layer.tuned[metric].value, 3), 19,
          right: true)
      }
      lines.append(
        column("\(layer.layer)" + (layer.layer == comparison.focus ? " <" : ""), 6)
          + pairs.joined() + column(number(layer.cka, 3), 8, right: true)
          + column(number(layer.drift?.cosineDistance, 4), 9, right: true)
          + column(number(layer.neighboursKept, 2), 7, right: true))
    }
    return lines
  }

  /// How routing moved at every layer where both runs keep it.
  private static func routing(_ layers: [LayerComparison]) -> [String] {
    let rows = layers.compactMap { layer in
      layer.routing.map {
        column("\(layer.layer)", 9) + column(percent($0.topChanged), 17, right: true)
          + column(percent($0.overlap), 14, right: true)
          + column(number($0.loadVariation, 3), 12, right: true)
      }
    }
    guard !rows.isEmpty else { return [] }
    let title =
      column("routing", 9) + column("other top expert", 17, right: true)
      + column("experts kept", 14, right: true) + column("load moved", 12, right: true)
    return [title] + rows + [""]
  }

  private static func changes(
    _ comparison: RunComparison, _ layer: LayerComparison
  ) -> [String] {
    let pair = comparison.pair
    let concepts = pair.base.concepts.map(VisibleText.line)
    func described(_ change: MixingChange) -> String {
      "  \(concepts[change.first]) / \(concepts[change.second]): "
        + "\(percent(change.before)) -> \(percent(change.after)) mistaken for each other"
    }
    let mixing = layer.mixing
    let apart = mixing.filter { $0.after < $0.before }.prefix(5)
    let merged = mixing.filter { $0.after > $0.before }.suffix(5).reversed()
    var lines: [String] = []
    if !apart.isEmpty { lines += ["came apart"] + apart.map(described) }
    if !merged.isEmpty { lines += ["merged"] + merged.map(described) }
    if !comparison.moved.isEmpty { lines.append("moved most") }
    for moved in comparison.moved.prefix(5) {
      let row = pair.base.run.rows[pair.base.rows[moved.place]]
      let before = layer.baseNearest[moved.place].map { concepts[$0] }
      let after = layer.tunedNearest[moved.place].map { concepts[$0] }
      var parts: [String] = []
      // Rows that taught were not judged.
      if let before, let after { parts.append("taken for \(before) -> \(after)") }
      if let distance = moved.cosineDistance { parts.append("distance \(number(distance, 4))") }
      let kept = moved.neighbours.stayed.count
      parts.append("\(kept) of \(kept + moved.neighbours.left.count) neighbours stayed")
      lines.append(
        "  row \(row.row), \(VisibleText.line(row.concept)): " + parts.joined(separator: ", "))
    }
    return lines
  }

  private static func band(_ figure: SeparationFigure) -> String {
    guard let low = figure.nullLow, let high = figure.nullHigh else { return "-" }
    return "\(number(low)) .. \(number(high))"
  }

  private static func percent(_ share: Double) -> String {
    Report.rounded(100 * share, 0) + " %"
  }

  /// Four digits that matter, or as many decimals as are asked for.
  private static func number(_ value: Double?, _ decimals: Int? = nil) -> String {
    guard let value else { return "-" }
    if let decimals { return Report.rounded(value, decimals) }
    let magnitude = abs(value)
    return Report.rounded(
      value, magnitude >= 1000 ? 0 : magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : 3)
  }

  private static func column(_ text: String, _ width: Int, right: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return right ? space + text : text + space
  }
}
