import SeerAnalysis
import SeerSupport
import SeerTokenizers

extension RowRenderer {
  /// A row of a concept set as the model reads it: prompt and response, or a whole conversation.
  package func render(_ row: ConceptSet.Row) throws(Failure) -> RenderedRow {
    row.turns.isEmpty
      ? try render(prompt: row.prompt, response: row.response) : try render(turns: row.messages)
  }
}
