import Foundation
import SeerModels
import SeerSupport

/// What a training keeps of every so many steps: `kept/step-000050` in its folder, an adapter that
/// loads like any other, with the held-out rows' states beside it, so that the way the clusters went
/// can be gone again.
package enum KeptSteps {
  static let name = "kept"

  package static func folder(of step: Int, in training: String) -> String {
    training + "/\(name)/" + String(format: "step-%06d", step)
  }

  /// The kept steps, ascending.
  package static func all(in training: String) -> [Int] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: training + "/" + name)
    return (names ?? []).compactMap { name in
      name.hasPrefix("step-") ? Int(name.dropFirst(5)) : nil
    }.filter { AdapterFile.exists(folder(of: $0, in: training)) }.sorted()
  }

  static func write(
    _ training: String, step: Int, adapter: Adapter, states: TrainingStates?, model: String
  ) throws(Failure) {
    let folder = folder(of: step, in: training)
    try OutputFile.makeFolder(folder)
    try states?.write(folder)
    try AdapterFile.write(adapter, to: folder, model: model)
  }
}
