import LinearAlgebra
import SeerFormats
import SeerSupport
import TestSupport
import Testing

struct NPYTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder("x.npy")
  }

  func file(
    _ header: String, version: UInt8 = 1, length: Int? = nil, data: [UInt8] = []
  ) -> [UInt8] {
    let count = length ?? header.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [version, 0]
      + (version == 1 ? little(UInt16(count)) : little(UInt32(count))) + Array(header.utf8) + data
  }

  func header(
    _ type: String = "'<f4'", order: String = "False", shape: String = "(2, 3)"
  ) -> String {
    "{'descr': \(type), 'fortran_order': \(order), 'shape': \(shape), }\n"
  }

  func reading(_ bytes: [UInt8]) throws -> Failure {
    try folder.write(bytes, to: "x.npy")
    let failure = try #require(thrownFailure { _ = try MatrixFile.read(path) }, "it was read")
    #expect(failure.kind == .badData)
    #expect(failure.file == path)
    return failure
  }

  let values: [Float] = [1, -2, 0.5, 3, 1e30, -1e-30]

  func matrix(_ bytes: [UInt8]) throws -> ScaledMatrix {
    try MatrixFile.read(try folder.write(bytes, to: "x.npy"))
  }

  @Test func keysInAnotherOrder() throws {
    let text = "{'shape':(2,3),'fortran_order':False,'descr':\"<f4\"}"
    #expect(try matrix(file(text, data: floatBytes(values))).matrix.values == values)
  }

  /// Python 2 wrote long integers so.
  @Test func longIntegersOfPython2() throws {
    let text = header(shape: "(2L, 3L)")
    #expect(try matrix(file(text, data: floatBytes(values))).matrix.values == values)
  }

  @Test func noRows() throws {
    let matrix = try matrix(file(header(shape: "(0, 5)"))).matrix
    #expect(matrix.rows == 0 && matrix.columns == 5)
    #expect(try self.matrix(file(header("'<f8'", shape: "(0, 5)"))).matrix.rows == 0)
  }

  @Test func axesOfAnyLengthWithoutNumbers() throws {
    let shape = "(0, 4611686018427387904, 4611686018427387904)"
    let path = try folder.write(file(header(shape: shape)), to: "x.npy")
    let arrays = try ArrayFile(path: path)
    let array = try arrays.array(try #require(arrays.entries.first), scratch: folder.path)
    #expect(array.rows(along: 0, columnsAlong: 2).rows == 0)
  }

  // MARK: Numbers that float32 does not hold

  func doubles(_ values: [Double], columns: Int) throws -> ScaledMatrix {
    let header = header("'<f8'", shape: "(\(values.count / columns), \(columns))")
    return try matrix(file(header, data: values.flatMap { little($0.bitPattern) }))
  }

  @Test func float64IsCentredBeforeItIsRounded() throws {
    let read = try doubles([1e9 + 0.25, 2, 1e9 - 0.25, 4], columns: 2)
    #expect(read.unit == 1)
    #expect(read.matrix.values == [0.25, -1, -0.25, 1])
  }

  @Test(arguments: [1e200, 1e-200, 1e-307, 1e300])
  func float64BeyondFloat32IsScaled(size: Double) throws {
    let read = try doubles([3 * size, 0, -1 * size, 0], columns: 2)
    let values = read.matrix.values.map { Double($0) * read.unit / size }
    #expect(abs(values[0] - 2) < 1e-6 && abs(values[2] + 2) < 1e-6)
    #expect(values[1] == 0 && values[3] == 0)
    #expect(read.matrix.values.allSatisfy { abs($0) < 4 })
  }

  @Test func equalRowsAreZeros() throws {
    #expect(try doubles([1e30, 7, 1e30, 7], columns: 2).matrix.values == [0, 0, 0, 0])
  }

  @Test(arguments: [Double.nan, .infinity])
  func float64ThatIsNotFinite(value: Double) throws {
    let failure = try #require(
      thrownFailure { _ = try doubles([1, 2, 3, value], columns: 2) }, "it was read")
    failure.expect(place: "row 1, column 1", found: "\(value)", wanted: "a finite number")
  }

  // MARK: Bad files

  @Test func nothingThere() throws {
    let failure = try #require(thrownFailure { _ = try MatrixFile.read(folder("none.npy")) })
    failure.expect(.missingInput, file: folder("none.npy"), found: "No such file")
  }

  @Test func empty() throws {
    try reading([]).expect(place: "offset 0", found: "an empty file", wanted: ".npy")
  }

  @Test func anotherMagic() throws {
    try reading(Array("abcdefghijkl".utf8)).expect(
      place: "offset 0", found: "bytes 61 62 63 64", wanted: ".npy, .npz or safetensors")
  }

  @Test(arguments: [
    ("PAR1 and more of it", "a Parquet file"), ("GGUF\u{3}and more of it", "a GGUF model"),
  ])
  func whatItIsInstead(text: String, name: String) throws {
    try reading(Array(text.utf8)).expect(place: "offset 0", found: name)
  }

  @Test(arguments: [0, 4] as [UInt8])
  func anotherVersion(version: UInt8) throws {
    try reading(file(header(), version: version)).expect(
      place: "offset 6", found: "version \(version)", wanted: "version 1, 2 or 3")
  }

  @Test func aHeaderLongerThanTheFile() throws {
    try reading(file(header(), length: 5000)).expect(
      place: "offset 8", found: "a header of 5000 bytes")
    try reading(file(header(), version: 2, length: 4_294_967_295)).expect(
      place: "offset 8", found: "a header of 4294967295 bytes")
  }

  @Test(arguments: [
    "", "{}", "{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4',",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}",
    "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} and more",
    "{'descr': '<f4', 'fortran_order': Perhaps, 'shape': (2, 3)}",
    "{'descr': '<f4, 'fortran_order': False, 'shape': (2, 3)}", "[1, 2]",
  ])
  func aHeaderWithoutItsKeys(text: String) throws {
    try reading(file(text + "\n")).expect(
      place: "header", found: text.isEmpty ? "nothing but blanks" : text,
      wanted: "descr, fortran_order and shape")
  }

  @Test(arguments: ["|O", "<c8", "<f16", "|S4", "<M8[D]", "=f4", "f4", "|f4", "<", ""])
  func anotherType(type: String) throws {
    try reading(file(header("'\(type)'"))).expect(
      place: "descr", found: "`\(type)`", wanted: "float16, float32, float64 or integers",
      advice: "numpy.save")
  }

  @Test func fields() throws {
    try reading(file(header("[('a', '<f4'), ('b', '<f4', (2,))]"))).expect(
      place: "descr", found: "`[('a', '<f4'), ('b', '<f4', (2,))]`", wanted: "float16")
  }

  @Test(arguments: [("(6,)", 1), ("()", 0), ("(1, 2, 3)", 3)])
  func anotherNumberOfDimensions(shape: String, count: Int) throws {
    try reading(file(header(shape: shape), data: floatBytes(values))).expect(
      place: "shape", found: "\(count) dimensions", wanted: "2 (rows, columns)")
  }

  @Test(arguments: ["(-2, -3)", "(2.0, 3)", "(2, x)", "(99999999999999999999, 1)"])
  func aShapeOfNoNumbers(shape: String) throws {
    try reading(file(header(shape: shape), data: floatBytes(values))).expect(
      place: "header", found: shape)
  }

  @Test func missingData() throws {
    try reading(file(header(), data: floatBytes([1, 2]))).expect(
      place: "data", found: "8 bytes", wanted: "24 for shape [2, 3]")
  }

  @Test func dataLeftOver() throws {
    try reading(file(header(), data: floatBytes(values + [7]))).expect(
      place: "data", found: "28 bytes", wanted: "24")
  }

  @Test(arguments: ["(4611686018427387904, 4)", "(4611686018427387904, 1)"])
  func aShapeThatOverflows(shape: String) throws {
    try reading(file(header(shape: shape))).expect(place: "data", found: "0 bytes", wanted: "shape")
  }
}
