import SeerSupport

/// Reads a pickle that holds tensors, without running anything: a pickle is a program that makes
/// objects, and this knows only what makes the values of ``PickleValue``.
///
/// Layout (Lib/pickletools.py of CPython, protocols 2 to 5): `\x80` and the protocol's number, then
/// opcodes of one byte with their arguments, which move values between a stack and a memo, until `.`.
///
/// What a name stands for and what calling it makes is said in ``PickleGlobal`` and
/// `Pickle+Tensors.swift`; any other name, opcode or call is refused by its name. Values lie in lists
/// of this struct and refer to each other by number, so that neither loops nor deep nesting matter.
struct Pickle {
  private let file: MappedFile
  /// What a message calls it: the file's entry.
  private let entry: String
  private let range: Range<Int>
  private var offset: Int
  /// Where the opcode that is obeyed begins.
  private var opcodeOffset: Int

  private var stack: [PickleValue] = []
  /// How much of the stack lies below each mark.
  private var marks: [Int] = []
  private var memo: [UInt32: PickleValue] = [:]

  /// The values of all tuples, one after the other.
  private(set) var items: [PickleValue] = []
  private(set) var lists: [[PickleValue]] = []
  private(set) var dictionaries: [PickleDictionary] = []
  var storages: [PickleStorage] = []
  var storageNumbers: [String: Int] = [:]
  var tensors: [PickleTensor] = []
  /// What the pickle holds in the end.
  var named: [String: PickleTensor] = [:]

  /// Values may take far more memory than the bytes that make them: these limits, which a model's
  /// tensors never come near, keep it to some hundred megabytes.
  private static let longest = 16 << 20
  private static let mostValues = 2_000_000
  private var valueCount = 0

  /// Precondition: the range lies within the file.
  init(_ file: MappedFile, entry: String, range: Range<Int>) throws(Failure) {
    self.file = file
    self.entry = entry
    self.range = range
    offset = range.lowerBound
    opcodeOffset = offset
    guard range.count <= Self.longest else {
      throw refusal("\(range.count) bytes", "at most \(Self.longest), as names of tensors take")
    }
    try run()
  }

  // MARK: What went wrong

  /// What is not obeyed. Nothing but the values above has been made when it is thrown.
  func refusal(_ found: String, _ wanted: String, advice: String? = nil) -> Failure {
    Failure(
      .badData, file: file.path, place: "\(entry), offset \(opcodeOffset - range.lowerBound)",
      found: found, wanted: wanted,
      advice: advice ?? "The file is damaged or holds more than weights: make it again.")
  }

  /// A name or opcode by which a pickle could do anything.
  private func unknown(_ found: String) -> Failure {
    refusal(
      found, "tensors and nothing else",
      advice: "Nothing of it was run. Get the weights as safetensors; torch.load without "
        + "weights_only=True could run what stands there.")
  }

  // MARK: The machine

  private mutating func run() throws(Failure) {
    guard try byte() == 0x80 else { throw refusal("no protocol", "a pickle") }
    let version = try byte()
    guard (2...5).contains(version) else { throw refusal("protocol \(version)", "2 to 5") }
    while true {
      opcodeOffset = offset
      let opcode = try byte()
      if opcode == UInt8(ascii: ".") { break }
      try obey(opcode)
      guard max(valueCount, memo.count, marks.count) <= Self.mostValues else {
        throw refusal("more than \(Self.mostValues) values", "those of a model's tensors")
      }
    }
    try finish(try pop())
  }

