import Foundation

extension Renderer {
  func holds(
    _ comparison: Comparison, _ left: TemplateValue, _ right: TemplateValue
  ) throws(Problem) -> Bool {
    switch comparison {
    case .equal: left.equals(right)
    case .notEqual: !left.equals(right)
    case .less: try left.order(right) == .less
    case .greater: try left.order(right) == .greater
    case .lessOrEqual: [.less, .equal].contains(try left.order(right))
    case .greaterOrEqual: [.greater, .equal].contains(try left.order(right))
    case .isIn: try contains(right, left)
    case .isNotIn: try !contains(right, left)
    }
  }

  /// Python's `in`.
  func contains(_ whole: TemplateValue, _ part: TemplateValue) throws(Problem) -> Bool {
    switch whole {
    case .text(let text):
      guard case .text(let part) = part else {
        throw Problem("a \(part.typeName) looked for in a text", wanted: "a text")
      }
      try charge(text.bytes.count / 16)
      return text.contains(part)
    case .dictionary(let dictionary):
      guard part.isKey else { throw Problem("a key that is a \(part.typeName)", wanted: "a text") }
      return dictionary[part] != nil
    case .iterator(let iterator):
      while let element = iterator.next() { if element.equals(part) { return true } }
      return false
    default:
      for element in try elements(of: whole) where element.equals(part) { return true }
      return false
    }
  }

  func unary(_ kind: UnaryOperator, _ value: TemplateValue) throws(Problem) -> TemplateValue {
    if kind == .not { return .bool(!value.isTrue) }
    switch value.number {
    case .integer(let number):
      guard kind == .minus else { return .integer(number) }
      let (result, overflows) = (0).subtractingReportingOverflow(number)
      return try Self.integer(result, overflows)
    case .real(let number): return .real(kind == .minus ? -number : number)
    case nil:
      if case .undefined(let why) = value { throw Problem(why.description) }
      throw Problem("a sign before a \(value.typeName)", wanted: "a number")
    }
  }

  private static func integer(_ value: Int, _ overflows: Bool) throws(Problem) -> TemplateValue {
    guard !overflows else { throw Problem("a number beyond 64 bits", wanted: "a smaller one") }
    return .integer(value)
  }

  func binary(
    _ kind: BinaryOperator, _ left: TemplateValue, _ right: TemplateValue
  ) throws(Problem) -> TemplateValue {
    if let a = left.number, let b = right.number { return try arithmetic(kind, a, b) }
    switch (kind, left, right) {
    case (.remainder, .text(let format), _):
      return .text(try charge(for: try PercentFormat(format).text(right)))
    case (_, .undefined(let why), _), (_, _, .undefined(let why)): throw Problem(why.description)
    case (_, .markup, _), (_, _, .markup): throw Problem.markup
    case (.add, .text(let a), .text(let b)): return .text(try charge(for: a + b))
    case (.add, .list(let a), .list(let b)):
      try charge(a.count + b.count)
      return .list(a + b)
    case (.add, .tuple(let a), .tuple(let b)):
      try charge(a.count + b.count)
      return .tuple(a + b)
    case (.multiply, _, _):
      if let product = try repeated(left, right) { return product }
      if let product = try repeated(right, left) { return product }
    default: break
    }
    throw Problem("\(left.typeName) \(kind.rawValue) \(right.typeName)", wanted: "two of one kind")
  }

  /// A text or list several times; nil for anything else.
  private func repeated(
    _ value: TemplateValue, _ times: TemplateValue
  ) throws(Problem) -> TemplateValue? {
    guard case .integer(let times)? = times.number else { return nil }
    func check(_ count: Int) throws(Problem) {
      let (product, overflows) = count.multipliedReportingOverflow(by: max(0, times))
      guard !overflows, product <= Self.longestText else {
        throw Problem("a text or list \(times) times", wanted: "less")
      }
      try charge(product / 4)
    }
    switch value {
    case .text(let text):
      try check(text.bytes.count)
      return .text(text.repeated(times))
    case .list(let values):
      try check(16 * values.count)
      return .list(Array(repeatElement(values, count: max(0, times)).joined()))
    case .tuple(let values):
      try check(16 * values.count)
      return .tuple(Array(repeatElement(values, count: max(0, times)).joined()))
    default: return nil
    }
  }

  private func arithmetic(
    _ kind: BinaryOperator, _ a: TemplateValue.Number, _ b: TemplateValue.Number
  ) throws(Problem) -> TemplateValue {
    guard case .integer(let x) = a, case .integer(let y) = b else {
      return .real(try Self.real(kind, a.double, b.double))
    }
    switch kind {
    case .add:
      let (value, overflows) = x.addingReportingOverflow(y)
      return try Self.integer(value, overflows)
    case .subtract:
      let (value, overflows) = x.subtractingReportingOverflow(y)
      return try Self.integer(value, overflows)
    case .multiply:
      let (value, overflows) = x.multipliedReportingOverflow(by: y)
      return try Self.integer(value, overflows)
    case .divide: return .real(try Self.real(.divide, Double(x), Double(y)))
    case .floorDivide, .remainder:
      guard y != 0 else { throw Problem("a division by zero") }
      if y == -1 { return kind == .remainder ? .integer(0) : try unary(.minus, .integer(x)) }
      let isRounded = x % y != 0 && (x < 0) != (y < 0)
      if kind == .floorDivide { return .integer(x / y - (isRounded ? 1 : 0)) }
      return .integer(x % y + (isRounded ? y : 0))
    case .power:
      if y < 0 { return .real(try Self.real(.power, Double(x), Double(y))) }
      var (result, base, exponent, overflows) = (1, x, y, false)
      while exponent > 0, !overflows {
        if exponent & 1 == 1 { (result, overflows) = result.multipliedReportingOverflow(by: base) }
        exponent >>= 1
        if exponent > 0, !overflows {
          (base, overflows) = base.multipliedReportingOverflow(by: base)
        }
      }
      return try Self.integer(result, overflows)
    }
  }

  private static func real(_ kind: BinaryOperator, _ x: Double, _ y: Double) throws(Problem)
    -> Double
  {
    switch kind {
    case .add: return x + y
    case .subtract: return x - y
    case .multiply: return x * y
    case .divide:
      guard y != 0 else { throw Problem("a division by zero") }
      return x / y
    case .floorDivide, .remainder:
      guard y != 0 else { throw Problem("a division by zero") }
      var remainder = fmod(x, y)
      var quotient = (x - remainder) / y
      if remainder != 0, (y < 0) != (remainder < 0) {
        remainder += y
        quotient -= 1
      } else if remainder == 0 {
        remainder = y < 0 ? -0.0 : 0.0
      }
      if kind == .remainder { return remainder }
      let floored = quotient.rounded(.down)
      return quotient == 0
        ? (x / y < 0 ? -0.0 : 0.0) : quotient - floored > 0.5 ? floored + 1 : floored
    case .power:
      guard !(x == 0 && y < 0) else { throw Problem("zero to a power below zero") }
      guard x >= 0 || y == y.rounded() else {
        throw Problem("a broken power of a number below zero", wanted: "a real number")
      }
      let power = pow(x, y)
      guard power.isFinite || !x.isFinite || !y.isFinite else {
        throw Problem("a power that is too large")
      }
      return power
    }
  }
}
