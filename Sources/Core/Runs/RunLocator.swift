import Foundation
import SeerModels
import SeerSupport

/// Which run the explorer opens when none is named.
package enum RunLocator {
  private static func noteFile(_ environment: [String: String]) -> String? {
    UserFolders.cache(environment).map { $0 + "/last-run" }
  }

  /// Remembers a finished run. A cache that cannot be written is no reason to fail.
  package static func remember(
    _ folder: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    guard let cache = UserFolders.cache(environment), let note = noteFile(environment) else {
      return
    }
    let path = URL(fileURLWithPath: folder).standardizedFileURL.path
    do throws(Failure) {
      try OutputFile.makeFolder(cache)
      try OutputFile.write(path + "\n", to: note)
    } catch {}
  }

  /// The last finished run that is still there.
  package static func last(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    guard let file = noteFile(environment),
      let note = try? String(contentsOfFile: file, encoding: .utf8)
    else { return nil }
    let folder = note.trimmingCharacters(in: .newlines)
    return isRun(folder) ? folder : nil
  }

  /// The recorded sample run: beside the executable or in a folder above it (a build tree), in the
  /// user's data folder, or in the current folder.
  package static func sample(
    executable: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    recorded("run-base", executable, environment).first
  }

  /// The recorded run of words of a model, which is scored by where the user names no run; nil where
  /// none was recorded.
  ///
  /// It lies beside ``sample(executable:environment:)``.
  ///
  /// - Parameters:
  ///   - adapterSHA256: of the adapter that the model has; nil for the model alone.
  ///   - conceptsSHA256: of the concept set, where it must be a certain one.
  package static func words(
    modelSHA256: String, adapterSHA256: String?, conceptsSHA256: String? = nil,
    executable: String = "/proc/self/exe",
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    ["run-words-base", "run-words-tuned"].lazy
      .flatMap { recorded($0, executable, environment) }
      .first { folder in
        guard let manifest = try? Run.readManifest(folder) else { return false }
        return manifest.modelSHA256 == modelSHA256 && manifest.adapterSHA256 == adapterSHA256
          && (conceptsSHA256 == nil || manifest.conceptsSHA256 == conceptsSHA256)
      }
  }

  /// The recorded run of words of the same model, adapter and concept set as another run.
  package static func words(
    like manifest: RunManifest, executable: String = "/proc/self/exe",
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    guard !manifest.isImported else { return nil }
    return words(
      modelSHA256: manifest.modelSHA256, adapterSHA256: manifest.adapterSHA256,
      conceptsSHA256: manifest.conceptsSHA256, executable: executable, environment: environment)
  }

  /// The recorded runs of this name, the nearest first.
  private static func recorded(
    _ name: String, _ executable: String, _ environment: [String: String]
  ) -> [String] {
    var folders: [String] = []
    var above = URL(fileURLWithPath: executable).resolvingSymlinksInPath()
    for _ in 0..<5 {
      above.deleteLastPathComponent()
      folders.append(above.path)
      folders.append(above.appendingPathComponent("share/seer").path)
    }
    if let data = UserFolders.data(environment) { folders.append(data) }
    folders.append(".")
    return folders.map { $0 + "/samples/" + name }.filter(isRun)
  }

  private static func isRun(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/" + Run.manifestName)
  }
}
