import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerMonitor
import SeerRuns
import SeerSupport
import SeerTokenizers

/// What a monitor of another model says of the states judged, layer by layer.
package struct StaleMonitorFigures: Equatable, Sendable, Codable {
  package struct Result: Equatable, Sendable, Codable {
    /// `base` or `tuned`: whose states are judged.
    package var model: String
    package var layer: Int
    package var repair: MonitorRepair
    /// Rows called unknown count as wrong.
    package var accuracy: Estimate
    /// The same where the nearest concept counts, unknown or not.
    package var nearest: Estimate
    /// The share of the rows called unknown.
    package var unknown: Double
  }

  package var run: String
  /// What the run is of.
  package var model: String
  package var adapter: String?
  package var position: String
  /// Rows of the train file, whose labels are not read, that repairs learn from; and how many of them
  /// the run has, too.
  package var unlabelled: Int
  package var paired: Int
  package var results: [Result]
}

/// The monitor of a run, frozen, before the states of whatever model.
struct StaleMonitor {
  private let run: Run
  private let layers: [Int]
  private let position: Position
  private let data: ClassificationData
  /// Rows of the run and of the train file that are the same text.
  private let pairs: [(own: Int, unlabelled: Int)]
  let notes: [String]
  private(set) var figures: StaleMonitorFigures

  /// Fails where the run cannot judge states of the model, or does not read rows as asked.
  init(
    _ folder: String, _ evaluation: ClassificationEvaluation, _ data: ClassificationData,
    _ language: LanguageModel, layers: [Int]
  ) throws(Failure) {
    let run = try Run.open(folder)
    let manifest = run.manifest
    func bad(_ place: String, _ found: String, _ wanted: String) -> Failure {
      Failure(
        .badData, file: folder + "/" + Run.manifestName, place: place, found: found, wanted: wanted,
        advice: "Extract a run that is read as the rows judged are.")
    }
    guard manifest.width == language.configuration.width else {
      throw bad("width", "\(manifest.width)", "\(language.configuration.width), the model's")
    }
    guard evaluation.positions.contains(manifest.position) else {
      throw bad(
        "position", manifest.position.rawValue,
        evaluation.positions.map(\.rawValue).joined(separator: " or ") + ", as --position says")
    }
    guard manifest.template == evaluation.template else {
      throw bad(
        "template", manifest.template.rawValue, "\(evaluation.template), as --template says")
    }
    let known = Set(run.rows.map { Array($0.concept.utf8) })
    if let other = data.concepts.first(where: { !known.contains(Array($0.utf8)) }) {
      throw Failure(
        .badData, file: folder, found: "no row of the concept `\(other)`",
        wanted: "every concept of the rows judged",
        advice: "Extract a run of the train file's concepts.")
    }
    self.layers = layers.filter(manifest.layers.contains)
    guard !self.layers.isEmpty else {
      throw bad("layers", Run.described(manifest.layers), "one of those that are judged")
    }
    self.run = run
    self.data = data
    position = manifest.position
    var places: [[UInt8]: Int] = [:]
    for (index, row) in run.rows.enumerated() { places[Array(row.text.utf8)] = index }
    pairs = data.train.enumerated().compactMap { index, row in
      places[Array(row.text.utf8)].map { ($0, index) }
    }
    var notes =
      self.layers.count < layers.count
      ? ["\(folder) has \(self.layers.count) of the \(layers.count) layers that are judged."] : []
    notes += run.precisionNotes(language) + (try run.templateNotes(language, evaluation.template))
    if pairs.isEmpty {
      notes.append("\(folder) has no row of the train file: nothing to turn states onto.")
    }
    self.notes = notes
    figures = StaleMonitorFigures(
      run: folder, model: manifest.model, adapter: manifest.adapter,
      position: manifest.position.rawValue, unlabelled: data.train.count, paired: pairs.count,
      results: [])
  }

  /// Judges a model's states; those of another position are none of its business.
  ///
  /// - Parameter states: (train rows and test rows, width), by layer.
  mutating func judge(
    _ model: String, _ states: CollectedStates, by bootstrap: Bootstrap,
    checkpoint: () throws -> Void
  ) throws {
    guard let place = states.positions.firstIndex(of: position) else { return }
    for layer in layers {
      guard let index = states.layers.firstIndex(of: layer) else { continue }
      try checkpoint()
      let monitor = try Monitor(run: run, layer: layer, reader: .prototype)
      let all = unitNormalised(states.states[place][index])
      let train = all.selecting(rows: Array(0..<data.train.count))
      let test = all.selecting(rows: Array(data.train.count..<all.rows))
      let own = unitNormalised(try run.states(layer: layer))
      for repair in MonitorRepair.allCases {
        try checkpoint()
        let fitted = try StateRepair(
          repair, mean: monitor.directions.mean.map { Double($0) }, unlabelled: train, own: own,
          pairs: pairs)
        guard let fitted else { continue }
        let scored = judged(fitted.apply(to: test), by: monitor)
        func estimate(_ right: [Bool]) -> Estimate? { bootstrap.estimate { share(right, $0) } }
        guard
          let accuracy = estimate(
            zip(scored, data.testLabels).map { $0.concept == $1 && !$0.isUnknown }),
          let nearest = estimate(zip(scored, data.testLabels).map { $0.concept == $1 })
        else { continue }
        figures.results.append(
          StaleMonitorFigures.Result(
            model: model, layer: layer, repair: repair, accuracy: accuracy, nearest: nearest,
            unknown: Double(scored.count(where: \.isUnknown)) / Double(max(1, scored.count))))
      }
    }
  }

  /// The concept of the largest cosine as judged rows number it, and whether it is too small.
  private func judged(
    _ centredStates: Matrix, by monitor: Monitor
  ) -> [(concept: Int?, isUnknown: Bool)] {
    let cosines = multiply(
      unitNormalised(centredStates), monitor.directions.vectors, transposeB: true)
    var places: [[UInt8]: Int] = [:]
    for (index, name) in data.concepts.enumerated() { places[Array(name.utf8)] = index }
    let concepts = monitor.concepts.map { places[Array($0.utf8)] }
    return (0..<cosines.rows).map { row in
      let values = cosines.values(row: row)
      guard let best = values.indices.max(by: { values[$0] < values[$1] }) else {
        return (nil, true)
      }
      return (concepts[best], !(values[best] >= monitor.turnCalibration.unknownBelow))
    }
  }
}
