import SeerSupport

/// `rows.csv`: `row,text,concept,tokens,split,prompt` and, where rows are tokens, `token`. Runs of
/// 0.1 have no `prompt`.
extension RunRow {
  package static func header(withTokens: Bool, withPrompts: Bool = true) -> String {
    CSV.line(
      ["row", "text", "concept", "tokens", "split"] + (withPrompts ? ["prompt"] : [])
        + (withTokens ? ["token"] : []))
  }

  package func line(withToken: Bool, withPrompt: Bool = true) -> String {
    CSV.line(
      [String(row), text, concept, String(tokens), split ?? ""]
        + (withPrompt ? [prompt ?? ""] : []) + (withToken ? [token ?? ""] : []))
  }

  package static func read(_ path: String) throws(Failure) -> [RunRow] {
    let table = try TextTable(contentsOf: path, isOwn: true)
    let columns = (
      row: try table.requiredIndex(of: "row"), text: try table.requiredIndex(of: "text"),
      concept: try table.requiredIndex(of: "concept"),
      tokens: try table.requiredIndex(of: "tokens"), split: table.index(of: "split"),
      prompt: table.index(of: "prompt"), token: table.index(of: "token")
    )
    var rows: [RunRow] = []
    rows.reserveCapacity(table.rows.count)
    for index in table.rows.indices {
      func number(_ column: Int, _ name: String) throws(Failure) -> Int {
        let text = table.text(row: index, column: column) ?? ""
        guard let value = Int(text), value >= 0 else {
          throw Failure(
            .badData, file: path, place: "line \(table.lines[index]), column \(name)",
            found: "`\(text.prefix(40))`", wanted: "a number", advice: "Extract the run again.")
        }
        return value
      }
      let split = table.text(row: index, column: columns.split)
      rows.append(
        RunRow(
          row: try number(columns.row, "row"),
          text: table.text(row: index, column: columns.text) ?? "",
          concept: table.text(row: index, column: columns.concept) ?? "",
          tokens: try number(columns.tokens, "tokens"),
          split: split.flatMap { $0.isEmpty ? nil : $0 },
          prompt: columns.prompt.map { table.text(row: index, column: $0) ?? "" },
          token: columns.token.flatMap { table.text(row: index, column: $0) }))
    }
    return rows
  }
}
