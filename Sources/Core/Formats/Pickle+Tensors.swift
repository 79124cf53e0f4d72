import SeerSupport

/// The names that a pickle of tensors may use. There are no others.
enum PickleGlobal {
  case orderedDictionary
  case tensor
  case parameter
  case storage(TorchType)

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"): self = .tensor
    case ("torch._utils", "_rebuild_parameter"): self = .parameter
    case ("torch", _):
      guard let type = TorchType(storage: name) else { return nil }
      self = .storage(type)
    default: return nil
    }
  }

  var name: String {
    switch self {
    case .orderedDictionary: "collections.OrderedDict"
    case .tensor: "torch._utils._rebuild_tensor_v2"
    case .parameter: "torch._utils._rebuild_parameter"
    case .storage(let type): "torch.\(type.rawValue)Storage"
    }
  }
}

/// PyTorch's types of numbers, by their storages' names.
enum TorchType: String {
  case float32 = "Float"
  case float16 = "Half"
  case bfloat16 = "BFloat16"
  case float64 = "Double"
  case int64 = "Long"
  case int32 = "Int"
  case int16 = "Short"
  case int8 = "Char"
  case uint8 = "Byte"
  case bool = "Bool"

  init?(storage name: String) {
    guard name.hasSuffix("Storage") else { return nil }
    self.init(rawValue: String(name.dropLast("Storage".count)))
  }

  /// Bytes of one number.
  var size: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// What it is expanded from, or nil for integers; float64 is made float32 first.
  var blockType: BlockType? {
    switch self {
    case .float32, .float64: .f32
    case .float16: .f16
    case .bfloat16: .bf16
    default: nil
    }
  }
}

/// Numbers that lie outside the pickle, under a key of their own.
struct PickleStorage {
  let key: String
  let type: TorchType
  /// Numbers, not bytes.
  let count: Int
}

/// A view of a storage, as PyTorch has them: index (i, j, ...) lies at `offset` + i * strides[0] +
/// j * strides[1] + ..., counted in numbers.
struct PickleTensor {
  let storage: Int
  let offset: Int
  let shape: [Int]
  let strides: [Int]

  var count: Int { shape.reduce(1, *) }

  /// Whether the numbers lie one after the other, row by row.
  var isContiguous: Bool {
    guard count > 0 else { return true }
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      guard stride == expected else { return false }
      expected *= size
    }
    return true
  }
}

extension Pickle {
  /// What a persistent id stands for: ('storage', type, key, device, count).
  mutating func storage(_ id: PickleValue) throws(Failure) -> PickleValue {
    guard case .tuple(let range) = id, range.count == 5 else {
      throw refusal("a persistent id that is \(id.kind)", "a tuple of 5 that names a storage")
    }
    let parts = Array(items[range])
    guard case .text(let kind) = parts[0], text(kind) == "storage",
      case .global(.storage(let type)) = parts[1], case .text(let keyRange) = parts[2],
      case .text = parts[3], case .integer(let count) = parts[4], count >= 0
    else {
      let kinds = parts.map(\.kind).joined(separator: ", ")
      throw refusal("a persistent id of \(kinds)", "'storage', its type, key, device and count")
    }
    let key = text(keyRange)
    if let number = storageNumbers[key] {
      let known = storages[number]
      guard known.type == type, known.count == count else {
        throw refusal("storage \(key) of two types or sizes", "one of each")
      }
      return .storage(number)
    }
    storageNumbers[key] = storages.count
    storages.append(PickleStorage(key: key, type: type, count: count))
    return .storage(storages.count - 1)
  }

  /// What calling a name makes.
  mutating func call(
    _ global: PickleGlobal, _ arguments: [PickleValue]
  ) throws(Failure) -> PickleValue {
    switch global {
    case .orderedDictionary:
      guard arguments.isEmpty else {
        throw refusal(
          "an OrderedDict made of \(arguments[0].kind)", "one that is filled afterwards")
      }
      return newDictionary(isOrdered: true)
    case .tensor: return try tensor(arguments)
    case .parameter:
      guard arguments.count == 3, case .tensor = arguments[0], case .bool = arguments[1],
        isEmpty(arguments[2])
      else { throw wrongCall(global, arguments, "a tensor, a bool, no hooks") }
      return arguments[0]
    case .storage: throw wrongCall(global, arguments, "no call of a storage")
    }
  }

  private func wrongCall(
    _ global: PickleGlobal, _ arguments: [PickleValue], _ wanted: String
  ) -> Failure {
    let kinds = arguments.prefix(8).map(\.kind).joined(separator: ", ")
    return refusal("\(global.name) of \(kinds.isEmpty ? "nothing" : kinds)", wanted)
  }

  /// No hooks, no metadata.
  private func isEmpty(_ value: PickleValue) -> Bool {
    switch value {
    case .none: true
    case .dictionary(let number): dictionaries[number].entries.isEmpty
    default: false
    }
  }

  private mutating func tensor(_ arguments: [PickleValue]) throws(Failure) -> PickleValue {
    guard arguments.count == 6 || arguments.count == 7, case .storage(let number) = arguments[0],
      case .integer(let offset) = arguments[1], let shape = sizes(arguments[2]),
      let strides = sizes(arguments[3]), case .bool = arguments[4], isEmpty(arguments[5]),
      arguments.count == 6 || isEmpty(arguments[6]), offset >= 0, shape.count == strides.count
    else {
      throw wrongCall(
        .tensor, arguments,
        "a storage, an offset, sizes, as many strides, a bool, no hooks, no metadata")
    }
    let storage = storages[number]
    let place = "a tensor of sizes \(shape), strides \(strides) from \(offset) on"
    var last = offset
    var count = 1
    for (size, stride) in zip(shape, strides) {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      let (reach, over) = max(0, size - 1).multipliedReportingOverflow(by: stride)
      let (sum, overSum) = last.addingReportingOverflow(reach)
      guard !overflow, !over, !overSum else { throw refusal(place, "sensible sizes") }
      count = product
      last = sum
    }
    guard count == 0 || last < storage.count else {
      throw refusal(place, "a view of the \(storage.count) numbers of storage \(storage.key)")
    }
    guard count <= storage.count else {
      throw refusal(place, "at most the \(storage.count) numbers that its storage has")
    }
    tensors.append(PickleTensor(storage: number, offset: offset, shape: shape, strides: strides))
    return .tensor(tensors.count - 1)
  }

  private func sizes(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let range) = value, range.count <= 64 else { return nil }
    var sizes: [Int] = []
    for item in items[range] {
      guard case .integer(let size) = item, size >= 0 else { return nil }
      sizes.append(size)
    }
    return sizes
  }

  /// Takes the pickle's value, which has to be a dictionary of tensors.
  mutating func finish(_ value: PickleValue) throws(Failure) {
    guard case .dictionary(let number) = value else {
      throw refusal("\(value.kind) in all", "a dictionary of names and tensors")
    }
    for (key, value) in dictionaries[number].entries {
      guard case .text(let range) = key else {
        throw refusal("\(key.kind) as a name", "a string")
      }
      guard case .tensor(let tensor) = value else {
        throw refusal("\(value.kind) under `\(text(range))`", "a tensor")
      }
      let name = text(range)
      guard named.updateValue(tensors[tensor], forKey: name) == nil else {
        throw refusal("`\(name)` twice", "each name once")
      }
    }
  }
}