  private mutating func obey(_ opcode: UInt8) throws(Failure) {
    switch opcode {
    // Values.
    case UInt8(ascii: "N"): push(.none)
    case 0x88: push(.bool(true))
    case 0x89: push(.bool(false))
    case UInt8(ascii: "K"): push(.integer(Int(try byte())))
    case UInt8(ascii: "M"): push(.integer(Int(try integer(UInt16.self))))
    case UInt8(ascii: "J"): push(.integer(Int(try integer(Int32.self))))
    case 0x8A: push(.integer(try longInteger()))
    case UInt8(ascii: "G"):
      _ = try take(8)
      push(.real)
    case UInt8(ascii: "X"): push(.text(try take(Int(try integer(UInt32.self)))))
    case 0x8C: push(.text(try take(Int(try byte()))))
    case 0x8D:
      let count = try integer(UInt64.self)
      push(.text(try take(Int(clamping: count))))
    // Collections.
    case UInt8(ascii: ")"): push(.tuple(items.count..<items.count))
    case 0x85...0x87: try pushTuple(pop(Int(opcode - 0x84)))
    case UInt8(ascii: "t"): try pushTuple(popMark())
    case UInt8(ascii: "]"): pushList()
    case UInt8(ascii: "}"): push(newDictionary(isOrdered: false))
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "a"): try append([try pop()])
    case UInt8(ascii: "e"): try append(try popMark())
    case UInt8(ascii: "s"): try set(try pop(2))
    case UInt8(ascii: "u"): try set(try popMark())
    // The memo.
    case UInt8(ascii: "q"): try remember(UInt32(try byte()))
    case UInt8(ascii: "r"): try remember(try integer(UInt32.self))
    case 0x94: try remember(UInt32(memo.count))
    case UInt8(ascii: "h"): try recall(UInt32(try byte()))
    case UInt8(ascii: "j"): try recall(try integer(UInt32.self))
    // Names and what is made with them.
    case UInt8(ascii: "c"):
      let module = try line()
      push(.global(try global(module, try line())))
    case 0x93:
      let names = try pop(2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else {
        throw refusal("a name that is no string", "a module and a name")
      }
      push(.global(try global(text(module), text(name))))
    case UInt8(ascii: "Q"): push(try storage(try pop()))
    case UInt8(ascii: "R"):
      let parts = try pop(2)
      guard case .global(let name) = parts[0], case .tuple(let arguments) = parts[1] else {
        throw refusal("a call of \(parts[0].kind)", "a call of what makes a tensor")
      }
      push(try call(name, Array(items[arguments])))
    case UInt8(ascii: "b"):
      // What a state dict says of its modules.
      let (state, object) = (try pop(), try top())
      guard case .dictionary(let number) = object, dictionaries[number].isOrdered,
        case .dictionary = state
      else { throw unknown("opcode BUILD of \(object.kind) from \(state.kind)") }
    // How long what follows is, which readers of streams want to know.
    case 0x95: _ = try integer(UInt64.self)
    default:
      throw unknown("opcode \(Self.opcodeNames[opcode] ?? "0x" + String(opcode, radix: 16))")
    }
  }

  private func global(_ module: String, _ name: String) throws(Failure) -> PickleGlobal {
    guard let global = PickleGlobal(module: module, name: name) else {
      throw unknown("the name `\(shortened(module)).\(shortened(name))`")
    }
    return global
  }

  /// As a message shows it.
  private func shortened(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(80).map { $0.value < 32 ? "?" : String($0) }.joined()
    return text.unicodeScalars.count > 80 ? shown + "..." : shown
  }

  // MARK: The stack

  /// Values above the last mark.
  private var room: Int { stack.count - (marks.last ?? 0) }

  private mutating func push(_ value: PickleValue) {
    stack.append(value)
    valueCount += 1
  }

  private func top() throws(Failure) -> PickleValue {
    guard room > 0, let value = stack.last else { throw refusal("an empty stack", "a value") }
    return value
  }

