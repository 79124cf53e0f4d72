import LinearAlgebra
import SeerAnalysis
import SeerSupport

/// The rows of a run that have a concept, with the concepts as numbers and the split rule applied:
/// the one answer to which rows teach, which are judged and which labels may change places, for
/// every command and screen.
///
///     let labelled = LabelledRows(run.rows)
///     let sample = try labelled.sample(run.states(layer: 24), layer: 24, name: run.folder)
package struct LabelledRows: Equatable, Sendable {
  /// Sorted by their bytes.
  package var concepts: [String] { known.names }
  private let known: ConceptNames
  /// Places among the run's rows; only they are measured.
  package let rows: [Int]
  /// The concept of each of ``rows``.
  package let labels: [Int]
  /// Over places in ``rows``. Rows of the same prompt stay together.
  package let folds: Folds
  /// Rows that get one label together when labels are permuted: the tokens of one text.
  package let groups: [Int]?
  /// The prompt of each of ``rows`` as a number: its labels change places together.
  package let prompts: [Int]
  /// Whether rows are parted by their texts, because the run does not say their prompts and not
  /// every row has a side of the split.
  package let isByText: Bool

  /// - Parameters:
  ///   - others: more concepts that are to have a number, such as those of training rows.
  ///   - twin: the same rows of another run, which may say prompts where `all` do not.
  package init(
    _ all: [RunRow], twin: [RunRow]? = nil, others: [String] = [], seed: UInt64 = 0
  ) {
    var all = all
    if let twin, twin.count == all.count, all.contains(where: { $0.prompt == nil }) { all = twin }
    rows = all.indices.filter { !all[$0].concept.isEmpty }
    let names = rows.map { all[$0].concept }
    known = ConceptNames(sorted: names + others)
    labels = names.compactMap(known.place)
    let keys = rows.map { all[$0].foldKey }
    let splits = rows.map { all[$0].split.flatMap(ConceptSet.Side.init) }
    folds = Folds(prompts: keys, splits: splits, seed: seed)
    groups = rows.contains { all[$0].token != nil } ? rows.map { all[$0].row } : nil
    prompts = numbered(keys)
    isByText = Self.isByText(all)
  }

  private static func isByText(_ all: [RunRow]) -> Bool {
    all.contains { $0.split.flatMap(ConceptSet.Side.init) == nil }
      && all.contains { $0.prompt == nil }
  }

  /// What a reader should know of how rows were parted; nil where all is well.
  ///
  /// - Parameter name: what the run is called.
  package func note(_ name: String) -> String? { isByText ? Self.note(name) : nil }

  /// The same of a run's rows, without labelling them.
  package static func note(_ rows: [RunRow], _ name: String) -> String? {
    isByText(rows) ? note(name) : nil
  }

  private static func note(_ name: String) -> String {
    "\(name) does not say its rows' prompts (seer 0.1 made it): rows are held out by their "
      + "texts, so that rows of one prompt may both teach and be judged. Extract it again."
  }

  /// One layer's states with their labels.
  ///
  /// - Parameter states: of all rows of the run, (rows, width).
  ///
  /// Fails where a state is not finite; `name` is what the run is called then.
  package func sample(_ states: Matrix, layer: Int, name: String) throws(Failure) -> LayerSample {
    var sample = LayerSample(
      states: try Self.select(rows, of: states, layer: layer, name: name), labels: labels,
      concepts: concepts.count, folds: folds)
    sample.groups = groups
    sample.prompts = prompts
    return sample
  }

  /// A value for each row of the run, from one for each of ``rows``.
  ///
  /// - Parameters:
  ///   - count: rows of the run.
  ///   - other: of rows without a concept.
  package func spread<Value>(_ values: [Value], over count: Int, _ other: Value) -> [Value] {
    var spread = [Value](repeating: other, count: count)
    for (place, row) in rows.enumerated() { spread[row] = values[place] }
    return spread
  }

  /// The states of some rows, all of them finite.
  package static func select(
    _ rows: [Int], of states: Matrix, layer: Int, name: String
  ) throws(Failure) -> Matrix {
    let states = rows.count == states.rows ? states : states.selecting(rows: rows)
    for row in 0..<states.rows {
      let values = states.row(row)
      // A sum is finite only where all that it is the sum of is.
      var sum: Float = 0
      for column in 0..<states.columns { sum += values[column] * 0 }
      guard sum == 0 else {
        throw Failure(
          .badData, file: name, place: "layer \(layer), row \(rows[row])",
          found: "a state that is not finite", wanted: "finite numbers",
          advice: "Extract the run again.")
      }
    }
    return states
  }
}
