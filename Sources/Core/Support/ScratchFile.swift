import Foundation

/// Room on the disk for what is too large for memory. Nobody else sees the file, and it is gone with
/// what holds it, however the process ends.
package enum ScratchFile {
  /// A mapping of what `fill` writes.
  ///
  /// - Parameters:
  ///   - folder: where there is room for it.
  ///   - count: the bytes that it will have.
  package static func mapped(
    in folder: String, count: Int, _ fill: (WritableFile) throws(Failure) -> Void
  ) throws(Failure) -> MappedFile {
    let path = folder + "/.scratch-\(UUID().uuidString).partial"
    let file = try WritableFile(path: path, truncating: true)
    defer { unlink(path) }
    try file.reserve(count)
    try file.truncate(to: count)
    // Without a name before it is filled, so that a kill leaves nothing; both keep the file.
    let mapped = try MappedFile(path: path)
    unlink(path)
    try fill(file)
    return mapped
  }
}
