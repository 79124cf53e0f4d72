import SeerModels
import SeerRuns
import SeerTokenizers

/// A model to talk to, and the runs that score what is said.
package struct PromptSource: Sendable {
  package var model: String
  package var adapter: String?
  /// The base's run, and the tuned one's where there is one.
  package var runs: [Run]
  package var template: RowTemplate
  /// How conversations are written.
  package var chat = ChatOptions()
  package var precision = Precision.exact
  package var memory = MemoryBudget()
}
