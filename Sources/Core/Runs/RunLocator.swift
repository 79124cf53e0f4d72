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
    let name = "samples/run-base"
    var folders: [String] = []
    var above = URL(fileURLWithPath: executable).resolvingSymlinksInPath()
    for _ in 0..<5 {
      above.deleteLastPathComponent()
      folders.append(above.path)
      folders.append(above.appendingPathComponent("share/seer").path)
    }
    if let data = UserFolders.data(environment) { folders.append(data) }
    folders.append(".")
    return folders.map { $0 + "/" + name }.first(where: isRun)
  }

  private static func isRun(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/" + Run.manifestName)
  }
}
