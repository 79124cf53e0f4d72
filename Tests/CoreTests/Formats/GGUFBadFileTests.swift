import SeerFormats
import SeerSupport
import TestSupport
import Testing

/// One way of being wrong a test; every message says where, what was found and what was wanted.
struct GGUFBadFileTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder("model.gguf")
  }

  func opening(_ bytes: [UInt8]) throws -> Failure {
    try folder.write(bytes, to: "model.gguf")
    let failure = try #require(thrownFailure { _ = try GGUF(path: path) }, "it opened")
    #expect(failure.kind == .badData)
    #expect(failure.file == path)
    return failure
  }

  /// Two keys and two tensors.
  func good() -> GGUFBuilder {
    var builder = GGUFBuilder()
    builder.set("general.architecture", .string("llama"))
    builder.set("llama.block_count", .uint32(1))
    builder.tensors = [
      GGUFBuilder.Tensor("a", sizes: [4, 2], bytes: floatBytes([1, 2, 3, 4, 5, 6, 7, 8])),
      GGUFBuilder.Tensor("b", sizes: [32], type: 8, bytes: [UInt8](repeating: 1, count: 34)),
    ]
    return builder
  }

  func opening(_ change: (inout GGUFBuilder) -> Void) throws -> Failure {
    var builder = good()
    change(&builder)
    return try opening(builder.bytes)
  }

  @Test func theGoodFileOpens() throws {
    let file = try GGUF(path: try folder.write(good().bytes, to: "model.gguf"))
    #expect(file.version == 3)
    #expect(try file.string("general.architecture") == "llama")
    #expect(file.tensors["a"]?.shape == [2, 4])
    #expect(file.tensors["b"]?.type == .q8_0)
    #expect(file.tensors["a"]?.range.lowerBound.isMultiple(of: 32) == true)
  }

  // MARK: The header

  @Test func nothingThere() throws {
    let failure = try #require(thrownFailure { _ = try GGUF(path: folder("none.gguf")) })
    failure.expect(.missingInput, file: folder("none.gguf"), found: "No such file", advice: "path")
  }

  @Test func aFolder() throws {
    let failure = try #require(thrownFailure { _ = try GGUF(path: folder.path) })
    failure.expect(file: folder.path, found: "not a regular file", wanted: "a file")
  }

  @Test func empty() throws {
    try opening([UInt8]()).expect(
      place: "offset 0", found: "an empty file", wanted: "the magic bytes GGUF")
  }

  @Test func notGGUF() throws {
    try opening(Array("PK\u{3}\u{4} a zip".utf8)).expect(
      place: "offset 0", found: "bytes 50 4b 03 04", wanted: "the magic bytes GGUF",
      advice: "GGUF model file")
  }

  @Test func onlyTheMagic() throws {
    try opening(Array("GGUF".utf8)).expect(
      place: "version, offset 4", found: "0 bytes left", wanted: "4 bytes", advice: "truncated")
  }

  @Test func bigEndian() throws {
    try opening { $0.version = UInt32(3).byteSwapped }.expect(
      place: "version, offset 4", found: "a big-endian file", wanted: "little-endian")
  }

  @Test(arguments: [0, 1, 4, 0x1234_5678] as [UInt32])
  func anotherVersion(version: UInt32) throws {
    try opening { $0.version = version }.expect(
      place: "version, offset 4", found: "version \(version)", wanted: "version 2 or 3")
  }

  @Test func absurdCountOfTensors() throws {
    try opening { $0.tensorCount = 1 << 60 }.expect(
      place: "tensor count, offset 8", found: "\(1 << 60)")
  }

  @Test func absurdCountOfKeys() throws {
    try opening { $0.keyCount = .max }.expect(
      place: "key count, offset 16", found: "\(UInt64.max)")
  }

  @Test func moreKeysThanThereAre() throws {
    _ = try opening { $0.keyCount = 5 }
  }

  @Test func everyTruncationIsRefused() throws {
    let whole = good().bytes
    // The padding after the last tensor may go.
    let end = whole.count - 30
    for count in 0..<end {
      _ = try opening(Array(whole[..<count]))
    }
  }

  @Test func truncatedInATensor() throws {
    let whole = good().bytes
    try opening(Array(whole[..<(whole.count - 64)])).expect(
      place: "tensor b, data offset 32", found: "0 bytes left", wanted: "34 bytes",
      advice: "truncated")
  }

  // MARK: Keys

  @Test func aStringLongerThanTheFile() throws {
    try opening { builder in
      builder.keys[0].value.bytes.replaceSubrange(0..<8, with: little(UInt64(1) << 40))
    }.expect(
      place: "key general.architecture, offset", found: "bytes left", wanted: "\(1 << 40) bytes")
  }

  @Test func aStringOfAllTheBytesThereCouldBe() throws {
    try opening { builder in
      builder.keys[0].value.bytes.replaceSubrange(0..<8, with: little(UInt64.max))
    }.expect(place: "key general.architecture", found: "bytes left", wanted: "\(UInt64.max) bytes")
  }

  @Test func aKeyNameLongerThanTheFile() throws {
    var bytes = good().bytes
    bytes.replaceSubrange(24..<32, with: little(UInt64(1) << 63))
    try opening(bytes).expect(
      place: "name of key 0, offset 32", found: "bytes left", wanted: "\(UInt64(1) << 63) bytes")
  }

  @Test func anUnknownValueType() throws {
    try opening { $0.keys[1].value.type = 13 }.expect(
      place: "key llama.block_count, offset", found: "value type 13", wanted: "0 to 12")
  }

  @Test func anUnknownElementType() throws {
    try opening { $0.set("x", .array(of: 99, [])) }.expect(
      place: "key x, offset", found: "value type 99", wanted: "0 to 12")
  }

  @Test func anArrayOfArrays() throws {
    try opening { $0.set("x", .array(of: 9, [.array(of: 4, [.uint32(1)])])) }.expect(
      place: "key x", found: "an array of arrays", wanted: "numbers, booleans or strings")
  }

  @Test func anArrayLongerThanTheFile() throws {
    try opening { $0.set("x", .array(of: 4, [.uint32(1)], count: 1_000_000)) }.expect(
      place: "1000000 elements of key x", found: "bytes left", wanted: "4000000 bytes")
  }

  @Test func anArrayTooLongToMultiply() throws {
    try opening { $0.set("x", .array(of: 12, [], count: 1 << 62)) }.expect(
      place: "key x", found: "\(1 << 62) elements", wanted: "what fits")
  }

  @Test func anIntegerTooLargeForUs() throws {
    let value = GGUFBuilder.Value(type: 10, bytes: little(UInt64.max))
    try opening { $0.set("x", value) }.expect(
      place: "key x", found: "\(UInt64.max)", wanted: "below 2^63")
  }

  @Test func aKeyTwice() throws {
    try opening { $0.keys.append(("llama.block_count", .uint32(2))) }.expect(
      place: "key llama.block_count", found: "it twice", wanted: "each key once")
  }

  @Test(arguments: [0, 4, 12, 31, 1 << 30] as [UInt32])
  func anAlignmentThatIsNone(alignment: UInt32) throws {
    try opening { $0.set("general.alignment", .uint32(alignment)) }.expect(
      place: "key general.alignment", found: "integer \(alignment)", wanted: "a multiple of 8")
  }

  @Test func anAlignmentOfAnotherType() throws {
    try opening { $0.set("general.alignment", .string("32")) }.expect(
      place: "key general.alignment", found: "string \"32\"", wanted: "a multiple of 8")
  }

  @Test func anAlignmentOtherThanThirtyTwo() throws {
    var builder = good()
    builder.alignment = 64
    builder.set("general.alignment", .uint32(64))
    let file = try GGUF(path: try folder.write(builder.bytes, to: "model.gguf"))
    #expect(file.tensors["a"]?.range.lowerBound.isMultiple(of: 64) == true)
    #expect(file.tensors["b"]?.range.count == 34)
  }

  // MARK: Tensors

  @Test(arguments: [
    (15, "Q8_K (type 15)"), (40, "NVFP4 (type 40)"), (777, "type 777"), (1000, "type 1000"),
    (1001, "type 1001"),
  ])
  func anUnknownTensorType(type: UInt32, name: String) throws {
    try opening { $0.tensors[1].type = type }.expect(
      place: "tensor b", found: name,
      wanted:
        "F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ2_XXS, IQ2_XS, "
        + "IQ3_XXS, IQ1_S, IQ4_NL, IQ3_S, IQ2_S, IQ4_XS, IQ1_M, BF16, TQ1_0, TQ2_0, MXFP4")
  }

  @Test func aTensorTwice() throws {
    try opening { $0.tensors[1].name = "a" }.expect(
      place: "tensor a", found: "it twice", wanted: "each name once")
  }

  @Test func sizesThatOverflow() throws {
    try opening { $0.tensors[0].sizes = [1 << 32, 1 << 32] }.expect(
      place: "tensor a", found: "sizes too large")
  }

  @Test func bytesThatOverflow() throws {
    try opening { $0.tensors[0].sizes = [1 << 62] }.expect(place: "tensor a", found: "offset")
  }

  @Test func aSizeOfNone() throws {
    try opening { $0.tensors[0].sizes = [0, 2] }.expect(
      place: "tensor a", found: "a size of 0", wanted: "1 or more")
  }

  @Test func aSizeBeyondIntegers() throws {
    try opening { $0.tensors[0].sizes = [.max] }.expect(
      place: "tensor a", found: "a size of \(UInt64.max)")
  }

  @Test(arguments: [[], [1, 1, 1, 1, 8]] as [[UInt64]])
  func tooFewOrTooManySizes(sizes: [UInt64]) throws {
    try opening { $0.tensors[0].sizes = sizes }.expect(
      place: "tensor a", found: "\(sizes.count) sizes", wanted: "1 to 4")
  }

  @Test func aMisalignedOffset() throws {
    try opening { $0.tensors[1].offset = 40 }.expect(
      place: "tensor b", found: "data offset 40", wanted: "a multiple of 32")
  }

  @Test func overlappingTensors() throws {
    try opening { $0.tensors[1].offset = 0 }.expect(
      place: "data offset 0", found: "bytes that", wanted: "do not overlap")
  }

  @Test(arguments: [96, 1 << 40, 1 << 63 - 32, .max - 31] as [UInt64])
  func aTensorOutsideTheFile(offset: UInt64) throws {
    let failure = try opening { $0.tensors[1].offset = offset }
    #expect(failure.place?.hasPrefix("tensor b") == true)
    #expect(failure.description.contains("\(offset)"))
  }

  @Test func aRowOfPartOfABlock() throws {
    try opening { $0.tensors[1].sizes = [33] }.expect(
      place: "tensor b", found: "rows of 33 weights", wanted: "a multiple of 32")
  }
}
