import SeerSupport

/// One value of a GGUF file's metadata. Integers of every width share a case; so do floats.
package enum GGUFValue: Equatable, Sendable {
  case integer(Int)
  case real(Double)
  case bool(Bool)
  case string(String)
  case integers([Int])
  case reals([Double])
  case bools([Bool])
  case strings([String])

  /// The number that it is, if it is one.
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }

  /// What a message calls it.
  package var kind: String {
    switch self {
    case .integer(let value): "integer \(value)"
    case .real(let value): "number \(value)"
    case .bool(let value): "\(value)"
    case .string(let value): "string \"\(value.prefix(40))\""
    case .integers(let values): "array of \(values.count) integers"
    case .reals(let values): "array of \(values.count) numbers"
    case .bools(let values): "array of \(values.count) booleans"
    case .strings(let values): "array of \(values.count) strings"
    }
  }

  /// GGUF's numbers for the types of values.
  private enum Code: UInt32 {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array
    case uint64, int64, float64

    /// Bytes of one value, or the least that one can take.
    var size: Int {
      switch self {
      case .uint8, .int8, .bool: 1
      case .uint16, .int16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64, .string: 8
      case .array: 12
      }
    }
  }

  package init(_ reader: inout ByteReader, key: String) throws(Failure) {
    let code = try Self.code(&reader, key: key)
    guard code == .array else {
      self = try Self.scalar(code, &reader, key: key)
      return
    }
    let element = try Self.code(&reader, key: key)
    guard element != .array else {
      throw reader.failure(
        "key \(key), offset \(reader.offset)", found: "an array of arrays",
        wanted: "an array of numbers, booleans or strings")
    }
    let count = try reader.integer(UInt64.self, "length of \(key)")
    let (bytes, overflow) = count.multipliedReportingOverflow(by: UInt64(element.size))
    guard !overflow else {
      throw reader.failure("key \(key)", found: "\(count) elements", wanted: "what fits the file")
    }
    try reader.need(bytes, for: "\(count) elements of key \(key)")
    self = try Self.array(element, Int(count), &reader, key: key)
  }

  private static func code(_ reader: inout ByteReader, key: String) throws(Failure) -> Code {
    let raw = try reader.integer(UInt32.self, "type of key \(key)")
    guard let code = Code(rawValue: raw) else {
      throw reader.failure(
        "key \(key), offset \(reader.offset - 4)", found: "value type \(raw)", wanted: "0 to 12")
    }
    return code
  }

  private static func scalar(
    _ code: Code, _ reader: inout ByteReader, key: String
  ) throws(Failure) -> GGUFValue {
    switch code {
    case .bool: return .bool(try reader.integer(UInt8.self, key) != 0)
    case .string: return .string(try reader.string("key \(key)"))
    case .float32, .float64: return .real(try real(code, &reader, key))
    default: return .integer(try integer(code, &reader, key))
    }
  }

  private static func array(
    _ code: Code, _ count: Int, _ reader: inout ByteReader, key: String
  ) throws(Failure) -> GGUFValue {
    switch code {
    case .bool:
      var values: [Bool] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try reader.integer(UInt8.self, key) != 0) }
      return .bools(values)
    case .string:
      var values: [String] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try reader.string("key \(key)")) }
      return .strings(values)
    case .float32, .float64:
      var values: [Double] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try real(code, &reader, key)) }
      return .reals(values)
    default:
      var values: [Int] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try integer(code, &reader, key)) }
      return .integers(values)
    }
  }

  private static func real(
    _ code: Code, _ reader: inout ByteReader, _ key: String
  ) throws(Failure) -> Double {
    code == .float64
      ? Double(bitPattern: try reader.integer(UInt64.self, key))
      : Double(Float(bitPattern: try reader.integer(UInt32.self, key)))
  }

  private static func integer(
    _ code: Code, _ reader: inout ByteReader, _ key: String
  ) throws(Failure) -> Int {
    switch code {
    case .uint8: return Int(try reader.integer(UInt8.self, key))
    case .int8: return Int(try reader.integer(Int8.self, key))
    case .uint16: return Int(try reader.integer(UInt16.self, key))
    case .int16: return Int(try reader.integer(Int16.self, key))
    case .uint32: return Int(try reader.integer(UInt32.self, key))
    case .int32: return Int(try reader.integer(Int32.self, key))
    case .int64: return Int(try reader.integer(Int64.self, key))
    default:
      let value = try reader.integer(UInt64.self, key)
      guard let fitting = Int(exactly: value) else {
        throw reader.failure("key \(key)", found: "\(value)", wanted: "an integer below 2^63")
      }
      return fitting
    }
  }
}

extension GGUFValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByStringLiteral
{
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .real(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(stringLiteral value: String) { self = .string(value) }
}
