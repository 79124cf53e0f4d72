import Foundation
import SeerSupport

/// A file of a run that is made at full size, so that a full disk shows at once, and filled out of
/// order; it has its final name when it is whole.
struct RunFile {
  private let file: WritableFile
  private let header: [UInt8]
  private let size: Int
  private let final: String

  /// - Parameter bytes: those that follow the header.
  init(_ final: String, header: [UInt8], bytes: Int) throws(Failure) {
    self.final = final
    self.header = header
    size = header.count + bytes
    // A kill among the last renames leaves some files under their final names.
    let isNamed = FileManager.default.fileExists(atPath: final)
    file = try WritableFile(path: isNamed ? final : Self.partial(final), truncating: false)
  }

  static func partial(_ final: String) -> String { final + ".partial" }

  /// Whether it had its size already.
  var isMade: Bool { file.size == size }

  func make() throws(Failure) {
    if !isMade {
      try file.truncate(to: 0)
      try file.reserve(size)
      try file.truncate(to: size)
    }
    // Always: a kill may have come between making room and this.
    try file.write(header, count: header.count, at: 0)
  }

  /// - Parameter offset: among the bytes that follow the header.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Failure) {
    try file.write(bytes, at: header.count + offset)
  }

  /// - Parameter offset: among the bytes that follow the header.
  func write<Element: BitwiseCopyable>(
    _ elements: [Element], count: Int, at offset: Int
  ) throws(Failure) {
    try file.write(elements, count: count, at: header.count + offset)
  }

  func synchronize() throws(Failure) { try file.synchronize() }

  func finish() throws(Failure) {
    if file.path != final { try OutputFile.rename(file.path, to: final) }
  }
}
