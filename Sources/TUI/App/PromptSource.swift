import SeerModels
import SeerRuns
import SeerTokenizers

/// A model to talk to, and the runs that score what is said.
package struct PromptSource: Sendable {
  package var model: String
  package var adapter: String?
  /// The base's run, and the tuned one's where there is one.
  package var runs: [Run]
  /// Recorded runs of words in the same order, where there are such; they score the layers they have.
  package var words: [Run] = []
  package var template: RowTemplate
  /// How conversations are written.
  package var chat = ChatOptions()
  package var precision = Precision.exact
  package var memory = MemoryBudget()

  package init(
    model: String, adapter: String? = nil, runs: [Run], template: RowTemplate,
    chat: ChatOptions = ChatOptions(), precision: Precision = .exact,
    memory: MemoryBudget = MemoryBudget()
  ) {
    self.model = model
    self.adapter = adapter
    self.runs = runs
    self.template = template
    self.chat = chat
    self.precision = precision
    self.memory = memory
  }
}
