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
    do throws(Failure) {
      return try render(row)
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