  private mutating func pop() throws(Failure) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws(Failure) -> [PickleValue] {
    guard room >= count else { throw refusal("\(max(0, room)) values", "\(count)") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMark() throws(Failure) -> [PickleValue] {
    guard let mark = marks.last, mark <= stack.count else { throw refusal("no mark", "one") }
    marks.removeLast()
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func remember(_ number: UInt32) throws(Failure) { memo[number] = try top() }

  private mutating func recall(_ number: UInt32) throws(Failure) {
    guard let value = memo[number] else {
      throw refusal("memo \(number), where nothing is", "one that was filled")
    }
    push(value)
  }

  // MARK: Collections

  private mutating func pushTuple(_ values: [PickleValue]) {
    push(.tuple(items.count..<items.count + values.count))
    items += values
  }

  private mutating func pushList() {
    push(.list(lists.count))
    lists.append([])
  }

  mutating func newDictionary(isOrdered: Bool) -> PickleValue {
    dictionaries.append(PickleDictionary(isOrdered: isOrdered))
    return .dictionary(dictionaries.count - 1)
  }

  private mutating func append(_ values: [PickleValue]) throws(Failure) {
    let object = try top()
    guard case .list(let number) = object else {
      throw refusal("something appended to \(object.kind)", "a list")
    }
    lists[number] += values
  }

  private mutating func set(_ values: [PickleValue]) throws(Failure) {
    let object = try top()
    guard case .dictionary(let number) = object, values.count % 2 == 0 else {
      throw refusal("\(values.count) values set in \(object.kind)", "pairs for a dictionary")
    }
    for index in stride(from: 0, to: values.count, by: 2) {
      dictionaries[number].entries.append((values[index], values[index + 1]))
    }
  }

  // MARK: Bytes

  private mutating func take(_ count: Int) throws(Failure) -> Range<Int> {
    guard count >= 0, count <= range.upperBound - offset else {
      throw refusal("\(range.upperBound - offset) bytes left", "\(count)")
    }
    defer { offset += count }
    return offset..<offset + count
  }

  private mutating func byte() throws(Failure) -> UInt8 { try integer(UInt8.self) }

  private mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(Failure) -> T {
    let bytes = try take(MemoryLayout<T>.size)
    return T(
      littleEndian: file.withBytes {
        $0.loadUnaligned(fromByteOffset: bytes.lowerBound, as: T.self)
      })
  }

  /// An integer of as many bytes as the first one says.
  private mutating func longInteger() throws(Failure) -> Int {
    let count = Int(try byte())
    let bytes = file.copy(try take(count))
    guard count <= 8 else { throw refusal("an integer of \(count) bytes", "at most 8") }
    var value: UInt64 = 0
    for (index, byte) in bytes.enumerated() { value |= UInt64(byte) << (8 * UInt64(index)) }
    let unused = UInt64(64 - 8 * count)
    return count == 0 ? 0 : Int(truncatingIfNeeded: Int64(bitPattern: value << unused) >> unused)
  }

  private mutating func line() throws(Failure) -> String {
    let start = offset
    while try byte() != UInt8(ascii: "\n") {}
    return text(start..<offset - 1)
  }

  func text(_ range: Range<Int>) -> String {
    file.withBytes { String(decoding: $0[range], as: UTF8.self) }
  }

  /// The opcodes that make other things, for messages.
  private static let opcodeNames: [UInt8: String] = [
    UInt8(ascii: "0"): "POP", UInt8(ascii: "1"): "POP_MARK", UInt8(ascii: "2"): "DUP",
    UInt8(ascii: "I"): "INT", UInt8(ascii: "L"): "LONG", UInt8(ascii: "F"): "FLOAT",
    UInt8(ascii: "S"): "STRING", UInt8(ascii: "T"): "BINSTRING",
    UInt8(ascii: "U"): "SHORT_BINSTRING",
    UInt8(ascii: "V"): "UNICODE", UInt8(ascii: "B"): "BINBYTES",
    UInt8(ascii: "C"): "SHORT_BINBYTES",
    UInt8(ascii: "d"): "DICT", UInt8(ascii: "l"): "LIST", UInt8(ascii: "g"): "GET",
    UInt8(ascii: "p"): "PUT", UInt8(ascii: "P"): "PERSID", UInt8(ascii: "i"): "INST",
    UInt8(ascii: "o"): "OBJ", 0x80: "PROTO", 0x81: "NEWOBJ", 0x82: "EXT1", 0x83: "EXT2",
    0x84: "EXT4", 0x8B: "LONG4", 0x8E: "BINBYTES8", 0x8F: "EMPTY_SET", 0x90: "ADDITEMS",
    0x91: "FROZENSET", 0x92: "NEWOBJ_EX", 0x96: "BYTEARRAY8", 0x97: "NEXT_BUFFER",
    0x98: "READONLY_BUFFER",
  ]
}

/// What a pickle's opcodes may make.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  case real
  /// Its bytes in the file.
  case text(Range<Int>)
  case global(PickleGlobal)
  /// Its values in ``Pickle/items``.
  case tuple(Range<Int>)
  case list(Int)
  case dictionary(Int)
  case storage(Int)
  case tensor(Int)

  /// What a message calls it.
  var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a bool"
    case .integer: "an integer"
    case .real: "a float"
    case .text: "a string"
    case .global(let global): "the name `\(global.name)`"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }
}

struct PickleDictionary {
  /// An OrderedDict, which may have attributes of its own.
  let isOrdered: Bool
  var entries: [(key: PickleValue, value: PickleValue)] = []
}
