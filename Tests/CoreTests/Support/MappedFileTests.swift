import Foundation
import SeerSupport
import TestSupport
import Testing

/// Whoever has bytes of a file has the file.
struct MappedFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func bytesHoldTheirFile() throws {
    let path = try folder.write("hello world", to: "text")
    weak var mapping: MappedFile?
    var bytes: FileBytes?
    do {
      let file = try MappedFile(path: path)
      mapping = file
      bytes = file[6..<11]
    }
    #expect(mapping != nil && bytes?.range == 6..<11)
    #expect(bytes?.withBytes { String(decoding: $0, as: UTF8.self) } == "world")
    bytes = nil
    #expect(mapping == nil, "nobody has it any more")
  }

  @Test func valuesOfJSONHoldTheirFile() throws {
    var value = try JSON(path: folder.write(#"{"a": ["\u00e9", 2]}"#, to: "a.json"))
    value = try #require(value["a"])
    #expect(value.elements.map(\.string) == ["é", nil])
    #expect(value.elements.map(\.integer) == [nil, 2])
  }

  @Test func copiesAndRanges() throws {
    let file = try MappedFile(path: folder.write("0123456789", to: "digits"))
    #expect(file.copy(3..<6) == Array("345".utf8) && file.copy(10..<10) == [])
    #expect(file.withBytes(in: 8..<10) { $0.count } == 2 && file.data.count == 10)
  }

  /// What is no file is refused at once: to open a pipe for reading would wait for its writer.
  @Test func whatIsNoFile() throws {
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    for path in [folder("pipe"), folder.path, "/dev/null"] {
      let failure = try #require(thrownFailure { _ = try MappedFile(path: path) })
      failure.expect(file: path, found: "not a regular file")
    }
  }

  @Test func anEmptyFile() throws {
    let file = try MappedFile(path: folder.write("", to: "empty"))
    #expect(file.count == 0 && file.data.isEmpty && file.copy(0..<0) == [])
    #expect(file[0..<0].withBytes { $0.count } == 0)
  }
}
