extension Renderer {
  /// `value is name(arguments)`.
  func test(
    _ name: String, _ value: TemplateValue, _ arguments: Arguments
  ) throws(Problem) -> Bool {
    func other() throws(Problem) -> TemplateValue {
      try arguments.bound(to: ["other"], of: name, required: 1)[0] ?? .null
    }
    if let comparison = Self.comparisons[name] {
      return try holds(comparison, value, try other())
    }
    switch name {
    case "divisibleby":
      let remainder = try binary(.remainder, value, try other())
      return remainder.equals(.integer(0))
    case "sameas": return try isSame(value, try other())
    case "filter":
      guard case .text(let name) = value else { return false }
      return Filters.all[name.string] != nil
    case "test":
      guard case .text(let name) = value else { return false }
      return Self.comparisons[name.string] != nil || Self.plainTests.contains(name.string)
        || ["divisibleby", "sameas", "filter", "test"].contains(name.string)
    default: break
    }
    guard Self.plainTests.contains(name) else {
      throw Problem("a test `\(name)`", wanted: "one that Jinja has")
    }
    _ = try arguments.bound(to: [], of: name)
    return try plainTest(name, value)
  }

  private static let comparisons: [String: Comparison] = [
    "==": .equal, "eq": .equal, "equalto": .equal, "!=": .notEqual, "ne": .notEqual,
    ">": .greater, "gt": .greater, "greaterthan": .greater, ">=": .greaterOrEqual,
    "ge": .greaterOrEqual, "<": .less, "lt": .less, "lessthan": .less, "<=": .lessOrEqual,
    "le": .lessOrEqual, "in": .isIn,
  ]

  private static let plainTests: Set = [
    "odd", "even", "defined", "undefined", "none", "boolean", "false", "true", "integer", "float",
    "lower", "upper", "string", "mapping", "number", "sequence", "iterable", "callable", "escaped",
  ]

  private func plainTest(_ name: String, _ value: TemplateValue) throws(Problem) -> Bool {
    switch name {
    case "odd", "even":
      let remainder = try binary(.remainder, value, .integer(2))
      return remainder.equals(.integer(name == "odd" ? 1 : 0))
    case "defined": return !value.isUndefined
    case "undefined": return value.isUndefined
    case "none": return value.isNull
    case "boolean": if case .bool = value { return true } else { return false }
    case "true", "false":
      if case .bool(let flag) = value { return flag == (name == "true") } else { return false }
    case "integer": if case .integer = value { return true } else { return false }
    case "float": if case .real = value { return true } else { return false }
    case "number": return value.number != nil
    case "string":
      switch value {
      case .text, .markup: return true
      default: return false
      }
    case "mapping": if case .dictionary = value { return true } else { return false }
    case "lower": return try value.printed().isCased { $0.isLowercase }
    case "upper": return try value.printed().isCased { $0.isUppercase }
    case "escaped": if case .markup = value { return true } else { return false }
    case "sequence":
      switch value {
      case .text, .markup, .list, .tuple, .dictionary, .range, .undefined: return true
      default: return false
      }
    case "iterable":
      switch value {
      case .text, .markup, .list, .tuple, .dictionary, .range, .undefined, .view, .iterator, .loop:
        return true
      default: return false
      }
    default:  // callable
      switch value {
      case .function, .loop, .undefined: return true
      default: return false
      }
    }
  }

  /// Python's `is`, where that means something.
  private func isSame(_ a: TemplateValue, _ b: TemplateValue) throws(Problem) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.null, _), (_, .null), (.bool, _), (_, .bool): false
    case (.namespace(let a), .namespace(let b)): a === b
    default: throw Problem("`sameas` of a \(a.typeName)", wanted: "of true, false or none")
    }
  }
}
