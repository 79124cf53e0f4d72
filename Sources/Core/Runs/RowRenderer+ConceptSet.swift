import SeerAnalysis
import SeerSupport
import SeerTokenizers

extension RowRenderer {
  /// A row of a concept set as the model reads it: prompt and response, or a whole conversation.
  package func render(_ row: ConceptSet.Row) throws(Failure) -> RenderedRow {
    row.turns.isEmpty
      ? try render(prompt: row.prompt, response: row.response) : try render(turns: row.messages)
  }

  /// The same; a failure names the file and the row's place in it.
  package func render(
    _ row: ConceptSet.Row, of file: String, at place: RecordPlace
  ) throws(Failure) -> RenderedRow {
    try named(file, place) { () throws(Failure) in try render(row) }
  }

  /// What comes before a row's response, as the model is asked to answer it.
  package func renderForGeneration(_ row: ConceptSet.Row) throws(Failure) -> RenderedRow {
    row.turns.isEmpty
      ? try renderForGeneration(prompt: row.prompt) : try renderForGeneration(turns: row.turns)
  }

  /// The same; a failure names the file and the row's place in it.
  package func renderForGeneration(
    _ row: ConceptSet.Row, of file: String, at place: RecordPlace
  ) throws(Failure) -> RenderedRow {
    try named(file, place) { () throws(Failure) in try renderForGeneration(row) }
  }

  private func named(
    _ file: String, _ place: RecordPlace, _ render: () throws(Failure) -> RenderedRow
  ) throws(Failure) -> RenderedRow {
    do throws(Failure) {
      return try render()
    } catch {
      var failure = error
      failure.file = failure.file ?? file
      failure.place = ["\(place)", failure.place].compactMap { $0 }.joined(separator: ", ")
      throw failure
    }
  }

  /// All rows of a set that was read from a file.
  package func render(_ set: ConceptSet, of file: String) throws(Failure) -> [RenderedRow] {
    var rendered: [RenderedRow] = []
    rendered.reserveCapacity(set.rows.count)
    for (row, place) in zip(set.rows, set.places) {
      rendered.append(try render(row, of: file, at: place))
    }
    return rendered
  }
}
