import Foundation
import SeerModels
import SeerSupport

/// Where views are kept: one file a run in the user's state folder.
package struct ViewStore: Sendable {
  private let folder: String

  /// Nil where the user has no such folder.
  package init?(environment: [String: String]) {
    guard let state = UserFolders.state(environment) else { return nil }
    folder = state + "/views"
  }

  /// Named after the run's folder, and after its whole path by a hash (FNV-1a).
  package func path(of run: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in run.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let name = String(run.split(separator: "/").last ?? "run")
    return "\(folder)/\(name)-\(String(hash, radix: 16)).json"
  }

  /// The view kept of a run; nil without one.
  ///
  /// - Throws: where there is one that cannot be read.
  package func read(_ run: String) throws(Failure) -> SavedView? {
    let path = path(of: run)
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    do {
      return try JSONDecoder().decode(SavedView.self, from: data)
    } catch {
      throw Failure(
        .badData, file: path, found: "no view that can be read",
        wanted: "what seer explore keeps there", advice: "It is made anew when you leave.")
    }
  }

  /// Writes a view; the old one stays where that fails.
  package func write(_ view: SavedView, of run: String) throws(Failure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    // Finite numbers and strings can always be encoded.
    guard let data = try? encoder.encode(view) else {
      throw Failure(.software, file: path(of: run), found: "a view that cannot be written")
    }
    try OutputFile.makeFolder(folder)
    try OutputFile.write(Array(data) + [0x0A], to: path(of: run))
  }
}
