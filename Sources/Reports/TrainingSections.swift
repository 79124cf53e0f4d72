import Foundation
import SeerFigures
import SeerSupport
import SeerTraining

/// The curves and the recipe that a training left in its adapter folder.
package func trainingBlocks(_ folder: String) throws(Failure) -> [ReportDocument.Block] {
  let table = try TextTable(contentsOf: folder + "/log.csv", isOwn: true)
  let step = try table.requiredIndex(of: "step")
  func series(_ column: String, _ name: String) -> CurveChart.Series? {
    guard let index = table.index(of: column) else { return nil }
    var xs: [Double] = []
    var ys: [Double] = []
    for row in table.rows.indices {
      guard let x = table.text(row: row, column: step).flatMap(Double.init),
        let y = table.text(row: row, column: index).flatMap(Double.init)
      else { continue }
      xs.append(x)
      ys.append(y)
    }
    return xs.isEmpty ? nil : CurveChart.Series(name: name, xs: xs, ys: ys)
  }
  func chart(_ title: String, _ columns: [(String, String)]) -> String? {
    let series = columns.compactMap { series($0.0, $0.1) }
    return series.isEmpty ? nil : CurveChart(title: title, xName: "step", series: series).svg
  }
  let charts = [
    chart("Loss", [("total", "total")]),
    chart(
      "Terms, unweighted",
      Objectives.terms.filter { $0 != .kl }.map { ($0.column, $0.legend) }),
    chart(
      "Cosines of the rows contrasted",
      LossTerm.cosines.map { ($0.column, $0 == .meanSame ? "one concept" : "different ones") }),
    chart(
      "KL to base, nats a token",
      [(LossTerm.kl.column, "training rows"), ("held_out_kl", "held out")]),
    chart("Held-out nearest prototype", [("held_out_accuracy", "accuracy")]),
    chart(
      "Held-out cosines",
      [("held_out_within", "within a concept"), ("held_out_between", "between concepts")]),
  ].compactMap { $0 }
  guard !charts.isEmpty else {
    throw Failure(
      .badData, file: folder + "/log.csv", found: "no step with a figure",
      wanted: "the log of a training")
  }
  var blocks: [ReportDocument.Block] = [
    .heading(level: 2, "Training"),
    .figures(charts, caption: "From \(folder)/log.csv; held-out figures every so many steps."),
  ]
  let recipe = folder + "/preset.json"
  if FileManager.default.fileExists(atPath: recipe) {
    blocks.append(try jsonTable(recipe, caption: "The preset the adapter was trained with"))
  }
  return blocks
}

/// A JSON object's leaves as a table of two columns.
func jsonTable(_ path: String, caption: String) throws(Failure) -> ReportDocument.Block {
  .table(header: ["", ""], rows: leaves(try jsonObject(path), ""), caption: caption)
}

/// Reads a file that holds one JSON object.
package func jsonObject(_ path: String) throws(Failure) -> [String: Any] {
  let file = try MappedFile(path: path)
  guard
    let object = (try? JSONSerialization.jsonObject(with: file.data)) as? [String: Any]
  else {
    throw Failure(
      .badData, file: path, found: "no JSON object", wanted: "what a command prints with --json",
      advice: "Send a command's --json output to a file and give that.")
  }
  return object
}

/// Rows of dotted key and value, sorted by key; lists of plain values on one row.
package func leaves(_ value: Any, _ key: String) -> [[String]] {
  if let object = value as? [String: Any] {
    return object.keys.sorted().flatMap { name in
      leaves(object[name] ?? NSNull(), key.isEmpty ? name : "\(key).\(name)")
    }
  }
  if let list = value as? [Any] {
    if list.allSatisfy({ !($0 is [String: Any]) && !($0 is [Any]) }) {
      return [[key, list.map { leaf($0) }.joined(separator: ", ")]]
    }
    return list.enumerated().flatMap { leaves($1, "\(key)[\($0)]") }
  }
  return [[key, leaf(value)]]
}

private func leaf(_ value: Any) -> String {
  switch value {
  case let text as String: return text
  case is NSNull: return "-"
  case let number as NSNumber:
    // A number of JSON has no more than 17 digits that say something.
    let value = number.doubleValue
    return value == value.rounded() && abs(value) < 1e15
      ? "\(number)" : String(format: "%.6g", value)
  default: return "\(value)"
  }
}
