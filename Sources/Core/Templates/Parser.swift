/// Makes statements of a template's words.
struct Parser {
  private let tokens: [Token]
  private var place = 0
  private var names: [String: Name] = [:]
  /// Loops around this place, which `break` and `continue` need.
  private var loops = 0
  private var nesting = 0

  /// Statements and brackets in each other; deeper than any model's template.
  static let deepestNesting = 100
  /// Expressions in each other: a chain of `+` counts each.
  static let deepestExpression = 250

  /// The statements, and the names in them.
  static func parse(
    _ tokens: [Token]
  ) throws(Problem) -> (statements: [Statement], names: [String: Name]) {
    var parser = Parser(tokens)
    do throws(Problem) {
      let statements = try parser.statements(until: [])
      return (statements, parser.names)
    } catch {
      var problem = error
      problem.line = problem.line ?? parser.line
      throw problem
    }
  }

  private init(_ tokens: [Token]) {
    self.tokens = tokens
    names[Name.loop.text] = .loop
  }

  // MARK: Words

  var current: Token { tokens[min(place, tokens.count - 1)] }
  var following: Token { tokens[min(place + 1, tokens.count - 1)] }
  var line: Int { current.line }

  mutating func advance() { place += 1 }

  func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }
  func isName(_ name: String) -> Bool { current.kind == .name(name) }

  mutating func take(_ symbol: String) -> Bool {
    guard isSymbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func takeName(_ name: String) -> Bool {
    guard isName(name) else { return false }
    advance()
    return true
  }

  mutating func expect(_ symbol: String) throws(Problem) {
    guard take(symbol) else { throw unexpected("`\(symbol)`") }
  }

  mutating func expectName() throws(Problem) -> String {
    guard case .name(let name) = current.kind else { throw unexpected("a name") }
    advance()
    return name
  }

  func unexpected(_ wanted: String) -> Problem {
    Problem(current.words, wanted: wanted, line: line)
  }

  mutating func name(_ text: String) -> Name {
    if let name = names[text] { return name }
    let name = Name(number: names.count, text: text)
    names[text] = name
    return name
  }

  /// Runs a part one level deeper.
  mutating func nested<Part>(
    _ part: (inout Parser) throws(Problem) -> Part
  ) throws(Problem) -> Part {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Self.deepestNesting else {
      throw Problem(
        "parts in each other", wanted: "at most \(Self.deepestNesting) levels", line: line)
    }
    return try part(&self)
  }

  // MARK: Statements

  /// Reads to the end of the template, or up to one of the tags, whose name is left.
  private mutating func statements(until ends: [String]) throws(Problem) -> [Statement] {
    try nested { (parser) throws(Problem) in
      var statements: [Statement] = []
      while true {
        let line = parser.line
        switch parser.current.kind {
        case .data(let text):
          parser.advance()
          statements.append(Statement(line: line, kind: .data(text)))
        case .variableBegin:
          parser.advance()
          let value = try parser.tupleOrExpression()
          guard parser.current.kind == .variableEnd else { throw parser.unexpected("`}}`") }
          parser.advance()
          statements.append(Statement(line: line, kind: .output(value)))
        case .blockBegin:
          parser.advance()
          if case .name(let name) = parser.current.kind, ends.contains(name) { return statements }
          statements.append(Statement(line: line, kind: try parser.statement()))
          try parser.expectBlockEnd()
        case .end:
          guard ends.isEmpty else {
            throw parser.unexpected(ends.map { "`\($0)`" }.joined(separator: " or "))
          }
          return statements
        default: throw parser.unexpected("text or a tag")
        }
      }
    }
  }

  private mutating func expectBlockEnd() throws(Problem) {
    guard current.kind == .blockEnd else { throw unexpected("`%}`") }
    advance()
  }

  /// The body of a block, from the end of its tag; the tag that ends it is read up to its name.
  private mutating func body(until ends: String...) throws(Problem) -> [Statement] {
    _ = take(":")
    try expectBlockEnd()
    return try statements(until: ends)
  }

  /// The same, where one tag can end it.
  private mutating func wholeBody(until end: String) throws(Problem) -> [Statement] {
    let body = try body(until: end)
    advance()
    return body
  }

  private mutating func statement() throws(Problem) -> Statement.Kind {
    guard case .name(let tag) = current.kind else { throw unexpected("a tag's name") }
    let line = line
    advance()
    switch tag {
    case "if": return try conditional()
    case "for": return try loop()
    case "set": return try assignment()
    case "macro":
      let name = try plainName()
      return .macro(name, try macroBody(name.text, signature: try signature(), until: "endmacro"))
    case "call": return try call()
    case "filter":
      let filters = try filterChain(startsInline: true)
      return .filterBlock(filters, body: try wholeBody(until: "endfilter"))
    case "with": return try with()
    case "print": return .output(try tupleOrExpression())
    case "generation":
      return .scope(
        try outsideOfLoops { (parser) throws(Problem) in
          try parser.wholeBody(until: "endgeneration")
        })
    case "break", "continue":
      guard loops > 0 else { throw Problem("`\(tag)` outside of a loop", line: line) }
      return tag == "break" ? .breakLoop : .continueLoop
    default:
      throw Problem(
        "a tag `\(tag)`", wanted: "one that chat templates use: if, for, set, macro, ...",
        line: line)
    }
  }

  private mutating func conditional() throws(Problem) -> Statement.Kind {
    var branches: [(test: Expression, body: [Statement])] = []
    while true {
      let test = try tupleOrExpression(takesConditionals: false)
      branches.append((test, try body(until: "elif", "else", "endif")))
      if takeName("elif") { continue }
      if takeName("else") {
        return .conditional(branches, otherwise: try wholeBody(until: "endif"))
      }
      advance()
      return .conditional(branches, otherwise: [])
    }
  }

  private mutating func loop() throws(Problem) -> Statement.Kind {
    let target = try target(endsWith: "in")
    guard !target.has(.loop) else { throw Problem("a loop over `loop`", wanted: "another name") }
    guard takeName("in") else { throw unexpected("`in`") }
    let sequence = try tupleOrExpression(takesConditionals: false, endsWith: "recursive")
    var filter: Expression?
    if takeName("if") { filter = try expression() }
    let isRecursive = takeName("recursive")
    loops += 1
    let main = try body(until: "endfor", "else")
    loops -= 1
    var otherwise: [Statement] = []
    if takeName("else") {
      otherwise = try wholeBody(until: "endfor")
    } else {
      advance()
    }
    return .loop(
      LoopSyntax(
        target: target, sequence: sequence, filter: filter, isRecursive: isRecursive, body: main,
        otherwise: otherwise))
  }

  private mutating func assignment() throws(Problem) -> Statement.Kind {
    let target = try target(takesMembers: true)
    if take("=") { return .set(target, try tupleOrExpression()) }
    let filters = try filterChain(startsInline: false)
    return .setBlock(target, filters: filters, body: try wholeBody(until: "endset"))
  }

  private mutating func with() throws(Problem) -> Statement.Kind {
    var values: [(target: Target, value: Expression)] = []
    while current.kind != .blockEnd {
      if !values.isEmpty { try expect(",") }
      let target = try target()
      try expect("=")
      values.append((target, try expression()))
    }
    return .with(values, body: try wholeBody(until: "endwith"))
  }

  private mutating func call() throws(Problem) -> Statement.Kind {
    let signature = isSymbol("(") ? try signature() : ([], [])
    guard case .call(let callee, let arguments) = try expression().kind else {
      throw unexpected("a call")
    }
    let caller = try macroBody("caller", signature: signature, until: "endcall")
    return .call(callee, arguments, caller: caller)
  }

  private mutating func macroBody(
    _ name: String, signature: (parameters: [Name], defaults: [Expression]), until end: String
  ) throws(Problem) -> MacroSyntax {
    let start = place
    let body = try outsideOfLoops { (parser) throws(Problem) in
      try parser.wholeBody(until: end)
    }
    func used(_ text: String) -> Name? {
      tokens[start..<place].contains { $0.kind == .name(text) }
        && !signature.parameters.contains { $0.text == text } ? names[text] : nil
    }
    return MacroSyntax(
      name: name, parameters: signature.parameters, defaults: signature.defaults, body: body,
      caller: used("caller"), varargs: used("varargs"), kwargs: used("kwargs"))
  }

  /// What a body that is run by itself may not break out of.
  private mutating func outsideOfLoops<Part>(
    _ part: (inout Parser) throws(Problem) -> Part
  ) throws(Problem) -> Part {
    let outer = loops
    loops = 0
    defer { loops = outer }
    return try part(&self)
  }

  private mutating func signature() throws(Problem) -> (parameters: [Name], defaults: [Expression])
  {
    try expect("(")
    var parameters: [Name] = []
    var defaults: [Expression] = []
    while !isSymbol(")") {
      if !parameters.isEmpty { try expect(",") }
      let parameter = try plainName()
      guard !parameters.contains(parameter) else {
        throw Problem("the parameter `\(parameter.text)` twice", line: line)
      }
      parameters.append(parameter)
      if take("=") {
        defaults.append(try expression())
      } else if !defaults.isEmpty {
        throw Problem("a parameter without a default after one with it", line: line)
      }
    }
    advance()
    return (parameters, defaults)
  }

  // MARK: Targets

  private mutating func plainName() throws(Problem) -> Name {
    let line = line
    let text = try expectName()
    guard !["true", "false", "none", "True", "False", "None"].contains(text) else {
      throw Problem("`\(text)` to assign to", wanted: "a name", line: line)
    }
    return name(text)
  }

  /// A name, a namespace's member, or several names.
  private mutating func target(
    takesMembers: Bool = false, endsWith end: String? = nil
  ) throws(Problem) -> Target {
    func isEnd() -> Bool {
      end.map { isName($0) } ?? false || isSymbol("=") || isSymbol(")") || current.kind == .blockEnd
    }
    var targets: [Target] = []
    var isTuple = false
    while !isEnd() {
      if isSymbol("(") {
        targets.append(
          try nested { (parser) throws(Problem) in
            parser.advance()
            let inner = try parser.target(takesMembers: takesMembers)
            try parser.expect(")")
            return inner
          })
      } else {
        let name = try plainName()
        if takesMembers, take(".") {
          targets.append(.member(of: name, try expectName()))
        } else {
          targets.append(.name(name))
        }
      }
      guard take(",") else { break }
      isTuple = true
    }
    guard let first = targets.first else { throw unexpected("a name") }
    return isTuple ? .tuple(targets) : first
  }

  // MARK: Filters of blocks

  mutating func filterChain(startsInline: Bool) throws(Problem) -> [FilterSyntax] {
    var filters: [FilterSyntax] = []
    var isInline = startsInline
    while isInline || isSymbol("|") {
      if !isInline { advance() }
      isInline = false
      filters.append(try filter())
    }
    return filters
  }

  mutating func filter() throws(Problem) -> FilterSyntax {
    var name = try expectName()
    while take(".") { name += "." + (try expectName()) }
    let arguments = isSymbol("(") ? try callArguments() : CallArguments()
    return FilterSyntax(name: name, arguments: arguments)
  }
}
