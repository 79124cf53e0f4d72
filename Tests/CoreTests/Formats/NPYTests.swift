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
    _ type: String = "<f4", order: String = "False", shape: String = "(2, 3)"
  ) -> String {
    "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }\n"
  }

  func reading(_ bytes: [UInt8]) throws -> Failure {
    try folder.write(bytes, to: "x.npy")
    let failure = try #require(thrownFailure { _ = try NPY.read(path) }, "it was read")
    #expect(failure.kind == .badData)
    #expect(failure.file == path)
    return failure
  }

  let values: [Float] = [1, -2, 0.5, 3, 1e30, -1e-30]

  @Test(arguments: [1, 2, 3] as [UInt8])
  func float32(version: UInt8) throws {
    let bytes = file(header(), version: version, data: floatBytes(values))
    let matrix = try NPY.read(try folder.write(bytes, to: "x.npy"))
    #expect(matrix.rows == 2 && matrix.columns == 3)
    #expect(matrix.values == values)
  }

  @Test func float64IsRounded() throws {
    let doubles: [Double] = [0.1, 1 / 3, -2, 1e-50, 7, 1]
    let data = doubles.flatMap { little($0.bitPattern) }
    let matrix = try NPY.read(try folder.write(file(header("<f8"), data: data), to: "x.npy"))
    #expect(matrix.values == doubles.map { Float($0) })
  }

  @Test func keysInAnotherOrder() throws {
    let text = "{'shape':(2,3),'fortran_order':False,'descr':\"<f4\"}"
    let matrix = try NPY.read(
      try folder.write(file(text, data: floatBytes(values)), to: "x.npy"))
    #expect(matrix.values == values)
  }

  @Test func noRows() throws {
    let matrix = try NPY.read(try folder.write(file(header(shape: "(0, 5)")), to: "x.npy"))
    #expect(matrix.rows == 0 && matrix.columns == 5)
  }

  @Test func whatIsWrittenIsRead() throws {
    let matrix = Matrix(rows: 3, columns: 2, values: values)
    let bytes = NPY.bytes(matrix)
    #expect((bytes.count - 24).isMultiple(of: 64))
    let read = try NPY.read(try folder.write(bytes, to: "x.npy"))
    #expect(read.rows == 3 && read.columns == 2 && read.values == values)
  }

  @Test func nothingThere() throws {
    let failure = try #require(thrownFailure { _ = try NPY.read(folder("none.npy")) })
    failure.expect(.missingInput, file: folder("none.npy"), found: "No such file")
  }

  @Test func empty() throws {
    try reading([]).expect(place: "offset 0", found: "no NumPy magic", wanted: ".npy")
  }

  @Test func anotherMagic() throws {
    try reading(Array("PK\u{3}\u{4}abcdefgh".utf8)).expect(
      place: "offset 0", found: "no NumPy magic")
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

  @Test(arguments: ["", "{}", "{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4', "])
  func aHeaderWithoutItsKeys(text: String) throws {
    try reading(file(text + "\n")).expect(
      place: "header", found: text, wanted: "descr, fortran_order and shape")
  }

  @Test(arguments: [">f4", "<i8", "<f2", "|O", "<c8", "|b1"])
  func anotherType(type: String) throws {
    try reading(file(header(type))).expect(
      place: "descr", found: "`\(type)`", wanted: "`<f4` or `<f8`", advice: "numpy.save")
  }

  @Test func fortranOrder() throws {
    try reading(file(header(order: "True"), data: floatBytes(values))).expect(
      place: "fortran_order", found: "True", wanted: "False", advice: "ascontiguousarray")
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
