import Foundation
import SeerModels
import SeerTokenizers
import SeerWidgets

/// What the command line and the environment say about the interface.
package struct ExplorerOptions: Sendable {
  /// Run folders; the first is explored, and compared with the second.
  package var runs: [String]
  /// The model to talk to; nil: the one that the runs were made with.
  package var model: String?
  /// Its adapter; nil: the one that a run was made with.
  package var adapter: String?
  /// How conversations are written; what is not given, as the first run's were.
  package var chat = ChatOptions()
  /// How exactly the model multiplies; nil: as it did for the first run.
  package var precision: Precision?
  /// What the model may take of the machine's memory.
  package var memory = MemoryBudget()
  /// The adapter folder of a training in another process, to be followed.
  package var watched: String?
  /// The program and version, for what is written.
  package var tool = ""
  /// A script to play instead of a terminal.
  package var script: String?
  /// Nil: as the locale and the terminal allow.
  package var ascii: Bool?
  /// Nil: as the terminal and `NO_COLOR` say.
  package var colors: ColorDepth?
  package var isMouseOn = true
  /// Nil: as the environment or the terminal says.
  package var isLight: Bool?
  /// How pixels are drawn.
  package var pixels = PixelChoice.auto
  /// Begin with the guided tour.
  package var startsTour = false
  package var environment: [String: String]

  package init(
    runs: [String], script: String? = nil, ascii: Bool? = nil, colors: ColorDepth? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.runs = runs
    self.script = script
    self.ascii = ascii
    self.colors = colors
    self.environment = environment
  }
}
