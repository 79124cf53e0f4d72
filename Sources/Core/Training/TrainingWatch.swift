import Foundation
import SeerModels
import SeerSupport

/// Follows the log of a training that runs elsewhere.
package struct TrainingWatch: Sendable {
  package let folder: String
  /// Bytes of `log.jsonl` that were read.
  private var offset = 0
  /// When the states that were read last were written.
  private var statesDate: Date?

  package init(folder: String) { self.folder = folder }

  /// Whether the adapter is written: nothing more will come.
  package var isFinished: Bool { AdapterFile.exists(folder) }

  /// The steps logged since the last call. A log that was started afresh is read from its start,
  /// beginning with step 0 again.
  ///
  /// Throws where there is no training in the folder, and at a line that is none of a log.
  package mutating func next() throws(Failure) -> [TrainingStep] {
    let path = folder + "/log.jsonl"
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        .missingInput, file: path, found: "no such file", wanted: "the log of a training",
        advice: "Name the folder that seer train writes to.")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.badData, file: path, found: "an unreadable file", wanted: "a training log")
    }
    if data.count < offset { offset = 0 }
    // What follows the last newline is still being written.
    guard let end = data.lastIndex(of: 10), end >= offset else { return [] }
    var steps: [TrainingStep] = []
    let place = data.prefix(offset).reduce(1) { $0 + ($1 == 10 ? 1 : 0) }
    for (index, line) in data[offset..<end].split(separator: 10).enumerated() {
      guard let step = try? TrainingLog.decoder().decode(TrainingStep.self, from: Data(line)) else {
        throw Failure(
          .badData, file: path, place: "line \(place + index)", found: "no step of a training",
          wanted: "the lines that seer train writes")
      }
      steps.append(step)
    }
    offset = end + 1
    return steps
  }

  /// The held-out rows' states where they were written since the last call.
  package mutating func nextStates() throws(Failure) -> TrainingStates? {
    let path = folder + "/" + TrainingStates.name
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let date = attributes?[.modificationDate] as? Date, date != statesDate else { return nil }
    statesDate = date
    return try TrainingStates(folder)
  }
}
