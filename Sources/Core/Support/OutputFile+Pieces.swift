import Foundation

extension OutputFile {
  /// Writes a file piece by piece, first beside it, then renamed over it; nothing of it is left where
  /// `fill` throws.
  package static func write(
    to path: String, inPieces fill: (WritableFile) throws -> Void
  ) throws {
    let partial = path + ".partial"
    let file = try WritableFile(path: partial, truncating: true)
    do {
      try fill(file)
      try file.synchronize()
      try rename(partial, to: path)
    } catch {
      unlink(partial)
      throw error
    }
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
