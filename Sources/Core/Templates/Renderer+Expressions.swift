extension Renderer {
  /// An expression's value.
  func value(_ expression: Expression, _ scope: Scope) throws(Problem) -> TemplateValue {
    switch expression.kind {
    // What needs no more depth.
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .real(let value): return .real(value)
    case .text(let text): return .text(text)
    case .name(let name): return scope[name] ?? .undefined(.name(name.text))
    default:
      return try deeper { () throws(Problem) in try compound(expression.kind, scope) }
    }
  }

  private func compound(
    _ kind: Expression.Kind, _ scope: Scope
  ) throws(Problem) -> TemplateValue {
    switch kind {
    case .attribute(let base, let name): return try attribute(name, of: value(base, scope))
    case .subscripted(let base, let index):
      return try item(try value(index, scope), of: try value(base, scope))
    case .slice(let base, let start, let end, let step):
      return try sliced(base, start, end, step, scope)
    case .call(let callee, let arguments):
      return try call(try value(callee, scope), try evaluated(arguments, scope))
    case .filter(let base, let name, let arguments):
      let base = try value(base, scope)
      return try apply(name, to: base, try evaluated(arguments, scope))
    case .test(let base, let name, let arguments):
      let base = try value(base, scope)
      return .bool(try test(name, base, try evaluated(arguments, scope)))
    case .unary(let kind, let operand): return try unary(kind, try value(operand, scope))
    case .binary(let kind, let left, let right):
      let left = try value(left, scope)
      return try binary(kind, left, try value(right, scope))
    case .comparison(let first, let steps): return .bool(try compare(first, steps, scope))
    case .and(let left, let right):
      let left = try value(left, scope)
      return left.isTrue ? try value(right, scope) : left
    case .or(let left, let right):
      let left = try value(left, scope)
      return left.isTrue ? left : try value(right, scope)
    case .conditional(let test, let then, let otherwise):
      if try value(test, scope).isTrue { return try value(then, scope) }
      guard let otherwise else {
        return .undefined(.because("the value of an `if` without `else`"))
      }
      return try value(otherwise, scope)
    case .list(let parts): return .list(try values(parts, scope))
    case .tuple(let parts): return .tuple(try values(parts, scope))
    case .dictionary(let entries): return try dictionary(entries, scope)
    case .joined(let parts): return try joined(parts, scope)
    case .null, .bool, .integer, .real, .text, .name:
      throw Problem("a simple value where a compound one is worked out")
    }
  }

  private func values(
    _ parts: [Expression], _ scope: Scope
  ) throws(Problem) -> [TemplateValue] {
    var values: [TemplateValue] = []
    values.reserveCapacity(parts.count)
    for part in parts { values.append(try value(part, scope)) }
    return values
  }

  private func dictionary(
    _ entries: [(key: Expression, value: Expression)], _ scope: Scope
  ) throws(Problem) -> TemplateValue {
    var result = TemplateValue.Dictionary()
    for (key, entry) in entries {
      let key = try value(key, scope)
      guard key.isKey else { throw Problem("a key that is a \(key.typeName)", wanted: "a text") }
      try charge(result.entries.count)
      result[key] = try value(entry, scope)
    }
    return .dictionary(result)
  }

  /// `~`: texts of everything together.
  private func joined(_ parts: [Expression], _ scope: Scope) throws(Problem) -> TemplateValue {
    var text: [UInt8] = []
    for part in parts {
      let value = try value(part, scope)
      if case .markup = value { throw Problem.markup }
      text += try value.printed().bytes
    }
    return .text(try charge(for: Text(text)))
  }

  private func compare(
    _ first: Expression, _ steps: [(Comparison, Expression)], _ scope: Scope
  ) throws(Problem) -> Bool {
    var left = try value(first, scope)
    for (comparison, expression) in steps {
      let right = try value(expression, scope)
      guard try holds(comparison, left, right) else { return false }
      left = right
    }
    return true
  }

  private func sliced(
    _ base: Expression, _ start: Expression?, _ end: Expression?, _ step: Expression?,
    _ scope: Scope
  ) throws(Problem) -> TemplateValue {
    let base = try value(base, scope)
    var bounds: [TemplateValue] = []
    for bound in [start, end, step] {
      bounds.append(try bound.map { (bound) throws(Problem) in try value(bound, scope) } ?? .null)
    }
    return try slice(base, bounds[0], bounds[1], bounds[2])
  }

  func evaluated(
    _ arguments: CallArguments, _ scope: Scope
  ) throws(Problem) -> Arguments {
    var result = Arguments()
    result.positional = try values(arguments.positional, scope)
    for (name, expression) in arguments.named {
      result.named.append((name, try value(expression, scope)))
    }
    if let rest = arguments.rest { result.positional += try elements(of: try value(rest, scope)) }
    if let rest = arguments.namedRest {
      guard case .dictionary(let dictionary) = try value(rest, scope) else {
        throw Problem("`**` before what is no dictionary")
      }
      for (key, value) in dictionary.entries {
        guard case .text(let name) = key else { throw Problem("a name that is no text") }
        guard !result.named.contains(where: { $0.name == name.string }) else {
          throw Problem("the argument `\(name.string)` twice")
        }
        result.named.append((name.string, value))
      }
    }
    return result
  }

  func call(_ callee: TemplateValue, _ arguments: Arguments) throws(Problem) -> TemplateValue {
    switch callee {
    case .function(let function): return try function.call(self, arguments)
    case .loop(let loop):
      guard let recursion = loop.recursion else {
        throw Problem("a call of `loop`", wanted: "a loop that says `recursive`")
      }
      let sequence = try arguments.bound(to: ["iterable"], of: "loop", required: 1)[0]
      return .text(try recursion(sequence ?? .null))
    case .undefined(let why): throw Problem("a call of \(why.description)")
    default: throw Problem("a call of a \(callee.typeName)", wanted: "a function")
    }
  }

  // MARK: Sequences

  /// Everything that a loop over the value goes through.
  func elements(of value: TemplateValue) throws(Problem) -> [TemplateValue] {
    let elements: [TemplateValue]
    switch value {
    case .list(let values), .tuple(let values): elements = values
    case .undefined: elements = []
    case .text(let text): elements = text.scalars.map { .text(Text($0)) }
    case .dictionary(let dictionary): elements = dictionary.entries.map(\.key)
    case .view(let view): elements = view.elements
    case .iterator(let iterator): elements = iterator.rest()
    case .range(let range): elements = (0..<range.count).map { .integer(range[$0]) }
    default: throw Problem("a \(value.typeName) to go through", wanted: "a list")
    }
    try charge(elements.count)
    return elements
  }

  /// Python's `len`.
  func length(_ value: TemplateValue) throws(Problem) -> Int {
    switch value {
    case .undefined: 0
    case .text(let text): text.count
    case .list(let values), .tuple(let values): values.count
    case .dictionary(let dictionary): dictionary.entries.count
    case .view(let view): view.dictionary.entries.count
    case .range(let range): range.count
    case .loop(let loop): loop.values.count
    default: throw Problem("the length of a \(value.typeName)", wanted: "of a text or a list")
    }
  }
}

extension Problem {
  static let markup = Problem(
    "a text marked as safe in an expression", wanted: "to print it at once")
}
