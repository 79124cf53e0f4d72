import Foundation
import SeerSupport
import TestSupport
import Testing

/// Where output goes, and what is left of it where it does not come to its end.
struct OutputFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func text(_ name: String) throws -> String {
    String(decoding: try bytes(ofFile: folder(name)), as: UTF8.self)
  }

  @Test func appearsWhole() throws {
    let output = try OutputInProgress(folder("a.txt"))
    try output.file.write(Array("one".utf8), count: 3, at: 0)
    #expect(try names(inFolder: folder.path) == ["a.txt.partial"])
    try output.finish()
    #expect(try names(inFolder: folder.path) == ["a.txt"] && text("a.txt") == "one")
  }

  @Test func whatIsNotFinishedIsGone() throws {
    try folder.write("old", to: "a.txt")
    do {
      let output = try OutputInProgress(folder("a.txt"))
      try output.file.write(Array("new".utf8), count: 3, at: 0)
    }
    #expect(try names(inFolder: folder.path) == ["a.txt"] && text("a.txt") == "old")
  }

  @Test func whatAKillLeftIsWrittenOver() throws {
    try folder.write("a long rest of an older output", to: "a.txt.partial")
    try OutputFile.write("new", to: folder("a.txt"))
    #expect(try names(inFolder: folder.path) == ["a.txt"] && text("a.txt") == "new")
  }

  @Test func oneWriterAtATime() throws {
    let first = try OutputInProgress(folder("a.txt"))
    let failure = try #require(
      thrownFailure { try OutputFile.write("second", to: folder("a.txt")) })
    failure.expect(
      .cannotWrite, file: folder("a.txt.partial"), found: "another seer writing this file")
    try first.file.write(Array("first".utf8), count: 5, at: 0)
    try first.finish()
    #expect(try text("a.txt") == "first")
    try OutputFile.write("second", to: folder("a.txt"))
    #expect(try text("a.txt") == "second")
  }

  @Test func linksToLinks() throws {
    let manager = FileManager.default
    try OutputFile.makeFolder(folder("deep/er"))
    try manager.createSymbolicLink(atPath: folder("a"), withDestinationPath: "deep/b")
    try manager.createSymbolicLink(atPath: folder("deep/b"), withDestinationPath: "er/c")
    try manager.createSymbolicLink(
      atPath: folder("deep/er/c"), withDestinationPath: folder("final"))
    try OutputFile.write("x", to: folder("a"))
    #expect(try text("final") == "x")
    #expect(try OutputFile.target(of: folder("a")) == folder("final"))
    // Round and round.
    try manager.createSymbolicLink(atPath: folder("round"), withDestinationPath: "round")
    let failure = try #require(thrownFailure { try OutputFile.write("x", to: folder("round")) })
    failure.expect(.cannotWrite, found: "following its links failed")
  }

  /// A pipe that nobody reads takes what it has room for, and says so where it has none.
  @Test func aPipeWithoutAReader() throws {
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    try OutputFile.write("x", to: folder("pipe"))
    let failure = try #require(
      thrownFailure {
        try OutputFile.write([UInt8](repeating: 0, count: 1 << 20), to: folder("pipe"))
      })
    failure.expect(.cannotWrite, file: folder("pipe"), found: "writing", advice: "Nobody reads")
    #expect(try names(inFolder: folder.path) == ["pipe"])
  }

  /// What is written in pieces comes down a pipe in their order, with zeros between them.
  @Test func piecesDownAPipe() throws {
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    let reader = open(folder("pipe"), O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    let output = try OutputInProgress(folder("pipe"))
    try output.file.write([1, 2] as [UInt8], count: 2, at: 0)
    try output.file.write([3] as [UInt8], count: 1, at: 4)
    let failure = try #require(
      thrownFailure { try output.file.write([4] as [UInt8], count: 1, at: 1) })
    failure.expect(.cannotWrite, found: "a pipe or a device", wanted: "a file")
    try output.finish()
    var bytes = [UInt8](repeating: 9, count: 16)
    #expect(read(reader, &bytes, 16) == 5 && bytes.prefix(5) == [1, 2, 0, 0, 3])
  }

  /// An open file that has no name any more, as a shell gives with `3> file` before it deletes it.
  @Test func anOpenFileWithoutAName() throws {
    let descriptor = open(try folder.write("a longer old text", to: "gone"), O_RDWR)
    defer { close(descriptor) }
    unlink(folder("gone"))
    try OutputFile.write("new", to: "/dev/fd/\(descriptor)")
    var bytes = [UInt8](repeating: 0, count: 20)
    #expect(pread(descriptor, &bytes, 20, 0) == 3 && bytes.prefix(3) == Array("new".utf8)[...])
    #expect(try names(inFolder: folder.path) == [])
  }

  @Test(.disabled(if: geteuid() == 0, "permissions do not stop root"))
  func aFileThatMayNotBeWritten() throws {
    chmod(try folder.write("keep", to: "a.txt"), 0o444)
    let failure = try #require(thrownFailure { try OutputFile.write("x", to: folder("a.txt")) })
    #expect(failure.kind == .cannotWrite)
    #expect(try text("a.txt") == "keep")
  }

  @Test func inputsAreKept() throws {
    try OutputFile.makeFolder(folder("run"))
    try folder.write("x", to: "run/rows.csv")
    try folder.write("x", to: "other.csv")
    try FileManager.default.createSymbolicLink(
      atPath: folder("link.csv"), withDestinationPath: "run/rows.csv")
    let inputs = [folder("run"), folder("absent")]
    let other: String? = folder("other.csv")
    for name in ["run/rows.csv", "run/../run/rows.csv", "link.csv", "other.csv"] {
      let failure = try #require(
        thrownFailure {
          try OutputFile.check(folder(name), isNoneOf: inputs, nil, other, option: "--map")
        })
      failure.expect(.usage, place: "--map", found: "\(folder(name)), which is read")
    }
    try OutputFile.check(folder("run/new.csv"), isNoneOf: inputs)
    try OutputFile.check("/dev/null", isNoneOf: ["/dev/null"])
    // What cannot be a file is refused where it is opened.
    try OutputFile.check(folder("run"), isNoneOf: inputs)
  }

  @Test func foldersAreMadeByManyAtOnce() throws {
    for round in 0..<20 {
      let made = (0..<4).map { _ in
        Background { () throws(Failure) in
          try OutputFile.makeFolder(folder("\(round)/a/b/c"))
          return true
        }
      }
      for one in made { #expect(try one.value()) }
    }
    try OutputFile.makeFolder(folder("0/a/b/c/"))
    try folder.write("a file", to: "file")
    for name in ["file", "file/below", ""] {
      let path = name.isEmpty ? "" : folder(name)
      let failure = try #require(thrownFailure { try OutputFile.makeFolder(path) })
      failure.expect(.cannotWrite, file: path, found: "a folder that cannot be made")
    }
  }

  @Test(arguments: [
    ("a", ""), ("-", ""), ("", ""), ("é", ""), ("a/b", "a"), ("a/b/", "a"), ("a//", ""),
    ("/a", "/"),
    ("/", "/"), ("//", "/"), ("/a/b", "/a"), ("a/b/\u{301}c", "a/b"), ("./a", "."), ("a/", ""),
  ])
  func folders(path: String, folder: String) {
    #expect(OutputFile.folder(of: path) == folder)
  }

  /// A name of one letter, in the folder one is in.
  @Test(arguments: ["a", "-", "é"])
  func namesOfOneLetter(name: String) throws {
    try OutputFile.makeFolder(folder(name))
    try OutputFile.makeFolder(folder(name) + "/b/c")
    #expect(try names(inFolder: folder(name)) == ["b"])
  }

  @Test func aFolderIsLockedOnce() throws {
    let first = try FolderLock(folder.path, work: "at work")
    let failure = try #require(
      thrownFailure { _ = try FolderLock(folder.path, work: "at work") })
    failure.expect(.cannotWrite, file: folder.path, found: "another seer at work")
    withExtendedLifetime(first) {}
  }
}
