/// Variables of a part of the template; a loop's body has its own in each turn.
final class Scope {
  private var values: [(number: Int, value: TemplateValue)] = []
  private let parent: Scope?

  init(parent: Scope?) { self.parent = parent }

  /// Looked for outward, set here.
  subscript(name: Name) -> TemplateValue? {
    get {
      for entry in values where entry.number == name.number { return entry.value }
      return parent?[name]
    }
    set {
      guard let newValue else { return }
      if let index = values.firstIndex(where: { $0.number == name.number }) {
        values[index].value = newValue
      } else {
        values.append((name.number, newValue))
      }
    }
  }

  /// Ends cycles: a macro knows the scope that it stands in.
  func clear() { values = [] }
}

/// A run of a template.
package final class Renderer {
  let date: TemplateDate
  private(set) var output: [UInt8] = []
  private var work = 0
  private var depth = 0
  private var scopes: [Scope] = []
  private var namespaces: [TemplateValue.Namespace] = []

  /// Values in each other.
  static let deepest = 150
  /// Statements and expressions that wait for each other: what the stack of a thread holds.
  static let deepestRun = 400
  /// Steps, and elements or 16 bytes that they make.
  static let mostWork = 4_000_000
  /// Bytes of a text.
  static let longestText = 16 << 20

  init(date: TemplateDate) { self.date = date }

  /// Ends cycles of references.
  func release() {
    for scope in scopes { scope.clear() }
    for namespace in namespaces { namespace.members = TemplateValue.Dictionary() }
  }

  /// Counts work done, which is bounded.
  func charge(_ units: Int = 1) throws(Problem) {
    work += units
    guard work <= Self.mostWork else {
      throw Problem("a template that does not come to an end", wanted: "less work for one text")
    }
  }

  /// Counts a text's making.
  func charge(for text: Text) throws(Problem) -> Text {
    try charge(text.bytes.count / 16)
    guard text.bytes.count <= Self.longestText else {
      throw Problem("a text of \(text.bytes.count) bytes", wanted: "at most \(Self.longestText)")
    }
    return text
  }

  /// Goes one deeper while a part runs.
  func deeper<Part>(_ part: () throws(Problem) -> Part) throws(Problem) -> Part {
    try charge()
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepestRun else {
      throw Problem("a template that calls itself again and again", wanted: "less depth")
    }
    return try part()
  }

  func note(_ namespace: TemplateValue.Namespace) { namespaces.append(namespace) }

  /// Keeps values from being in each other without end.
  func checkDepth(
    _ value: TemplateValue, depth: Int = 0, allowsLoops: Bool = true
  ) throws(Problem) {
    guard depth < Self.deepest else {
      throw Problem("lists too deep in each other", wanted: "at most \(Self.deepest) levels")
    }
    func check(_ values: [TemplateValue]) throws(Problem) {
      try charge(values.count)
      for value in values {
        try checkDepth(value, depth: depth + 1, allowsLoops: allowsLoops)
      }
    }
    switch value {
    case .list(let values), .tuple(let values): try check(values)
    case .dictionary(let dictionary):
      for entry in dictionary.entries { try check([entry.key, entry.value]) }
    case .view(let view): try check(view.elements)
    case .iterator(let iterator): try check(iterator.values)
    case .function(let function): if let owner = function.owner { try check(owner) }
    case .loop:
      guard allowsLoops else { throw Problem("a loop to keep in a namespace", wanted: "a value") }
    case .undefined, .null, .bool, .integer, .real, .text, .markup, .range, .namespace: return
    }
  }

  // MARK: Output

  func write(_ text: Text) throws(Problem) {
    guard output.count + text.bytes.count <= Self.longestText else {
      throw Problem("more than \(Self.longestText) bytes of text", wanted: "less")
    }
    try charge(text.bytes.count / 16)
    output += text.bytes
  }

  /// What a part writes, taken out of the output.
  func captured(_ part: () throws(Problem) -> Void) throws(Problem) -> Text {
    let outer = output
    output = []
    defer { output = outer }
    try part()
    return Text(output)
  }

  // MARK: Statements

  /// What follows a statement.
  enum Flow { case on, leaveLoop, nextTurn }

  func run(_ statements: [Statement], in scope: Scope) throws(Problem) -> Flow {
    for statement in statements {
      do throws(Problem) {
        let flow = try deeper { () throws(Problem) in try run(statement.kind, in: scope) }
        if flow != .on { return flow }
      } catch {
        var problem = error
        problem.line = problem.line ?? statement.line
        throw problem
      }
    }
    return .on
  }

  private func run(_ statement: Statement.Kind, in scope: Scope) throws(Problem) -> Flow {
    switch statement {
    case .data(let text): try write(text)
    case .output(let expression): try write(try value(expression, scope).printed())
    case .conditional(let branches, let otherwise):
      for branch in branches where try value(branch.test, scope).isTrue {
        return try run(branch.body, in: scope)
      }
      return try run(otherwise, in: scope)
    case .loop(let syntax):
      try runLoop(syntax, over: try value(syntax.sequence, scope), depth: 0, in: scope)
    case .set(let target, let expression):
      try assign(try value(expression, scope), to: target, in: scope)
    case .setBlock(let target, let filters, let body):
      let text = try captured { () throws(Problem) in
        _ = try run(body, in: Scope(parent: scope))
      }
      try assign(try filtered(text, filters, scope), to: target, in: scope)
    case .macro(let name, let syntax): scope[name] = .function(macro(syntax, in: scope))
    case .call(let callee, let arguments, let syntax):
      var arguments = try evaluated(arguments, scope)
      arguments.named.append(("caller", .function(macro(syntax, in: scope))))
      try write(try call(try value(callee, scope), arguments).printed())
    case .filterBlock(let filters, let body):
      let text = try captured { () throws(Problem) in
        _ = try run(body, in: Scope(parent: scope))
      }
      try write(try filtered(text, filters, scope).printed())
    case .with(let values, let body):
      let inner = Scope(parent: scope)
      for (target, expression) in values {
        try assign(try value(expression, scope), to: target, in: inner)
      }
      return try run(body, in: inner)
    case .scope(let body): return try run(body, in: Scope(parent: scope))
    case .breakLoop: return .leaveLoop
    case .continueLoop: return .nextTurn
    }
    return .on
  }

  private func filtered(
    _ text: Text, _ filters: [FilterSyntax], _ scope: Scope
  ) throws(Problem) -> TemplateValue {
    var value = TemplateValue.text(text)
    for filter in filters {
      value = try apply(filter.name, to: value, try evaluated(filter.arguments, scope))
    }
    return value
  }

  func assign(
    _ value: TemplateValue, to target: Target, in scope: Scope
  ) throws(Problem) {
    switch target {
    case .name(let name):
      try checkDepth(value)
      scope[name] = value
    case .member(let name, let member):
      guard case .namespace(let namespace)? = scope[name] else {
        throw Problem("`\(name.text).\(member)` to assign to", wanted: "a member of a namespace")
      }
      try checkDepth(value, allowsLoops: false)
      try Globals.checkMember(member)
      namespace.members[member] = value
    case .tuple(let targets):
      let values = try elements(of: value)
      guard values.count == targets.count else {
        throw Problem("\(values.count) values", wanted: "\(targets.count), one for each name")
      }
      for (target, value) in zip(targets, values) { try assign(value, to: target, in: scope) }
    }
  }

  private func runLoop(
    _ syntax: LoopSyntax, over sequence: TemplateValue, depth: Int, in scope: Scope
  ) throws(Problem) {
    var values = try elements(of: sequence)
    if let filter = syntax.filter {
      var kept: [TemplateValue] = []
      for element in values {
        let inner = Scope(parent: scope)
        inner[.loop] = .undefined(.because("`loop` in a loop's filter, where there is none"))
        try assign(element, to: syntax.target, in: inner)
        if try value(filter, inner).isTrue { kept.append(element) }
      }
      values = kept
    }
    let loop = TemplateValue.Loop(values, depth: depth)
    if syntax.isRecursive {
      loop.recursion = { [unowned self] (sequence) throws(Problem) in
        try self.deeper { () throws(Problem) in
          try self.captured { () throws(Problem) in
            try self.runLoop(syntax, over: sequence, depth: depth + 1, in: scope)
          }
        }
      }
    }
    // As in Jinja, `else` is for loops none of whose turns came to its end.
    var hasCompleted = false
    for (index, element) in values.enumerated() {
      try charge()
      loop.place = index
      let inner = Scope(parent: scope)
      inner[.loop] = .loop(loop)
      try assign(element, to: syntax.target, in: inner)
      let flow = try run(syntax.body, in: inner)
      if flow == .on { hasCompleted = true }
      if flow == .leaveLoop { break }
    }
    if !hasCompleted { _ = try run(syntax.otherwise, in: Scope(parent: scope)) }
  }

  // MARK: Macros

  private func macro(_ syntax: MacroSyntax, in scope: Scope) -> TemplateValue.Function {
    scopes.append(scope)
    return TemplateValue.Function(name: syntax.name) { (renderer, arguments) throws(Problem) in
      try renderer.run(syntax, arguments, in: scope)
    }
  }

  private func run(
    _ syntax: MacroSyntax, _ arguments: Arguments, in scope: Scope
  ) throws(Problem) -> TemplateValue {
    let inner = Scope(parent: scope)
    var named = arguments.named
    func take(_ name: String) -> TemplateValue? {
      named.firstIndex { $0.name == name }.map { named.remove(at: $0).value }
    }
    let firstDefault = syntax.parameters.count - syntax.defaults.count
    for (index, parameter) in syntax.parameters.enumerated() {
      if index < arguments.positional.count {
        inner[parameter] = arguments.positional[index]
      } else if let value = take(parameter.text) {
        inner[parameter] = value
      } else if index >= firstDefault {
        inner[parameter] = try value(syntax.defaults[index - firstDefault], inner)
      } else {
        inner[parameter] = .undefined(.because("the parameter `\(parameter.text)`, not given"))
      }
    }
    if let caller = syntax.caller {
      inner[caller] = take("caller") ?? .undefined(.because("no `caller`, which `call` gives"))
    }
    if let kwargs = syntax.kwargs {
      var rest = TemplateValue.Dictionary()
      for (name, value) in named { rest[name] = value }
      inner[kwargs] = .dictionary(rest)
    } else if let extra = named.first {
      throw Problem("an argument `\(extra.name)` of `\(syntax.name)`", wanted: "one that it has")
    }
    let extra = arguments.positional.dropFirst(syntax.parameters.count)
    if let varargs = syntax.varargs {
      inner[varargs] = .tuple(Array(extra))
    } else if !extra.isEmpty {
      throw Problem(
        "\(arguments.positional.count) arguments of `\(syntax.name)`",
        wanted: "at most \(syntax.parameters.count)")
    }
    return .text(
      try captured { () throws(Problem) in
        _ = try run(syntax.body, in: inner)
      })
  }
}
