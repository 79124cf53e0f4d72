import Foundation

extension OutputFile {
  /// Writes a file piece by piece, as ``OutputInProgress`` does; nothing of it is left where `fill`
  /// throws.
  package static func write(
    to path: String, inPieces fill: (WritableFile) throws -> Void
  ) throws {
    let output = try OutputInProgress(path)
    try fill(output.file)
    try output.finish()
  }

  /// Makes a new folder, complete when it appears; nothing of it is left where `fill` throws.
  ///
  /// Fails where there is anything at `path` but an empty folder.
  package static func writeFolder(
    _ path: String, _ fill: (_ folder: String) throws -> Void
  ) throws {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let partial = path + ".partial"
    try? FileManager.default.removeItem(atPath: partial)
    try makeFolder(partial)
    do {
      try fill(partial)
      // Over an empty folder, over nothing else.
      guard Foundation.rename(partial, path) == 0 else {
        let code = errno
        guard code == ENOTEMPTY || code == EEXIST || code == ENOTDIR else {
          throw Failure.system(.cannotWrite, "renaming \(partial)", file: path, code: code)
        }
        throw Failure(
          .cannotWrite, file: path, found: "something that is there already",
          wanted: "an empty or new folder", advice: "Choose another folder.")
      }
    } catch {
      try? FileManager.default.removeItem(atPath: partial)
      throw error
    }
  }
}
