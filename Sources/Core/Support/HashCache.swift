import Foundation

/// SHA-256 of large files, kept from one start to the next.
///
/// A hash holds as long as path, size, inode and the times of the file's last changes are the same:
/// a folder of small files, each named by the hash of those and holding the file's hash.
package struct HashCache: Sendable {
  /// Nil: nothing is kept.
  package let folder: String?

  package init(folder: String?) {
    self.folder = folder
  }

  package static let standard = HashCache(
    folder: UserFolders.cache(ProcessInfo.processInfo.environment).map { $0 + "/hashes" })

  /// Smaller files are hashed faster than looked up.
  package static let smallest = 16 << 20

  package func sha256(ofFile path: String) throws(Failure) -> String {
    guard let entry = entry(of: path) else { return try SeerSupport.sha256(ofFile: path) }
    if let kept = try? String(contentsOfFile: entry, encoding: .utf8), kept.utf8.count == 64,
      kept.allSatisfy(\.isHexDigit)
    {
      return kept
    }
    let hash = try SeerSupport.sha256(ofFile: path)
    // A file that changed meanwhile is another one; a cache that cannot be written is none.
    if self.entry(of: path) == entry, let folder, (try? OutputFile.makeFolder(folder)) != nil {
      try? OutputFile.write(hash, to: entry)
    }
    return hash
  }

  /// Where the file's hash is kept; nil for small files and those that are not there.
  private func entry(of path: String) -> String? {
    var status = stat()
    guard let folder, stat(path, &status) == 0, Int(status.st_size) >= Self.smallest,
      let whole = realpath(path, nil)
    else { return nil }
    defer { free(whole) }
    let identity = [
      String(cString: whole), "\(status.st_size)", "\(status.st_dev)", "\(status.st_ino)",
      "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)",
      "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)",
    ].joined(separator: "\n")
    return (try? SeerSupport.sha256(ofText: identity)).map { folder + "/" + $0 }
  }
}
