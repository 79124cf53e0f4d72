import SeerRuns
import SeerSupport

extension Run {
  /// The recorded run of words of a model (``RunLocator/words(modelSHA256:adapterSHA256:conceptsSHA256:executable:environment:)``):
  /// what texts are scored by where the user names no run.
  ///
  /// Fails where none was recorded, and says how to make one.
  package static func words(
    of model: String, sha256: String, adapter: (folder: String, sha256: String)?
  ) throws(Failure) -> Run {
    guard let folder = RunLocator.words(modelSHA256: sha256, adapterSHA256: adapter?.sha256)
    else {
      let sides = adapter.map { " with the adapter \($0.folder)" } ?? ""
      let option = adapter.map { " --adapter \($0.folder)" } ?? ""
      throw Failure(
        .usage, place: "--run", found: "none, and no recorded run of \(model)\(sides)",
        wanted: "a run of this model",
        advice: "Make one: seer extract --model \(model)\(option) --concepts FILE --position mean "
          + "--run words. Then give --run words --layer L.")
    }
    return try Run.open(folder)
  }

  /// The layer that is scored: the one asked for, else the one that was measured to be the best, else
  /// the run's only one.
  ///
  /// Fails where nothing says which.
  package func scoredLayer(_ asked: Int?) throws(Failure) -> Int {
    if let asked { return asked }
    if let record = try MonitorRecord.of(self) { return record.layer }
    if manifest.layers.count == 1 { return manifest.layers[0] }
    throw Failure(
      .usage, place: "--layer", found: "none",
      wanted: "one of those of \(folder): " + Run.described(manifest.layers),
      advice: "seer evaluate monitor --run \(folder) --record finds and keeps the best.")
  }
}
