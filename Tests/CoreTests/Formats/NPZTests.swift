import Foundation
import SeerFormats
import SeerSupport
import TestSupport
import Testing

/// Archives of arrays: those that are written, and every way of being none.
struct NPZTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder("x.npz")
  }

  /// One array, as numpy writes it, deflated or not.
  func archive(_ name: String) throws -> [UInt8] {
    Array(try #require(try ArrayGolden.loaded.get().cases.first { $0.name == name }).file)
  }

  func reading(_ bytes: [UInt8]) throws -> Failure {
    try folder.write(bytes, to: "x.npz")
    let failure = try #require(thrownFailure { _ = try MatrixFile.read(path) }, "it was read")
    #expect(failure.kind == .badData && failure.file == path)
    return failure
  }

  /// The archive with a field of its one directory entry set.
  func archive(
    _ name: String, setting offset: Int, to value: some FixedWidthInteger
  ) throws -> [UInt8] {
    var bytes = try archive(name)
    let entry = try #require(bytes.firstRange(of: Array("PK\u{1}\u{2}".utf8))?.lowerBound)
    bytes.replaceSubrange(
      entry + offset..<entry + offset + MemoryLayout.size(ofValue: value), with: little(value))
    return bytes
  }

  // MARK: What is written

  func write(_ entries: [(name: String, bytes: [UInt8])]) throws {
    try OutputFile.write(to: path) { file in
      var writer = ZipWriter(file)
      for entry in entries { try writer.add(entry.name, entry.bytes) }
      try writer.finish()
    }
  }

  @Test func whatIsWrittenIsRead() throws {
    let values: [Float] = [1, 2, 3, 4, 5, 6]
    let array = NPY.header("<f4", shape: [3, 2]) + floatBytes(values)
    try write([("a.npy", array), ("b.npy", array), ("notes.txt", Array("no array".utf8))])
    let file = try ArrayFile(path: path)
    #expect(file.entries.map(\.name) == ["a", "b"])
    for entry in file.entries {
      let rows = try file.array(entry, scratch: folder.path).rows(along: 0, columnsAlong: 1)
      var read = [Float](repeating: 0, count: 6)
      read.withUnsafeMutableBufferPointer { target in
        if let base = target.baseAddress { rows.read(0..<3, into: base) }
      }
      #expect(read == values)
    }
  }

  @Test func theSameEntriesMakeTheSameFile() throws {
    try write([("a.npy", [1, 2]), ("b.npy", [])])
    let first = try bytes(ofFile: path)
    try write([("a.npy", [1, 2]), ("b.npy", [])])
    #expect(try bytes(ofFile: path) == first)
  }

  @Test func nothingIsLeftOfAFailedFile() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try OutputFile.write(to: path) { file in
        var writer = ZipWriter(file)
        try writer.add("a.npy", count: 10) { _ in throw Stop() }
      }
    }
    #expect(try names(inFolder: folder.path).isEmpty)
  }

  /// More than 65,535 entries need the directory of 64 bits.
  @Test func manyEntries() throws {
    try write((0..<65_540).map { ("\($0).npy", []) })
    let failure = try #require(thrownFailure { _ = try ArrayFile(path: path) })
    failure.expect(place: "entry 0.npy", found: "no NumPy magic")
    let file = try bytes(ofFile: path)
    // The number of entries in the end of 32 bits.
    #expect(file.suffix(12).prefix(2).elementsEqual([0xFF, 0xFF]))
  }

  // MARK: Bad files

  @Test func noEnd() throws {
    try reading(Array(try archive("stored.npz").dropLast(5))).expect(
      place: "last bytes", found: "no end of a zip file's directory")
  }

  @Test func noEntry() throws {
    var bytes = try archive("stored.npz")
    let entry = try #require(bytes.firstRange(of: Array("PK\u{1}\u{2}".utf8))?.lowerBound)
    bytes[entry] = 0
    try reading(bytes).expect(place: "entry 0 of the directory", found: "no entry")
  }

  @Test func anEntryTwice() throws {
    try write([("a.npy", [1]), ("a.npy", [1])])
    let failure = try #require(thrownFailure { _ = try ArrayFile(path: path) })
    failure.expect(place: "entry a.npy", found: "it twice")
  }

  @Test func encrypted() throws {
    try reading(try archive("stored.npz", setting: 8, to: UInt16(1))).expect(
      place: "entry states.npy", found: "it encrypted", wanted: "or deflated",
      advice: "numpy.savez")
  }

  @Test func anotherMethod() throws {
    try reading(try archive("stored.npz", setting: 10, to: UInt16(14))).expect(
      place: "entry states.npy", found: "packed by method 14", wanted: "deflated (method 8)",
      advice: "numpy.savez_compressed")
  }

  @Test func noLocalHeader() throws {
    try reading(try archive("stored.npz", setting: 42, to: UInt32(7))).expect(
      place: "entry states.npy, offset 7", found: "no header")
  }

  @Test func dataBeyondTheFile() throws {
    try reading(try archive("deflated.npz", setting: 20, to: UInt32(1_000_000))).expect(
      place: "entry states.npy", found: "1000000 bytes at 0", wanted: "a place in")
  }

  @Test func sizesThatCannotBe() throws {
    for name in ["stored.npz", "deflated.npz"] {
      try reading(try archive(name, setting: 24, to: UInt32(0x7000_0000))).expect(
        place: "entry states.npy", found: "bytes for 1879048192", wanted: "sizes that can be")
    }
  }

  @Test func moreThanWasSaid() throws {
    try reading(try archive("deflated.npz", setting: 24, to: UInt32(150))).expect(
      place: "entry states.npy", found: "more bytes than 150")
  }

  @Test func lessThanWasSaid() throws {
    try reading(try archive("deflated.npz", setting: 24, to: UInt32(5000))).expect(
      place: "entry states.npy", found: "188 bytes", wanted: "5000")
  }

  @Test(arguments: ["stored.npz", "deflated.npz"])
  func anotherSum(name: String) throws {
    try reading(try archive(name, setting: 16, to: UInt32(1))).expect(
      place: "entry states.npy", found: "the sum", wanted: "1, as the directory says")
  }

  @Test func damagedDeflation() throws {
    var bytes = try archive("deflated.npz")
    let start = 30 + Int(bytes[26]) + Int(bytes[28])
    bytes.replaceSubrange(start..<start + 4, with: [0xFF, 0xFF, 0xFF, 0xFF])
    try reading(bytes).expect(place: "entry states.npy", found: "", wanted: "deflated data")
  }

  @Test func whatTorchSaveWrites() throws {
    try write([("archive/data.pkl", [1]), ("archive/data/0", [1])])
    let failure = try #require(thrownFailure { _ = try ArrayFile(path: path) })
    failure.expect(found: "torch.save", advice: "safetensors")
  }

  @Test func noArrays() throws {
    try write([("a.txt", [1])])
    let failure = try #require(thrownFailure { _ = try ArrayFile(path: path) })
    failure.expect(found: "a zip file without .npy members", advice: "numpy.savez")
  }

  @Test func severalForAMatrix() throws {
    let array = NPY.header("<f4", shape: [1, 1]) + floatBytes([1])
    try write([("a.npy", array), ("b.npy", array)])
    let failure = try #require(thrownFailure { _ = try MatrixFile.read(path) })
    failure.expect(found: "2 arrays (a, b)", wanted: "one")
  }
}
