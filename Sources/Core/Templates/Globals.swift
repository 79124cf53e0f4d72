/// What a template knows without being told.
enum Globals {
  static var all: [(name: String, value: TemplateValue)] {
    functions.map { ($0.name, .function($0)) }
  }

  private static var functions: [TemplateValue.Function] {
    [
      function("range", range), function("dict", dictionary), function("namespace", namespace),
      function("joiner", joiner), function("raise_exception", raise),
      function("strftime_now", today),
      function("cycler") { (_, _) throws(Problem) in throw refused("cycler") },
      function("lipsum") { (_, _) throws(Problem) in throw refused("lipsum") },
    ]
  }

  private static func function(
    _ name: String, _ call: @escaping (Renderer, Arguments) throws(Problem) -> TemplateValue
  ) -> TemplateValue.Function {
    TemplateValue.Function(name: name, call)
  }

  private static func refused(_ name: String) -> Problem {
    Problem("a call of `\(name)`", wanted: "what chat templates use")
  }

  private static func range(
    _ renderer: Renderer, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    var bounds: [Int] = []
    for value in arguments.positional { bounds.append(try value.integer(of: "range")) }
    guard arguments.named.isEmpty, 1...3 ~= bounds.count else {
      throw Problem("\(bounds.count) arguments of `range`", wanted: "1 to 3")
    }
    let start = bounds.count == 1 ? 0 : bounds[0]
    let end = bounds.count == 1 ? bounds[0] : bounds[1]
    let step = bounds.count == 3 ? bounds[2] : 1
    guard step != 0 else { throw Problem("a range with the step 0") }
    let (distance, overflows) = end.subtractingReportingOverflow(start)
    guard !overflows, distance.magnitude < 1 << 62, step.magnitude < 1 << 62 else {
      throw Problem("a range that is too large", wanted: "at most 100,000 numbers")
    }
    let range = TemplateValue.NumberRange(start: start, end: end, step: step)
    guard range.count <= 100_000 else {
      throw Problem("a range of \(range.count) numbers", wanted: "at most 100,000")
    }
    return .range(range)
  }

  private static func dictionary(
    _ renderer: Renderer, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    .dictionary(try members(renderer, arguments, of: "dict"))
  }

  /// What `dict(...)` makes: of another dictionary or of pairs, then of named values.
  private static func members(
    _ renderer: Renderer, _ arguments: Arguments, of name: String
  ) throws(Problem) -> TemplateValue.Dictionary {
    guard arguments.positional.count <= 1 else {
      throw Problem("\(arguments.positional.count) arguments of `\(name)`", wanted: "at most 1")
    }
    var result = TemplateValue.Dictionary()
    switch arguments.positional.first {
    case nil: break
    case .dictionary(let dictionary): result = dictionary
    case let value?:
      for pair in try renderer.elements(of: value) {
        let parts = try renderer.elements(of: pair)
        guard parts.count == 2, parts[0].isKey else {
          throw Problem("something else than pairs for `\(name)`", wanted: "pairs")
        }
        try renderer.charge(result.entries.count)
        result[parts[0]] = parts[1]
      }
    }
    for (name, value) in arguments.named {
      try renderer.charge(result.entries.count)
      result[name] = value
    }
    return result
  }

  static func fromKeys(_ arguments: Arguments) throws(Problem) -> TemplateValue {
    throw refused("dict.fromkeys")
  }

  private static func namespace(
    _ renderer: Renderer, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    let namespace = TemplateValue.Namespace()
    namespace.members = try members(renderer, arguments, of: "namespace")
    for entry in namespace.members.entries {
      if case .text(let name) = entry.key { try checkMember(name.string) }
      try renderer.checkDepth(entry.value, allowsLoops: false)
    }
    renderer.note(namespace)
    return .namespace(namespace)
  }

  /// Namespaces hold no names that begin with an underscore.
  static func checkMember(_ name: String) throws(Problem) {
    guard !name.hasPrefix("_") else {
      throw Problem("a namespace's member `\(name)`", wanted: "a name without an underscore first")
    }
  }

  /// A function that gives nothing first and its separator from then on.
  private static func joiner(
    _ renderer: Renderer, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    let separator = try arguments.bound(to: ["sep"], of: "joiner")[0] ?? .text(", ")
    var wasCalled = false
    return .function(
      function("joiner") { (_, arguments) throws(Problem) in
        defer { wasCalled = true }
        return wasCalled ? separator : .text("")
      })
  }

  private static func raise(
    _ renderer: Renderer, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    let message = try arguments.bound(to: ["message"], of: "raise_exception", required: 1)[0]
    let words = try (message ?? .null).printed().string
    throw Problem("a conversation that the template refuses: \(words)")
  }

  private static func today(
    _ renderer: Renderer, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    let form = try arguments.bound(to: ["format"], of: "strftime_now", required: 1)[0] ?? .null
    return .text(try renderer.date.text(form: try form.text(of: "format")))
  }
}
