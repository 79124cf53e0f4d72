import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerProjection
import SeerRuns
import SeerSupport

/// Resolves the axes that a command names among the concepts of a run and the files of the user.
struct AxisArguments {
  let names: AxisNames
  let concepts: RowConcepts?
  /// (rows, width)
  let states: Matrix
  let layer: Int?
  /// The run whose states they are, and the one to read what a model was tuned for by.
  let run: Run?
  let tuned: Run?

  func chosen() throws(Failure) -> ChosenAxes {
    switch names {
    case .pair(let first, let second): .pair(try direction(first), try direction(second))
    case .plane(let names):
      .plane(try concept(names[0]), try concept(names[1]), try concept(names[2]))
    }
  }

  private func direction(_ name: AxisName) throws(Failure) -> AxisDirection {
    switch name {
    case .prototype(let name): .prototype(try concept(name))
    case .probe(let name): .probe(try concept(name))
    case .vector(let path):
      .given(
        title: "vector \(path.split(separator: "/").last ?? "")", try vector(path))
    case .readout: .given(title: "tuned less base", try readout())
    }
  }

  private func concept(_ name: String) throws(Failure) -> Int {
    let known = concepts?.names ?? []
    guard let place = known.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) else {
      throw Failure(
        .usage, place: "--axes", found: "the concept `\(name)`",
        wanted: known.isEmpty
          ? "the concepts of a run: give --run and --layer"
          : "one of \(known.joined(separator: ", "))")
    }
    return place
  }

  /// A control vector's direction at the layer, or the one row of a file of arrays.
  private func vector(_ path: String) throws(Failure) -> [Float] {
    if path.lowercased().hasSuffix(".gguf") {
      let vector = try ControlVector(contentsOf: path, width: states.columns)
      guard let layer, let direction = vector.directions[layer] else {
        let layers = vector.directions.keys.sorted().map(String.init).joined(separator: ", ")
        throw Failure(
          .usage, file: path, place: "--axes", found: "directions of layer \(layers)",
          wanted: layer.map { "one of layer \($0)" } ?? "--run and --layer, which say which one")
      }
      return direction
    }
    let matrix = try MatrixFile.read(path).matrix
    guard matrix.rows == 1, matrix.columns == states.columns else {
      throw Failure(
        .badData, file: path, found: "\(matrix.rows) x \(matrix.columns) numbers",
        wanted: "one row of \(states.columns), as wide as the states",
        advice: "Save one direction by itself.")
    }
    return matrix.values(row: 0)
  }

  /// The mean of the tuned run's states less that of the base run's.
  private func readout() throws(Failure) -> [Float] {
    guard let run, let layer, let tuned else {
      throw Failure(
        .usage, place: "--axes", found: "readout with one run",
        wanted: "two: --run of the base model and --tuned of the tuned one, over the same rows")
    }
    try tuned.checkRows(like: run)
    let after = try tuned.states(layer: layer)
    guard after.columns == states.columns else {
      throw Failure(
        .badData, file: tuned.folder, place: "width", found: "\(after.columns)",
        wanted: "\(states.columns), as \(run.folder) has it",
        advice: "Give two runs of one model, with and without its adapter.")
    }
    do {
      return zip(try PCA.columnMeans(after), try PCA.columnMeans(states)).map { $0 - $1 }
    } catch {
      throw Failure(error, of: "\(tuned.folder), layer \(layer)")
    }
  }
}

extension RowConcepts {
  /// Those of a run's rows: rows without one have none.
  init(_ rows: [RunRow]) {
    let labelled = LabelledRows(rows)
    var ofRow = [Int?](repeating: nil, count: rows.count)
    for (row, label) in zip(labelled.rows, labelled.labels) { ofRow[row] = label }
    self.init(names: labelled.concepts, ofRow: ofRow)
  }
}
