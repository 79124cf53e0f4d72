import LinearAlgebra
import SeerFormats
import SeerSupport
import TestSupport
import Testing

struct SafetensorsTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder("x.safetensors")
  }

  func opening(_ bytes: [UInt8]) throws -> Failure {
    try folder.write(bytes, to: "x.safetensors")
    let failure = try #require(thrownFailure { _ = try Safetensors(path: path) }, "it opened")
    #expect(failure.kind == .badData)
    #expect(failure.file == path)
    return failure
  }

  func opening(_ header: String, data: Int = 64) throws -> Failure {
    try opening(sized(Array(header.utf8)) + [UInt8](repeating: 0, count: data))
  }

  func entry(_ type: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
    #"{"dtype":"\#(type)","shape":[\#(shape)],"data_offsets":[\#(begin),\#(end)]}"#
  }

  @Test func whatIsWrittenIsRead() throws {
    let values: [Float] = [1, -2, 0.5, 65504, 1e-3, 3]
    let halves = values.map { Float16($0) }
    let brains: [UInt16] = [0x3F80, 0xC000, 0x0001]
    let header = Safetensors.header(
      [("a", .float32, [2, 3]), ("ä \"x\"", .float16, [6]), ("c", .bfloat16, [3, 1])],
      metadata: ["tool": "x\ny", "a": ""])
    #expect(header.count.isMultiple(of: 64))
    let data =
      floatBytes(values) + halves.flatMap { little($0.bitPattern) } + brains.flatMap { little($0) }
    let file = try Safetensors(path: try folder.write(header + data, to: "x.safetensors"))
    #expect(file.metadata == ["tool": "x\ny", "a": ""])
    #expect(file.tensors.count == 3)

    func read(_ name: String) throws -> [Float] {
      let tensor = try #require(file.tensors[name])
      let matrix = MutableMatrix(rows: 1, columns: tensor.count)
      file.read(tensor, count: tensor.count, into: matrix.elements)
      return matrix.values
    }
    #expect(file.tensors["a"]?.shape == [2, 3])
    #expect(try read("a") == values)
    #expect(try read("ä \"x\"") == halves.map { Float($0) })
    #expect(try read("c") == [1, -2, Float(bitPattern: 0x10000)])

    let part = MutableMatrix(rows: 1, columns: 2)
    file.read(try #require(file.tensors["a"]), from: 3, count: 2, into: part.elements)
    #expect(part.values == [65504, 1e-3])
  }

  @Test func tooShort() throws {
    try opening([1, 2, 3]).expect(place: "offset 0", found: "3 bytes", wanted: "8-byte")
  }

  @Test(arguments: [17, 1 << 40, UInt64.max])
  func aHeaderLongerThanTheFile(length: UInt64) throws {
    try opening(little(length) + [UInt8](repeating: 0x20, count: 16)).expect(
      place: "header length", found: "\(length)", wanted: "at most 16 bytes")
  }

  @Test(arguments: ["", "{", "[]", "3", "nonsense", "{\"a\":}"])
  func aHeaderThatIsNoObject(header: String) throws {
    try opening(header).expect(place: "header", found: "no JSON object")
  }

  @Test(arguments: [
    #"3"#, #"{}"#, #"{"dtype":"F32","shape":[1]}"#, #"{"dtype":"F32","data_offsets":[0,4]}"#,
    #"{"dtype":1,"shape":[1],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[1e300],"data_offsets":[0,4]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[0]}"#,
    #"{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}"#,
  ])
  func anIncompleteEntry(entry: String) throws {
    try opening(#"{"a":\#(entry)}"#).expect(place: "tensor a", found: "an incomplete entry")
  }

  @Test func anUnknownType() throws {
    try opening("{\"a\":\(entry("I64", "1", 0, 8))}").expect(
      place: "tensor a", found: "dtype I64", wanted: "F32, F16 or BF16")
  }

  @Test(arguments: ["-1", "4611686018427387904,4", "9223372036854775807"])
  func aShapeThatIsNone(shape: String) throws {
    try opening("{\"a\":\(entry("F32", shape, 0, 4))}").expect(place: "tensor a", found: "shape")
  }

  @Test(arguments: [(8, 4), (-4, 0), (0, 65), (64, 68), (1 << 60, 1 << 60 + 4)])
  func offsetsOutsideTheData(begin: Int, end: Int) throws {
    try opening("{\"a\":\(entry("F32", "1", begin, end))}").expect(
      place: "tensor a", found: "data_offsets [\(begin), \(end)]", wanted: "64 data bytes")
  }

  @Test func bytesThatDisagreeWithTheShape() throws {
    try opening("{\"a\":\(entry("F16", "3,2", 0, 24))}").expect(
      place: "tensor a", found: "24 bytes", wanted: "12 for shape [3, 2]")
  }

  @Test func aTensorTwice() throws {
    try opening(
      "{\"a\":\(entry("F32", "1", 0, 4)),\"a\":\(entry("F32", "1", 4, 8))}"
    ).expect(place: "tensor a", found: "it twice", wanted: "each name once")
  }

  @Test func overlappingTensors() throws {
    try opening(
      "{\"a\":\(entry("F32", "4", 0, 16)),\"b\":\(entry("F32", "1", 12, 16))}"
    ).expect(place: "tensor b", found: "bytes that a holds too", wanted: "do not overlap")
  }

  @Test func overlappingTensorsAroundAnEmptyOne() throws {
    try opening(
      "{\"a\":\(entry("F32", "8", 0, 32)),\"b\":\(entry("F32", "0", 16, 16)),"
        + "\"c\":\(entry("F32", "1", 20, 24))}"
    ).expect(place: "tensor c", found: "bytes that a holds too")
  }

  @Test func everyTruncationIsRefused() throws {
    let whole =
      Safetensors.header([("a", .float32, [2]), ("b", .float16, [4])])
      + [UInt8](repeating: 0, count: 16)
    for count in 0..<whole.count { _ = try opening(Array(whole[..<count])) }
  }
}
