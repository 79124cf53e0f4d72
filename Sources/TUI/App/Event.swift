import SeerSupport

/// Everything that can happen to the interface.
package enum Event: Sendable {
  case key(Key)
  /// Text from the clipboard, in one piece.
  case paste(String)
  case mouse(Mouse)
  case resize(Size)
  /// What was computed for a run, by the number of its opening.
  indirect case explored(Int, Event)
  /// Time went on, for what moves by itself.
  case tick
  case compare(CompareEvent)
  case prompt(PromptEvent)
  case train(TrainEvent)
  case start(StartEvent)
  /// An event of work that may have become useless; the mailbox takes it out of its cover.
  indirect case from(Outbox, Event)
  /// The map of a layer, by its index among the run's layers.
  case map(index: Int, Result<LayerMap, Problem>)
  case separation(index: Int, Result<LayerSeparation, Problem>)
  /// A t-SNE map as far as it is, or why it ended; `run` tells it from runs given up.
  case embedding(run: Int, Result<Embedding, Problem>)
  case judged(QualityKey, MapTrust?)
  case nearest(Result<NearestRows, Problem>)
  case groupsCompared(GroupPair, GroupComparison?)
  case export(ExportEvent)
  /// The outcome of a ``Effect/saveScreen(_:)``.
  case saved(String, Problem?)
}

/// What went wrong, in words for the screen.
package struct Problem: Error, Equatable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package init(_ error: any Error) {
    text = (error as? Failure)?.description ?? (error as? Problem)?.text ?? "\(error)"
  }

  package static let cancelled = Problem(Cancelled())
}

/// What the loop does for the state, outside of it.
package enum Effect: Equatable, Sendable {
  /// Computes the map of a layer, turned onto that of `reference` where there is one.
  case computeMap(index: Int, reference: Int?, isUrgent: Bool)
  case measureSeparation(index: Int)
  /// Finds the rows nearest to one at a layer, by its index.
  case findNearest(row: Int, index: Int, NearestRows.Metric)
  /// Makes the t-SNE map of a layer, by its index, from a layout.
  case startTSNE(index: Int, run: Int, TSNEStart)
  case pauseTSNE(Bool)
  case stopTSNE
  case judge(QualityKey)
  case compareGroups(GroupPair)
  case export(ExportRequest)
  /// Writes a text to a file of this name, or one with a number where that is taken.
  case saveText(String, String)
  /// Keeps the view of the run for the next time.
  case keepView
  /// Explores another of the runs, by its index, and shows a screen.
  case openRun(Int, Screen)
  case compare(CompareEffect)
  case prompt(PromptEffect)
  case train(TrainEffect)
  case start(StartEffect)
  case saveScreen(String)
  case setMouse(Bool)
  case redraw
  case suspend
  case quit(Ending)
}

/// How the interface was left.
package enum Ending: Equatable, Sendable {
  case quit
  /// By Ctrl-C or a signal.
  case interrupted

  package var exitCode: Int32 { self == .quit ? 0 : Failure.Kind.interrupted.exitCode }
}
