import Foundation
import SeerSupport
import TestSupport
import Testing

/// A large file is hashed once, and again when it has changed.
struct HashCacheTests {
  @Test func aHashIsKeptUntilTheFileChanges() throws {
    let folder = try TemporaryFolder()
    let cache = HashCache(folder: folder("hashes"))
    var bytes = [UInt8](repeating: 7, count: HashCache.smallest)
    let path = try folder.write(bytes, to: "large")
    let hash = try cache.sha256(ofFile: path)
    #expect(hash == (try sha256(ofFile: path)))
    let entries = try FileManager.default.contentsOfDirectory(atPath: folder("hashes"))
    try #require(entries.count == 1)
    // What is kept is what is told.
    let other = String(repeating: "0", count: 64)
    try folder.write(other, to: "hashes/" + entries[0])
    #expect(try cache.sha256(ofFile: path) == other)
    bytes[0] = 8
    try folder.write(bytes, to: "large")
    let changed = try cache.sha256(ofFile: path)
    #expect(changed != other && changed != hash)
    // A damaged entry is none.
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder("hashes"))
    for entry in kept { try folder.write("x", to: "hashes/" + entry) }
    #expect(try cache.sha256(ofFile: path) == changed)
  }

  @Test func smallFilesAreNotKept() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("small", to: "small")
    let hash = try HashCache(folder: folder("hashes")).sha256(ofFile: path)
    #expect(hash == (try sha256(ofFile: path)))
    #expect(!FileManager.default.fileExists(atPath: folder("hashes")))
  }

  @Test func aFailureIsPassedOn() throws {
    let background = Background<String> { () throws(Failure) in
      throw Failure(.badData, found: "this")
    }
    let failure = try #require(thrownFailure { _ = try background.value() })
    failure.expect(found: "this")
  }
}
