extension TemplateValue {
  /// Whether it counts as true.
  var isTrue: Bool {
    switch self {
    case .undefined, .null: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .real(let value): value != 0
    case .text(let text), .markup(let text): !text.isEmpty
    case .list(let values), .tuple(let values): !values.isEmpty
    case .dictionary(let dictionary): !dictionary.entries.isEmpty
    case .view(let view): !view.dictionary.entries.isEmpty
    case .range(let range): range.count > 0
    case .iterator, .namespace, .loop, .function: true
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// The number, where it is one; true is 1.
  var number: Number? {
    switch self {
    case .bool(let value): .integer(value ? 1 : 0)
    case .integer(let value): .integer(value)
    case .real(let value): .real(value)
    default: nil
    }
  }

  /// A whole number or a broken one.
  enum Number {
    case integer(Int)
    case real(Double)

    var double: Double {
      switch self {
      case .integer(let value): Double(value)
      case .real(let value): value
      }
    }
  }

  /// Python's `==`, which never fails.
  func equals(_ other: TemplateValue) -> Bool {
    if let number, let otherNumber = other.number {
      return Self.compare(number, otherNumber) == .equal
    }
    switch (self, other) {
    case (.undefined, .undefined), (.null, .null): return true
    case (.text(let a), .text(let b)), (.markup(let a), .markup(let b)),
      (.text(let a), .markup(let b)),
      (.markup(let a), .text(let b)):
      return a == b
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      return a.count == b.count && zip(a, b).allSatisfy { $0.equals($1) }
    case (.dictionary(let a), .dictionary(let b)):
      return a.entries.count == b.entries.count
        && a.entries.allSatisfy { key, value in b[key].map { $0.equals(value) } ?? false }
    case (.range(let a), .range(let b)):
      return a.count == b.count
        && (a.count == 0 || a.start == b.start && (a.count == 1 || a.step == b.step))
    case (.iterator(let a), .iterator(let b)): return a === b
    case (.namespace(let a), .namespace(let b)): return a === b
    case (.loop(let a), .loop(let b)): return a === b
    default: return false
    }
  }

  enum Order { case less, equal, greater, none }

  static func compare(_ a: Number, _ b: Number) -> Order {
    if case .integer(let a) = a, case .integer(let b) = b {
      return a < b ? .less : a == b ? .equal : .greater
    }
    let (x, y) = (a.double, b.double)
    if x == y, abs(x) >= 0x1p53, case .integer(let whole) = a, let other = Int(exactly: y) {
      return whole < other ? .less : whole == other ? .equal : .greater
    }
    if x == y, abs(x) >= 0x1p53, case .integer(let whole) = b, let other = Int(exactly: x) {
      return other < whole ? .less : whole == other ? .equal : .greater
    }
    return x < y ? .less : x == y ? .equal : x > y ? .greater : .none
  }

  /// Python's order; fails where there is none.
  func order(_ other: TemplateValue) throws(Problem) -> Order {
    if let number, let otherNumber = other.number { return Self.compare(number, otherNumber) }
    switch (self, other) {
    case (.text(let a), .text(let b)):
      return a == b ? .equal : a < b ? .less : .greater
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      for (x, y) in zip(a, b) where !x.equals(y) { return try x.order(y) }
      return a.count < b.count ? .less : a.count == b.count ? .equal : .greater
    case (.undefined(let why), _), (_, .undefined(let why)): throw Problem(why.description)
    default:
      throw Problem("a comparison of \(typeName) with \(other.typeName)", wanted: "two of one kind")
    }
  }

  /// Whether it can be a key: what may not change.
  var isKey: Bool {
    switch self {
    case .list, .dictionary, .view, .namespace: false
    case .tuple(let values): values.allSatisfy(\.isKey)
    default: true
    }
  }

  /// Python's name of the type.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .null: "NoneType"
    case .bool: "bool"
    case .integer: "int"
    case .real: "float"
    case .text: "str"
    case .markup: "Markup"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .view(let view): "dict_\(view.kind.rawValue)"
    case .range: "range"
    case .iterator: "generator"
    case .namespace: "Namespace"
    case .loop: "LoopContext"
    case .function: "function"
    }
  }
}
