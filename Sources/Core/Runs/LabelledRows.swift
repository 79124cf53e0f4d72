import LinearAlgebra
import SeerAnalysis
import SeerSupport

/// The rows of a run that have a concept, with the concepts as numbers and the split rule applied.
package struct LabelledRows: Equatable, Sendable {
  /// Sorted by their bytes.
  package var concepts: [String] { known.names }
  private let known: ConceptNames
  /// Places among the run's rows; only they are measured.
  package let rows: [Int]
  /// The concept of each of ``rows``.
  package let labels: [Int]
  /// Over places in ``rows``. Rows of the same text stay together.
  package let folds: Folds
  /// Rows that get one label together when labels are permuted: the tokens of one text.
  package let groups: [Int]?

  /// - Parameter others: more concepts that are to have a number, such as those of training rows.
  package init(_ all: [RunRow], others: [String] = [], seed: UInt64 = 0) {
    rows = all.indices.filter { !all[$0].concept.isEmpty }
    let names = rows.map { all[$0].concept }
    known = ConceptNames(sorted: names + others)
    labels = names.compactMap(known.place)
    folds = Folds(
      prompts: rows.map { all[$0].text },
      splits: rows.map { all[$0].split.flatMap(ConceptSet.Side.init) }, seed: seed)
    groups = rows.contains { all[$0].token != nil } ? rows.map { all[$0].row } : nil
  }

  /// The numbers of concepts; all of them must be known.
  package func labels(of names: [String]) -> [Int] { names.compactMap(known.place) }

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
    return sample
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
