/// Expressions, by rising precedence: conditional, or, and, not, comparison, sum, `~`, product, power,
/// sign, then what follows a value: `.`, `[`, `(`, `|`, `is`.
extension Parser {
  private func make(
    _ kind: Expression.Kind, line: Int, _ parts: Expression?...
  ) throws(Problem) -> Expression {
    try make(kind, line: line, parts)
  }

  private func make(
    _ kind: Expression.Kind, line: Int, _ parts: [Expression?]
  ) throws(Problem) -> Expression {
    let depth = 1 + parts.reduce(0) { max($0, $1?.depth ?? 0) }
    guard depth <= Self.deepestExpression else {
      throw Problem(
        "an expression of \(depth) steps", wanted: "at most \(Self.deepestExpression)", line: line)
    }
    return Expression(kind, line: line, depth: depth)
  }

  /// An expression, or several with commas: a tuple.
  mutating func tupleOrExpression(
    takesConditionals: Bool = true, endsWith end: String? = nil, isInBrackets: Bool = false
  ) throws(Problem) -> Expression {
    let line = line
    func isEnd() -> Bool {
      current.kind == .variableEnd || current.kind == .blockEnd || isSymbol(")")
        || end.map { isName($0) } ?? false
    }
    var parts: [Expression] = []
    var isTuple = false
    while !isEnd() {
      parts.append(try expression(takesConditionals: takesConditionals))
      guard take(",") else { break }
      isTuple = true
    }
    if !isTuple, let only = parts.first { return only }
    guard isTuple || isInBrackets else { throw unexpected("an expression") }
    return try make(.tuple(parts), line: line, parts)
  }

  mutating func expression(takesConditionals: Bool = true) throws(Problem) -> Expression {
    try nested { (parser) throws(Problem) in
      guard takesConditionals else { return try parser.or() }
      return try parser.conditional()
    }
  }

  private mutating func conditional() throws(Problem) -> Expression {
    var value = try or()
    while isName("if") {
      let line = line
      advance()
      let test = try or()
      var otherwise: Expression?
      if takeName("else") {
        otherwise = try nested { (parser) throws(Problem) in try parser.conditional() }
      }
      value = try make(
        .conditional(test: test, then: value, otherwise: otherwise), line: line, value, test,
        otherwise)
    }
    return value
  }

  private mutating func or() throws(Problem) -> Expression {
    var value = try and()
    while isName("or") {
      let line = line
      advance()
      let right = try and()
      value = try make(.or(value, right), line: line, value, right)
    }
    return value
  }

  private mutating func and() throws(Problem) -> Expression {
    var value = try not()
    while isName("and") {
      let line = line
      advance()
      let right = try not()
      value = try make(.and(value, right), line: line, value, right)
    }
    return value
  }

  private mutating func not() throws(Problem) -> Expression {
    guard isName("not") else { return try comparison() }
    let line = line
    advance()
    let value = try nested { (parser) throws(Problem) in try parser.not() }
    return try make(.unary(.not, value), line: line, value)
  }

  private mutating func comparison() throws(Problem) -> Expression {
    let line = line
    let value = try sum()
    var steps: [(Comparison, Expression)] = []
    while true {
      if case .symbol(let symbol) = current.kind, let comparison = Comparison(rawValue: symbol) {
        advance()
        steps.append((comparison, try sum()))
      } else if takeName("in") {
        steps.append((.isIn, try sum()))
      } else if isName("not"), following.kind == .name("in") {
        advance()
        advance()
        steps.append((.isNotIn, try sum()))
      } else {
        break
      }
    }
    if steps.isEmpty { return value }
    return try make(.comparison(value, steps), line: line, [value] + steps.map(\.1))
  }

  private mutating func binary(
    _ operators: [BinaryOperator],
    _ operand: (inout Parser) throws(Problem) -> Expression
  ) throws(Problem) -> Expression {
    var value = try operand(&self)
    while case .symbol(let symbol) = current.kind, let kind = BinaryOperator(rawValue: symbol),
      operators.contains(kind)
    {
      let line = line
      advance()
      let right = try operand(&self)
      value = try make(.binary(kind, value, right), line: line, value, right)
    }
    return value
  }

