import Foundation
import SeerFormats
import SeerSupport

/// Finds a model by path, by name in the user's cache folder, or by its name in another program's
/// folder (``ModelStore``).
package enum ModelLocator {
  /// The model that commands open when none is named.
  package static let defaultName = "smollm2"

  /// Where a model of this name is kept: `seer/models/NAME.gguf` in the cache folder.
  package static func cachePath(_ name: String, _ environment: [String: String]) -> String? {
    UserFolders.cache(environment).map { $0 + "/models/\(name).gguf" }
  }

  /// The path of the model's file. A path that exists wins over a name.
  package static func path(
    of model: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Failure) -> String {
    if FileManager.default.fileExists(atPath: model) { return model }
    if let stored = try ModelStore.path(of: model, environment) { return stored }
    // A file of that name, or a Hugging Face folder.
    let cached = cachePath(model, environment)
    for path in [cached, cached.map { String($0.dropLast(5)) }].compactMap({ $0 })
    where !model.isEmpty && !model.contains("/") && FileManager.default.fileExists(atPath: path) {
      return path
    }
    throw Failure(
      .missingInput, file: model, found: "no file there and no model of that name in the cache",
      wanted: "a GGUF file, a Hugging Face folder, or the name of a cached model",
      advice: cached == nil
        ? "There is no cache to look in: HOME and XDG_CACHE_HOME are not set. Give the model's path."
        : model == defaultName
          ? "Fetch the default model once with: make model"
          : "Check the path; `seer model` lists the models on this machine.")
  }
}
