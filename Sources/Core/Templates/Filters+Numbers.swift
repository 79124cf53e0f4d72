import Foundation

extension Renderer {
  func numberFilter(
    _ kind: Filters.Kind, _ value: TemplateValue, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    func bound(_ parameters: String..., required: Int = 0) throws(Problem) -> [TemplateValue?] {
      try arguments.bound(to: parameters, of: kind.rawValue, required: required)
    }
    if kind == .sum {
      let bound = try bound("attribute", "start")
      var sum = bound[1] ?? .integer(0)
      if case .text = sum { throw Problem("a sum of texts", wanted: "the filter `join`") }
      for element in try elements(of: value) {
        sum = try binary(.add, sum, try found(bound[0], in: element))
      }
      return sum
    }
    if case .undefined(let why) = value { throw Problem(why.description) }
    switch kind {
    case .abs:
      _ = try bound()
      switch value.number {
      case .integer(let number): return number < 0 ? try unary(.minus, value) : .integer(number)
      case .real(let number): return .real(Swift.abs(number))
      case nil: throw Problem("the amount of a \(value.typeName)", wanted: "of a number")
      }
    case .int:
      let bound = try bound("default", "base")
      let base = try bound[1]?.integer(of: "base") ?? 10
      return try integer(value, base: base) ?? bound[0] ?? .integer(0)
    case .float:
      let usual = try bound("default")[0] ?? .real(0)
      if let number = value.number { return .real(number.double) }
      guard case .text(let text) = value else { return usual }
      return Self.real(text).map { .real($0) } ?? usual
    default:  // round
      let bound = try bound("precision", "method")
      let method = try bound[1]?.text(of: "method") ?? "common"
      return try rounded(value, try bound[0]?.integer(of: "precision") ?? 0, method)
    }
  }

  /// A number cut to a whole one, or read from a text; nil where it is none.
  private func integer(_ value: TemplateValue, base: Int) throws(Problem) -> TemplateValue? {
    func whole(_ number: Double) throws(Problem) -> TemplateValue? {
      if number.isNaN { return nil }
      guard let whole = Int(exactly: number.rounded(.towardZero)) else {
        throw Problem("the number \(number)", wanted: "one of 64 bits")
      }
      return .integer(whole)
    }
    switch value.number {
    case .integer(let number): return .integer(number)
    case .real(let number): return try whole(number)
    case nil: break
    }
    guard case .text(let text) = value else { return nil }
    if let number = try Self.integer(text, base: base) { return .integer(number) }
    return try Self.real(text).flatMap { (number) throws(Problem) in try whole(number) }
  }

  private static func integer(_ text: Text, base: Int) throws(Problem) -> Int? {
    guard base == 0 || 2...36 ~= base else {
      throw Problem("a base of \(base)", wanted: "0 or 2 to 36")
    }
    var digits = text.stripped(.both).bytes[...]
    let isNegative = digits.first == 0x2D
    if isNegative || digits.first == 0x2B { digits = digits.dropFirst() }
    var base = base
    let prefix = String(decoding: digits.prefix(2), as: UTF8.self).lowercased()
    if let radix = ["0b": 2, "0o": 8, "0x": 16][prefix], base == radix || base == 0 {
      base = radix
      digits = digits.dropFirst(2)
      if digits.first == 0x5F { digits = digits.dropFirst() }
    } else if base == 0 {
      guard digits.first != 0x30 || digits.allSatisfy({ $0 == 0x30 || $0 == 0x5F }) else {
        return nil
      }
      base = 10
    }
    guard let plain = withoutUnderscores(digits), !plain.isEmpty,
      plain.allSatisfy({ isDigit($0, base) })
    else { return nil }
    let written = (isNegative ? "-" : "") + String(decoding: plain, as: UTF8.self)
    guard let value = Int(written, radix: base) else {
      throw Problem("the number \(written)", wanted: "one of 64 bits")
    }
    return value
  }

  private static func isDigit(_ byte: UInt8, _ base: Int) -> Bool {
    switch byte {
    case 0x30...0x39: Int(byte) - 0x30 < base
    case 0x41...0x5A: Int(byte) - 0x41 + 10 < base
    case 0x61...0x7A: Int(byte) - 0x61 + 10 < base
    default: false
    }
  }

  /// Digits without the underscores between them; nil where one is elsewhere.
  private static func withoutUnderscores(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
    guard digits.first != 0x5F, digits.last != 0x5F else { return nil }
    guard !zip(digits, digits.dropFirst()).contains(where: { $0 == 0x5F && $1 == 0x5F }) else {
      return nil
    }
    return digits.filter { $0 != 0x5F }
  }

  /// Python's `float` of a text.
  private static func real(_ text: Text) -> Double? {
    let trimmed = text.stripped(.both)
    switch trimmed.lowercased.string {
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    case "nan", "+nan", "-nan": return .nan
    default: break
    }
    let allowed = Set("0123456789+-.eE_".utf8)
    guard trimmed.bytes.allSatisfy(allowed.contains),
      let plain = withoutUnderscores(trimmed.bytes[...])
    else { return nil }
    return Double(String(decoding: plain, as: UTF8.self))
  }

  private func rounded(
    _ value: TemplateValue, _ precision: Int, _ method: Text
  ) throws(Problem) -> TemplateValue {
    guard let number = value.number else {
      throw Problem("a \(value.typeName) to round", wanted: "a number")
    }
    guard -300...300 ~= precision else {
      throw Problem("a precision of \(precision)", wanted: "a smaller one")
    }
    switch method {
    case "common":
      if case .integer(let whole) = number {
        guard precision < 0 else { return .integer(whole) }
        guard precision > -19 else { return .integer(0) }
        let unit = (0..<(-precision)).reduce(1) { unit, _ in unit * 10 }
        let (remainder, half) = (whole % unit, unit / 2)
        let down = whole - remainder
        let isUp =
          abs(remainder) > half || abs(remainder) == half && (down / unit) % 2 != 0
        return try binary(.add, .integer(down), .integer(isUp ? (whole < 0 ? -unit : unit) : 0))
      }
      let real = number.double
      guard real.isFinite else { return .real(real) }
      if precision >= 0 {
        return .real(Double(String(format: "%.\(precision)f", real)) ?? real)
      }
      let unit = pow(10, Double(-precision))
      return .real((real / unit).rounded(.toNearestOrEven) * unit)
    case "ceil", "floor":
      guard number.double.isFinite else {
        throw Problem("the number \(number.double) to round", wanted: "a finite one")
      }
      let unit = pow(10, Double(precision))
      return .real((number.double * unit).rounded(method == "ceil" ? .up : .down) / unit)
    default: throw Problem("a method `\(method.string)` to round", wanted: "common, ceil or floor")
    }
  }
}