  private mutating func sum() throws(Problem) -> Expression {
    try binary([.add, .subtract]) { (parser) throws(Problem) in try parser.joined() }
  }

  private mutating func joined() throws(Problem) -> Expression {
    let line = line
    var parts = [try product()]
    while take("~") { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : try make(.joined(parts), line: line, parts)
  }

  private mutating func product() throws(Problem) -> Expression {
    try binary([.multiply, .divide, .floorDivide, .remainder]) { (parser) throws(Problem) in
      try parser.power()
    }
  }

  private mutating func power() throws(Problem) -> Expression {
    try binary([.power]) { (parser) throws(Problem) in try parser.signed() }
  }

  private mutating func signed(takesFilters: Bool = true) throws(Problem) -> Expression {
    let line = line
    var value: Expression
    if isSymbol("-") || isSymbol("+") {
      let sign = isSymbol("-") ? UnaryOperator.minus : .plus
      advance()
      let operand = try nested { (parser) throws(Problem) in
        try parser.signed(takesFilters: false)
      }
      value = try make(.unary(sign, operand), line: line, operand)
    } else {
      value = try primary()
    }
    value = try postfix(value)
    return takesFilters ? try filtered(value) : value
  }

  private mutating func primary() throws(Problem) -> Expression {
    let line = line
    let token = current
    switch token.kind {
    case .name(let text):
      advance()
      switch text {
      case "true", "True": return try make(.bool(true), line: line)
      case "false", "False": return try make(.bool(false), line: line)
      case "none", "None": return try make(.null, line: line)
      default: return try make(.name(name(text)), line: line)
      }
    case .text(var text):
      advance()
      while case .text(let more) = current.kind {
        text = text + more
        advance()
      }
      return try make(.text(text), line: line)
    case .integer(let value):
      advance()
      return try make(.integer(value), line: line)
    case .real(let value):
      advance()
      return try make(.real(value), line: line)
    case .symbol("("):
      return try nested { (parser) throws(Problem) in
        parser.advance()
        let value = try parser.tupleOrExpression(isInBrackets: true)
        try parser.expect(")")
        return value
      }
    case .symbol("["):
      return try nested { (parser) throws(Problem) in try parser.list() }
    case .symbol("{"):
      return try nested { (parser) throws(Problem) in try parser.dictionary() }
    default: throw unexpected("an expression")
    }
  }

  private mutating func list() throws(Problem) -> Expression {
    let line = line
    advance()
    var parts: [Expression] = []
    while !isSymbol("]") {
      if !parts.isEmpty { try expect(",") }
      if isSymbol("]") { break }
      parts.append(try expression())
    }
    advance()
    return try make(.list(parts), line: line, parts)
  }

  private mutating func dictionary() throws(Problem) -> Expression {
    let line = line
    advance()
    var entries: [(key: Expression, value: Expression)] = []
    while !isSymbol("}") {
      if !entries.isEmpty { try expect(",") }
      if isSymbol("}") { break }
      let key = try expression()
      try expect(":")
      entries.append((key, try expression()))
    }
    advance()
    return try make(.dictionary(entries), line: line, entries.flatMap { [$0.key, $0.value] })
  }

  // MARK: After a value

  private mutating func postfix(_ value: Expression) throws(Problem) -> Expression {
    var value = value
    while true {
      let line = line
      if take(".") {
        switch current.kind {
        case .name(let name):
          advance()
          value = try make(.attribute(value, name), line: line, value)
        case .integer(let index):
          advance()
          let index = try make(.integer(index), line: line)
          value = try make(.subscripted(value, index), line: line, value, index)
        default: throw unexpected("a name or a number")
        }
      } else if isSymbol("[") {
        value = try nested { (parser) throws(Problem) in try parser.subscripted(value) }
      } else if isSymbol("(") {
        value = try called(value)
      } else {
        return value
      }
    }
  }

  private mutating func filtered(_ value: Expression) throws(Problem) -> Expression {
    var value = value
    while true {
      let line = line
      if take("|") {
        let filter = try filter()
        value = try make(
          .filter(value, filter.name, filter.arguments), line: line,
          [value] + filter.arguments.parts)
      } else if takeName("is") {
        value = try test(value, line: line)
      } else if isSymbol("(") {
        value = try called(value)
      } else {
        return value
      }
    }
  }

  private mutating func called(_ value: Expression) throws(Problem) -> Expression {
    let line = line
    let arguments = try callArguments()
    return try make(.call(value, arguments), line: line, [value] + arguments.parts)
  }

  private mutating func test(_ value: Expression, line: Int) throws(Problem) -> Expression {
    let isNegated = takeName("not")
    var name = try expectName()
    while take(".") { name += "." + (try expectName()) }
    var arguments = CallArguments()
    if isSymbol("(") {
      arguments = try callArguments()
    } else if beginsTestArgument {
      guard !isName("is") else { throw Problem("two tests in a chain", wanted: "one", line: line) }
      let argument = try postfix(try primary())
      arguments.positional = [argument]
    }
    let test = try make(
      .test(value, name, arguments), line: line, [value] + arguments.parts)
    return isNegated ? try make(.unary(.not, test), line: line, test) : test
  }

  private var beginsTestArgument: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and"].contains(name)
    case .text, .integer, .real: true
    case .symbol(let symbol): symbol == "[" || symbol == "{"
    default: false
    }
  }

  private mutating func subscripted(_ value: Expression) throws(Problem) -> Expression {
    let line = line
    advance()
    var parts: [Expression] = []
    var slice: Expression?
    var isTuple = false
    while !isSymbol("]") {
      if !parts.isEmpty || slice != nil {
        try expect(",")
        isTuple = true
      }
      var start: Expression?
      if !isSymbol(":") { start = try expression() }
      if let only = start, !isSymbol(":") {
        parts.append(only)
        continue
      }
      advance()
      var end: Expression?
      var step: Expression?
      if !isSymbol(":"), !isSymbol("]"), !isSymbol(",") { end = try expression() }
      if take(":"), !isSymbol("]"), !isSymbol(",") { step = try expression() }
      slice = try make(
        .slice(value, start: start, end: end, step: step), line: line, value, start, end, step)
    }
    advance()
    if let slice {
      guard !isTuple else { throw Problem("a slice among several indices", line: line) }
      return slice
    }
    let index = parts.count == 1 ? parts[0] : try make(.tuple(parts), line: line, parts)
    return try make(.subscripted(value, index), line: line, value, index)
  }

  mutating func callArguments() throws(Problem) -> CallArguments {
    try nested { (parser) throws(Problem) in
      let line = parser.line
      try parser.expect("(")
      var arguments = CallArguments()
      var isFirst = true
      while !parser.isSymbol(")") {
        if !isFirst {
          try parser.expect(",")
          if parser.isSymbol(")") { break }
        }
        isFirst = false
        if parser.take("*") {
          guard arguments.rest == nil, arguments.namedRest == nil else {
            throw parser.unexpected("one `*`")
          }
          arguments.rest = try parser.expression()
        } else if parser.take("**") {
          guard arguments.namedRest == nil else { throw parser.unexpected("one `**`") }
          arguments.namedRest = try parser.expression()
        } else if case .name(let name) = parser.current.kind, parser.following.kind == .symbol("=")
        {
          guard arguments.namedRest == nil else { throw parser.unexpected("`**` last") }
          parser.advance()
          parser.advance()
          guard !arguments.named.contains(where: { $0.name == name }) else {
            throw Problem("the argument `\(name)` twice", line: line)
          }
          arguments.named.append((name, try parser.expression()))
        } else {
          guard arguments.named.isEmpty, arguments.rest == nil, arguments.namedRest == nil else {
            throw parser.unexpected("arguments without names first")
          }
          arguments.positional.append(try parser.expression())
        }
      }
      parser.advance()
      return arguments
    }
  }
}

extension CallArguments {
  /// All expressions in it.
  var parts: [Expression?] { positional + named.map(\.value) + [rest, namedRest] }
}
