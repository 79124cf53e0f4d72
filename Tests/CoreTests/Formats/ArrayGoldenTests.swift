import Foundation
import LinearAlgebra
import SeerFormats
import SeerSupport
import TestSupport
import Testing

/// What numpy and safetensors write (Fixtures/Arrays/make_arrays.py).
struct ArrayGolden: Decodable {
  struct Case: Decodable {
    let name: String
    let file: Data
    let rows: Int
    let columns: Int
    let values: [Double]
  }
  let cases: [Case]
  let matrix: [Double]
  let texts: [String]
  let written: [String: Data]

  static let loaded: Result<ArrayGolden, any Error> = Result {
    try Fixtures.golden("Arrays/arrays.json", as: ArrayGolden.self)
  }
  static let names: [String] = (try? loaded.get().cases.map(\.name)) ?? []
}

/// Arrays in every type, order of bytes and order of axes.
struct ArrayGoldenTests {
  func golden(_ name: String) throws -> ArrayGolden.Case {
    try #require(try ArrayGolden.loaded.get().cases.first { $0.name == name })
  }

  @Test func everyKindIsThere() {
    // 11 types of two orders of bytes but for those of one byte, two orders of axes.
    #expect(ArrayGolden.names.count == (9 * 2 + 3) * 2 + 3 + 2 + 2 + 6)
  }

  @Test(arguments: ArrayGolden.names)
  func values(name: String) throws {
    let wanted = try golden(name)
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(wanted.file), to: "x")
    let file = try ArrayFile(path: path, readsBFloat16: name.hasPrefix("bfloat16"))
    #expect(file.entries.count == 1)
    let entry = try #require(file.entries.first)
    #expect(entry.shape == [wanted.rows, wanted.columns])
    let array = try file.array(entry, scratch: folder.path)
    let rows = array.rows(along: 0, columnsAlong: 1)
    let doubles = Buffer<Double>(repeating: .nan, count: wanted.values.count)
    rows.read(0..<wanted.rows, into: doubles.elements)
    #expect(
      Array(UnsafeBufferPointer(start: doubles.elements, count: doubles.count)) == wanted.values)
    let floats = MutableMatrix(rows: wanted.rows, columns: wanted.columns)
    rows.read(0..<wanted.rows, into: floats.elements)
    #expect(floats.values == wanted.values.map { Float($0) })
    // A few rows at a time, and the other way round.
    let part = MutableMatrix(rows: 2, columns: wanted.columns)
    rows.read(3..<5, into: part.elements)
    #expect(part.values == Array(floats.values.suffix(2 * wanted.columns)))
    let turned = MutableMatrix(rows: wanted.columns, columns: wanted.rows)
    array.rows(along: 1, columnsAlong: 0).read(0..<wanted.columns, into: turned.elements)
    #expect(turned[2, 4] == floats[4, 2] && turned[1, 3] == floats[3, 1])
    rows.release()
    rows.read(3..<5, into: part.elements)
    #expect(part.values == Array(floats.values.suffix(2 * wanted.columns)))
    #expect(try names(inFolder: folder.path) == ["x"], "nothing is left of the scratch file")
  }

  @Test(arguments: ["bfloat16 V2.npy", "bfloat16 u2.npy"])
  func bfloat16IsNotGuessed(name: String) throws {
    let wanted = try golden(name)
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(wanted.file), to: "x.npy")
    guard name.contains("V2") else {
      let matrix = try MatrixFile.read(path).matrix
      #expect(matrix.values != wanted.values.map { Float($0) }, "they are integers")
      return
    }
    let failure = try #require(thrownFailure { _ = try MatrixFile.read(path) })
    failure.expect(
      file: path, place: "header, descr", found: "V2", wanted: "float16",
      advice: "--dtype bfloat16")
  }

  @Test func bfloat16OfFourBytes() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(try golden("f4 < C.npy").file), to: "x.npy")
    let failure = try #require(
      thrownFailure { _ = try MatrixFile.read(path, readsBFloat16: true) })
    failure.expect(.usage, file: path, place: "descr", found: "<f4", wanted: "two bytes")
  }

  // MARK: Writing

  @Test func whatIsWrittenIsWhatNumpyWrites() throws {
    let golden = try ArrayGolden.loaded.get()
    let matrix = Matrix(rows: 5, columns: 3, values: golden.matrix.map { Float($0) })
    #expect(Data(NPY.bytes(matrix)) == golden.written["f4"])
    let halves = matrix.values.flatMap { little(Float16($0).bitPattern) }
    #expect(Data(NPY.header("<f2", shape: [5, 3]) + halves) == golden.written["f2"])
    let integers = [0, 1, -1, 1 << 40].flatMap { little(Int64($0)) }
    #expect(Data(NPY.header("<i8", shape: [4]) + integers) == golden.written["i8"])
    #expect(Data(NPY.bytes(texts: golden.texts)) == golden.written["texts"])
    #expect(Data(NPY.bytes(texts: ["", ""])) == golden.written["no_texts"])
  }
}
