import LinearAlgebra
import SeerFormats
import SeerSupport
import TestSupport
import Testing

/// What `torch.save` writes is read as PyTorch reads it (Fixtures/TorchFiles/make_torch.py); what is
/// no tensor is refused by its name, and nothing of a file is ever run.
struct TorchFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func values(_ tensor: StoredTensor) -> [Float] {
    let matrix = MutableMatrix(rows: 1, columns: tensor.count)
    tensor.read(into: matrix.elements)
    return Array(matrix.values.prefix(tensor.count))
  }

  func open(_ bytes: [UInt8]) throws -> TorchFile {
    try TorchFile(path: try folder.write(bytes, to: "x.bin"))
  }

  func failure(_ bytes: [UInt8]) throws -> Failure {
    let failure = try #require(thrownFailure { _ = try open(bytes) }, "it opened")
    #expect(failure.kind == .badData && failure.file == folder("x.bin"))
    #expect(failure.advice != nil)
    return failure
  }

  /// A file whose pickle makes this value.
  func failure(pickling value: [UInt8]) throws -> Failure {
    var file = TorchBuilder()
    file.pickle = Pickled.program(value)
    file.entries = [.init("x/data/0", [UInt8](repeating: 0, count: 24))]
    return try failure(file.bytes)
  }

  // MARK: Right ones

  static let fixtures = Fixtures.folder + "/TorchFiles/"

  @Test(arguments: 2...5)
  func everyProtocolAndViewIsRead(version: Int) throws {
    let ours = try TorchFile(path: Self.fixtures + "protocol-\(version).bin")
    let theirs = try TensorFile(path: Self.fixtures + "expected.safetensors")
    #expect(Set(ours.tensors.keys) == Set(theirs.tensors.keys))
    for (name, wanted) in theirs.tensors {
      let tensor = try #require(ours.tensors[name])
      #expect(tensor.shape == wanted.shape, "\(name)")
      #expect(values(tensor) == values(wanted), "\(name)")
    }
    #expect(ours.otherTypes == ["mask": "Bool", "places": "Long"])
  }

  @Test func whatLiesRowByRowIsNotCopied() throws {
    let file = try TorchFile(path: Self.fixtures + "protocol-2.bin")
    let copied = ["columns", "transposed", "permuted", "transposed_half", "double"]
    for (name, tensor) in file.tensors {
      #expect((tensor.file === file.file) == !copied.contains(name), "\(name)")
    }
    #expect(file.tensors["half"]?.type == .f16 && file.tensors["brain"]?.type == .bf16)
    // A view and its whole lie at one place.
    let whole = try #require(file.tensors["whole"]).range
    #expect(file.tensors["again"]?.range == whole)
    #expect(file.tensors["rows"]?.range == whole.lowerBound + 24..<whole.lowerBound + 72)
  }

  static let plain = TorchBuilder([
    .init("a", shape: [2, 3], bytes: floatBytes([1, 2, 3, 4, 5, 6])),
    .init("b", type: "Half", shape: [1], bytes: little(Float16(0.5).bitPattern)),
  ])

  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func everyFormOfZip(isWide: Bool, hasDescriptors: Bool) throws {
    var zip = Self.plain.zip
    zip.isWide = isWide
    zip.hasDescriptors = hasDescriptors
    zip.comment = Array("PK\u{5}\u{6} in a comment".utf8)
    let file = try open(zip.bytes)
    #expect(file.tensors["a"].map(values) == [1, 2, 3, 4, 5, 6])
    #expect(file.tensors["b"].map(values) == [0.5])
  }

  // MARK: Other files

  @Test func aFileFromBeforePyTorch16TellsHowToConvertIt() throws {
    let path = Self.fixtures + "legacy.bin"
    let failure = try #require(thrownFailure { _ = try TorchFile(path: path) })
    failure.expect(
      file: path, place: "offset 0", found: "before PyTorch 1.6", wanted: "zip",
      advice: "torch.save(torch.load('legacy.bin', map_location='cpu', weights_only=True)")
  }

  @Test func otherKindsOfFile() throws {
    try failure([]).expect(place: "last bytes", found: "no end of a zip", wanted: "one")
    try failure(Array("version https://git-lfs.github.com/spec/v1\noid".utf8)).expect(
      found: "Git LFS", advice: "git lfs pull")
    try failure(ZipBuilder([.init("a/data.pkl", []), .init("b/x", [])]).bytes).expect(
      place: "directory", found: "2 folders", wanted: "one")
    try failure(ZipBuilder([.init("data.pkl", [])]).bytes).expect(found: "1 folders")
    try failure(ZipBuilder([.init("x/data.txt", [])]).bytes).expect(
      place: "entry x/data.pkl", found: "no such entry")
    var program = Self.plain
    program.entries = [.init("x/constants.pkl", [])]
    try failure(program.bytes).expect(place: "constants.pkl", found: "TorchScript")
    var big = Self.plain.zip
    big.entries[1].bytes = Array("big".utf8)
    try failure(big.bytes).expect(place: "entry x/byteorder", found: "`big`", wanted: "little")
  }

  // MARK: Bad zip files

  func failure(_ change: (inout ZipBuilder) -> Void) throws -> Failure {
    var zip = Self.plain.zip
    change(&zip)
    return try failure(zip.bytes)
  }

  @Test func aPackedEntry() throws {
    try failure { $0.entries[0].method = 8 }.expect(
      place: "entry x/data.pkl", found: "packed by method 8", wanted: "as they are",
      advice: "save it again")
  }

  @Test func anEncryptedEntry() throws {
    try failure { $0.entries[2].flags = 1 }.expect(place: "entry x/data/0", found: "encrypted")
  }

  @Test func anEntryTwice() throws {
    try failure { $0.entries.append($0.entries[0]) }.expect(
      place: "entry x/data.pkl", found: "it twice")
  }

  @Test func entriesThatOverlap() throws {
    try failure {
      $0.entries[3].offset = 0
      $0.entries[3].headerName = $0.entries[0].name
    }.expect(place: "entry x/data/1", found: "another name in its header")
    try failure {
      $0.entries[2].size = UInt32($0.entries[2].bytes.count + 10)
    }.expect(place: "entry x/data/1", found: "bytes that x/data/0 holds too")
  }

  @Test func aHeaderThatIsNone() throws {
    try failure { $0.entries[2].offset = 7 }.expect(place: "offset 7", found: "no header")
  }

  @Test func anEntryBeyondTheDirectory() throws {
    try failure { $0.entries[3].size = 100_000 }.expect(found: "100000 bytes")
    try failure { $0.entries[3].size = 60 }.expect(
      place: "entry x/data/1", found: "60 bytes", wanted: "before the directory")
    try failure { $0.entries[3].offset = 0xFFFF_FFF0 }.expect(found: "at 4294967280")
  }

  @Test func aDirectoryOfTooManyEntries() throws {
    try failure { $0.count = 5 }.expect(found: "5 entries", wanted: "at most")
    try failure { $0.count = 9999 }.expect(found: "9999 entries", wanted: "at most")
  }

  @Test func aDirectoryOfOtherThings() throws {
    var bytes = Self.plain.bytes
    let entry = try #require(
      bytes.indices.last { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    bytes[entry + 2] = 9
    try failure(bytes).expect(place: "entry 3 of the directory", found: "no entry")
  }

  @Test func aFileThatEndsTooEarly() throws {
    let whole = Self.plain.bytes
    for count in [whole.count - 1, whole.count / 2, 30, 1] {
      try failure(Array(whole.prefix(count))).expect(found: "no end of a zip file's directory")
    }
    // The directory lies where the file no longer has it.
    try failure(Array(whole.dropFirst(10))).expect(found: "a directory of")
  }

  @Test func a64BitRecordThatIsNotThere() throws {
    var zip = Self.plain.zip
    zip.isWide = true
    var bytes = zip.bytes
    bytes.replaceSubrange(bytes.count - 42 + 8..<bytes.count - 42 + 16, with: little(UInt64.max))
    try failure(bytes).expect(found: "without the 64-bit record")
  }

  // MARK: Pickles that would run something

  static let command = Pickled.tuple([Pickled.text("touch /tmp/seer-was-here")])

  @Test func aCallOfACommand() throws {
    try failure(pickling: Pickled.call(Pickled.global("posix", "system"), Self.command)).expect(
      place: "x/data.pkl, offset 2", found: "the name `posix.system`",
      wanted: "tensors and nothing",
      advice: "Nothing of it was run")
    try failure(pickling: Pickled.call(Pickled.global("os", "system"), Self.command)).expect(
      found: "`os.system`")
    try failure(pickling: Pickled.global("builtins", "eval")).expect(found: "`builtins.eval`")
    try failure(pickling: Pickled.global("torch", "load")).expect(found: "`torch.load`")
    try failure(pickling: Pickled.global("torch.storage", "_load_from_bytes")).expect(
      found: "`torch.storage._load_from_bytes`")
    // Inside of what would be right.
    let hidden = Pickled.dictionary([
      Pickled.text("a") + Pickled.call(Pickled.global("subprocess", "Popen"), Self.command)
    ])
    try failure(pickling: hidden).expect(found: "`subprocess.Popen`")
  }

  @Test func aNameFromTheStack() throws {
    let names = Pickled.text("os") + Pickled.text("system") + [0x93]
    try failure(pickling: Pickled.call(names, Self.command)).expect(found: "`os.system`")
    // The names by way of the memo.
    let memo = Pickled.text("os") + Array("q\u{0}".utf8) + Pickled.text("system") + [0x94]
    try failure(pickling: memo + Array("h\u{0}h\u{1}".utf8) + [0x93]).expect(found: "`os.system`")
    try failure(pickling: Pickled.integer(1) + Pickled.text("system") + [0x93]).expect(
      found: "a name that is no string")
  }

  @Test func aNameThatReachesThroughAnother() throws {
    try failure(pickling: Pickled.global("torch", "serialization.os.system")).expect(
      found: "`torch.serialization.os.system`")
    try failure(pickling: Pickled.global("collections", "OrderedDict.__class__")).expect(
      found: "OrderedDict.__class__")
  }

  static let forbidden: [(name: String, bytes: [UInt8])] = [
    ("INST", Array("(ios\nsystem\n".utf8)), ("OBJ", Array("(o".utf8)),
    ("NEWOBJ", Pickled.global("collections", "OrderedDict") + [UInt8(ascii: ")"), 0x81]),
    ("NEWOBJ_EX", [0x92]), ("EXT1", [0x82, 1]), ("EXT2", [0x83, 1, 0]),
    ("EXT4", [0x84, 1, 0, 0, 0]),
    ("PERSID", Array("P0\n".utf8)), ("DUP", Array("2".utf8)), ("POP", Array("0".utf8)),
    ("BINBYTES", Array("B".utf8)), ("BYTEARRAY8", [0x96]), ("NEXT_BUFFER", [0x97]),
    ("PROTO", [0x80, 2]), ("INT", Array("I1\n".utf8)), ("STRING", Array("S'x'\n".utf8)),
    ("LONG4", [0x8B, 1, 0, 0, 0, 1]), ("EMPTY_SET", [0x8F]), ("0xff", [0xFF]),
  ]

  @Test(arguments: forbidden)
  func anOpcodeThatMakesOtherThings(name: String, bytes: [UInt8]) throws {
    try failure(pickling: bytes).expect(
      place: "x/data.pkl, offset", found: "opcode \(name)", wanted: "tensors and nothing")
  }

  @Test func aBuildThatIsNoDictionarys() throws {
    let state = Pickled.dictionary([Pickled.text("__setstate__") + Pickled.no])
    let tensor = Pickled.tensor(Pickled.storage("Float", "0", 6), shape: [2], strides: [1])
    try failure(pickling: tensor + state + Array("b".utf8)).expect(
      found: "BUILD of a tensor from a dictionary")
    try failure(pickling: Pickled.emptyDictionary + Pickled.text("x") + Array("b".utf8)).expect(
      found: "BUILD of a dictionary from a string")
    try failure(pickling: Array("}}b".utf8)).expect(found: "BUILD of a dictionary")
    let function = Pickled.global("torch._utils", "_rebuild_tensor_v2")
    try failure(pickling: function + state + Array("b".utf8)).expect(
      found: "BUILD of the name `torch._utils._rebuild_tensor_v2`")
  }

  @Test func aCallOfWhatCannotBeCalled() throws {
    try failure(pickling: Pickled.call(Pickled.text("os.system"), Self.command)).expect(
      found: "a call of a string")
    try failure(
      pickling: Pickled.call(Pickled.global("torch", "FloatStorage"), Pickled.integers([1]))
    ).expect(found: "torch.FloatStorage of an integer")
    try failure(
      pickling: Pickled.call(
        Pickled.global("collections", "OrderedDict"), Pickled.integers([1, 2]))
    ).expect(found: "OrderedDict made of an integer")
    try failure(pickling: Pickled.call(Pickled.emptyDictionary, Pickled.tuple([]))).expect(
      found: "a call of a dictionary")
  }

  @Test func nothingIsRun() throws {
    // Whatever the tests above read: the command that they name has left nothing behind.
    _ = try failure(pickling: Pickled.call(Pickled.global("posix", "system"), Self.command))
    #expect(thrownFailure { _ = try MappedFile(path: "/tmp/seer-was-here") } != nil)
  }

  // MARK: Pickles of other things than tensors

  @Test func aPickleOfOneTensor() throws {
    let tensor = Pickled.tensor(Pickled.storage("Float", "0", 6), shape: [6], strides: [1])
    try failure(pickling: tensor).expect(found: "a tensor in all", wanted: "a dictionary")
    try failure(pickling: Pickled.dictionary([Pickled.integer(1) + tensor])).expect(
      found: "an integer as a name")
    try failure(pickling: Pickled.dictionary([Pickled.text("step") + Pickled.integer(7)])).expect(
      found: "an integer under `step`", wanted: "a tensor")
    let inner = Pickled.dictionary([Pickled.text("w") + tensor])
    try failure(pickling: Pickled.dictionary([Pickled.text("state_dict") + inner])).expect(
      found: "a dictionary under `state_dict`")
    try failure(
      pickling: Pickled.dictionary([Pickled.text("w") + tensor, Pickled.text("w") + tensor])
    ).expect(found: "`w` twice")
  }

  @Test(arguments: ["ComplexFloat", "QInt8", "Untyped", "Float8_e4m3fn"])
  func aStorageOfAnotherType(type: String) throws {
    try failure(pickling: Pickled.storage(type, "0", 6)).expect(found: "`torch.\(type)Storage`")
  }

  @Test func aPersistentIdThatIsNoStorage() throws {
    try failure(pickling: Pickled.text("x") + Array("Q".utf8)).expect(found: "id that is a string")
    try failure(pickling: Pickled.integers([1, 2, 3, 4, 5]) + Array("Q".utf8)).expect(
      found: "an integer, an integer", wanted: "'storage'")
    try failure(pickling: Pickled.storage("Float", "0", -1)).expect(found: "", wanted: "'storage'")
    try failure(
      pickling: Pickled.tuple([Pickled.storage("Float", "0", 6), Pickled.storage("Half", "0", 6)])
    ).expect(found: "storage 0 of two types")
  }

  // MARK: Tensors that do not fit

  func failure(shape: [Int], strides: [Int], offset: Int = 0, count: Int = 6) throws -> Failure {
    let tensor = Pickled.tensor(
      Pickled.storage("Float", "0", count), offset: offset, shape: shape, strides: strides)
    return try failure(pickling: Pickled.dictionary([Pickled.text("w") + tensor]))
  }

  @Test func aViewBeyondItsStorage() throws {
    try failure(shape: [7], strides: [1]).expect(found: "[7]", wanted: "the 6 numbers of storage 0")
    try failure(shape: [2, 3], strides: [4, 1]).expect(found: "[2, 3]", wanted: "6 numbers")
    try failure(shape: [6], strides: [1], offset: 1).expect(found: "from 1 on", wanted: "6 numbers")
    try failure(shape: [1], strides: [1], offset: 6).expect(found: "", wanted: "6 numbers")
  }

  @Test func sizesThatNoMemoryHas() throws {
    let large = 1 << 62
    try failure(shape: [large], strides: [0]).expect(found: "", wanted: "at most the 6 numbers")
    try failure(shape: [7], strides: [0]).expect(found: "", wanted: "at most the 6 numbers")
    try failure(shape: [large, 4], strides: [0, 0]).expect(found: "", wanted: "sensible sizes")
    try failure(shape: [large], strides: [large]).expect(found: "", wanted: "sensible sizes")
    try failure(shape: [2, 2], strides: [large, large]).expect(found: "[2, 2]")
    try failure(shape: [2], strides: [1], offset: Int.max).expect(
      found: "", wanted: "sensible sizes")
    try failure(shape: [6], strides: [1], count: 1 << 61).expect(
      place: "entry x/data/0", found: "24 bytes", wanted: "2305843009213693952 numbers")
  }

  @Test func argumentsThatAreNoTensors() throws {
    try failure(shape: [-1], strides: [1]).expect(found: "_rebuild_tensor_v2 of a storage")
    try failure(shape: [1], strides: [-1]).expect(found: "", wanted: "as many strides")
    try failure(shape: [2, 3], strides: [1]).expect(found: "", wanted: "as many strides")
    try failure(shape: [1], strides: [1], offset: -1).expect(found: "", wanted: "an offset")
    try failure(
      pickling: Pickled.call(
        Pickled.global("torch._utils", "_rebuild_tensor_v2"), Pickled.tuple([]))
    ).expect(found: "_rebuild_tensor_v2 of nothing")
    try failure(
      pickling: Pickled.call(
        Pickled.global("torch._utils", "_rebuild_parameter"), Pickled.integers([1, 2, 3]))
    ).expect(found: "_rebuild_parameter of an integer")
    try failure(
      pickling: Pickled.call(
        Pickled.global("torch._utils", "_rebuild_tensor_v3"), Pickled.tuple([]))
    ).expect(found: "`torch._utils._rebuild_tensor_v3`")
  }

  @Test func aStorageThatIsNotThere() throws {
    let tensor = Pickled.tensor(Pickled.storage("Float", "../0", 6), shape: [6], strides: [1])
    try failure(pickling: Pickled.dictionary([Pickled.text("w") + tensor])).expect(
      place: "entry x/data/../0", found: "no such entry")
    try failure(shape: [5], strides: [1], count: 5).expect(found: "24 bytes", wanted: "5 numbers")
  }

  @Test func aDoubleThatFloat32HasNot() throws {
    let file = TorchBuilder([
      .init("w", type: "Double", shape: [1], bytes: little((1e300).bitPattern))
    ])
    try failure(file.bytes).expect(place: "tensor w", found: "1e+300", wanted: "float32")
  }

  /// Many names for transposed views of one storage, each of which would be a copy.
  @Test func viewsThatWouldFillTheMemory() throws {
    let storage = Pickled.storage("Float", "0", 10_000)
    var file = TorchBuilder()
    file.entries = [.init("x/data/0", [UInt8](repeating: 0, count: 40_000))]
    func pickle(_ count: Int) -> [UInt8] {
      Pickled.program(
        Pickled.dictionary(
          (0..<count).map { number in
            Pickled.text("\(number)")
              + Pickled.tensor(storage, shape: [100, 100], strides: [1, 100])
          }))
    }
    file.pickle = pickle(2)
    #expect(try open(file.bytes).tensors.count == 2)
    file.pickle = pickle(9)
    try failure(file.bytes).expect(place: "tensor", found: "more than", wanted: "of their own")
  }

  // MARK: Pickles made to exhaust

  @Test func deepNestingIsHarmless() throws {
    let deep =
      [UInt8](repeating: UInt8(ascii: "]"), count: 1) + [UInt8](repeating: 0x85, count: 300_000)
    try failure(pickling: deep).expect(found: "a tuple in all")
    let lists = [UInt8](repeating: UInt8(ascii: "]"), count: 100_000)
    try failure(pickling: lists + [UInt8](repeating: UInt8(ascii: "a"), count: 99_999)).expect(
      found: "a list in all")
    let marks = [UInt8](repeating: UInt8(ascii: "("), count: 100_000)
    try failure(pickling: marks).expect(found: "an empty stack")
  }

  /// Each tuple twice in the next: 2 to the power of 60 values for who walks through them.
  @Test func aBombOfTheMemoIsHarmless() throws {
    var program = Array("]q\u{0}".utf8)
    for level in 0..<60 {
      program += [UInt8(ascii: "h"), UInt8(level), UInt8(ascii: "h"), UInt8(level), 0x86]
      program += [UInt8(ascii: "q"), UInt8(level + 1)]
    }
    try failure(pickling: program).expect(found: "a tuple in all")
    let itself = Array("]q\u{0}h\u{0}a".utf8)
    try failure(pickling: itself).expect(found: "a list in all")
  }

  @Test func moreValuesThanAnyModelHas() throws {
    try failure(pickling: [UInt8](repeating: UInt8(ascii: "N"), count: 2_000_001)).expect(
      found: "more than 2000000 values")
    try failure(pickling: Array("N".utf8) + [UInt8](repeating: 0x94, count: 2_000_001)).expect(
      found: "more than 2000000 values")
    try failure(pickling: [UInt8](repeating: UInt8(ascii: "N"), count: 16 << 20)).expect(
      found: "bytes", wanted: "at most 16777216")
  }

  @Test func lengthsBeyondTheEnd() throws {
    try failure(pickling: [UInt8(ascii: "X"), 255, 255, 255, 255]).expect(
      found: "1 bytes left", wanted: "4294967295")
    try failure(pickling: [0x8D] + little(UInt64.max)).expect(
      found: "", wanted: "9223372036854775807")
    try failure(pickling: [0x8A, 9] + [UInt8](repeating: 1, count: 9)).expect(
      found: "an integer of 9 bytes")
    try failure(pickling: Array("cos".utf8)).expect(found: "0 bytes left")
    try failure(pickling: Array("j".utf8) + little(UInt32.max)).expect(found: "memo 4294967295")
  }

  @Test func stacksThatDoNotHoldWhatIsTaken() throws {
    for program in ["R", "a", "s", "u", "e", "b", "Q", "q\u{0}", "(a", "N(s"] {
      _ = try failure(pickling: Array(program.utf8))
    }
    try failure(pickling: Array("t".utf8)).expect(found: "no mark")
    try failure(pickling: Array("NNa".utf8)).expect(found: "something appended to None")
    try failure(pickling: Array("]NNs".utf8)).expect(found: "2 values set in a list")
    try failure(pickling: Array("}(Nu".utf8)).expect(found: "1 values set")
  }

  @Test func protocolsThatAreNotPyTorchs() throws {
    for version: UInt8 in [0, 1, 6, 255] {
      var file = TorchBuilder()
      file.pickle = Pickled.program([UInt8(ascii: "}")], version: version)
      try failure(file.bytes).expect(found: "protocol \(version)", wanted: "2 to 5")
    }
    var file = TorchBuilder()
    file.pickle = Array("(dp0\n.".utf8)
    try failure(file.bytes).expect(found: "no protocol", wanted: "a pickle")
    file.pickle = []
    try failure(file.bytes).expect(found: "0 bytes left")
  }
}
