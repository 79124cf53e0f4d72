/// The methods of Python's types.
enum Methods {
  /// Those that the sandbox keeps away, since they would change the value.
  static func changing(_ value: TemplateValue) -> Set<String> {
    switch value {
    case .list: lists
    case .dictionary: dictionaries
    default: []
    }
  }

  private static let lists: Set = [
    "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
  ]
  private static let dictionaries: Set = ["clear", "pop", "popitem", "setdefault", "update"]

  /// All others that Python knows, those among them that are refused when called, too.
  static func names(_ value: TemplateValue) -> Set<String> {
    switch value {
    case .text: textNames
    case .list: ["copy", "count", "index"]
    case .tuple: ["count", "index"]
    case .dictionary: ["copy", "fromkeys", "get", "items", "keys", "values"]
    case .range: ["count", "index", "start", "stop", "step"]
    case .view: ["isdisjoint", "mapping"]
    case .integer, .bool: integerNames
    case .real: ["as_integer_ratio", "conjugate", "fromhex", "hex", "imag", "is_integer", "real"]
    case .undefined, .null, .markup, .iterator, .namespace, .loop, .function: []
    }
  }

  private static let integerNames: Set = [
    "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "imag",
    "numerator", "real", "to_bytes",
  ]

  private static let textNames: Set = [
    "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find",
    "format", "format_map", "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit",
    "isidentifier", "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper", "join",
    "ljust", "lower", "lstrip", "maketrans", "partition", "removeprefix", "removesuffix", "replace",
    "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines",
    "startswith", "strip", "swapcase", "title", "translate", "upper", "zfill",
  ]

  private static let namedArguments: Set = [
    "split", "rsplit", "splitlines", "expandtabs", "format",
  ]

  static func call(
    _ name: String, of value: TemplateValue, _ arguments: Arguments, _ renderer: Renderer
  ) throws(Problem) -> TemplateValue {
    // Python's own methods take most arguments by their place only.
    if let named = arguments.named.first, !namedArguments.contains(name) {
      throw Problem("an argument `\(named.name)` of `\(name)`", wanted: "arguments without names")
    }
    switch value {
    case .text(let text):
      try renderer.charge(text.bytes.count / 16)
      return try TextMethod(name: name, text: text, arguments: arguments, renderer: renderer).call()
    case .list(let values), .tuple(let values):
      if name == "copy" { return .list(values) }
      return try sequence(name, values, arguments)
    case .dictionary(let dictionary): return try self.dictionary(name, dictionary, arguments)
    case .range where name == "count" || name == "index":
      return try sequence(name, try renderer.elements(of: value), arguments)
    default: throw unknown(name, value)
    }
  }

  static func unknown(_ name: String, _ value: TemplateValue) -> Problem {
    Problem(
      "the method `\(name)` of a \(value.typeName)", wanted: "one that chat templates use")
  }

  private static func sequence(
    _ name: String, _ values: [TemplateValue], _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    if name == "count" {
      let wanted = try arguments.bound(to: ["value"], of: name, required: 1)[0] ?? .null
      return .integer(values.count { $0.equals(wanted) })
    }
    let bound = try arguments.bound(to: ["value", "start", "stop"], of: name, required: 1)
    let (start, end) = try Self.bounds(bound[1], bound[2], values.count)
    for place in start..<max(start, end) where values[place].equals(bound[0] ?? .null) {
      return .integer(place)
    }
    throw Problem("a value that is not in the list", wanted: "one that is")
  }

  /// The places that a method's start and end mean among so many.
  static func bounds(
    _ start: TemplateValue?, _ end: TemplateValue?, _ count: Int
  ) throws(Problem) -> (Int, Int) {
    func place(_ value: TemplateValue?, else usual: Int) throws(Problem) -> Int {
      guard let value else { return usual }
      if case .null = value { return usual }
      let number = try value.integer(of: "start or end")
      return number < 0 ? max(0, number + count) : min(number, count)
    }
    return (try place(start, else: 0), try place(end, else: count))
  }

  private static func dictionary(
    _ name: String, _ dictionary: TemplateValue.Dictionary, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    if name == "get" {
      let bound = try arguments.bound(to: ["key", "default"], of: name, required: 1)
      let key = bound[0] ?? .null
      guard key.isKey else { throw Problem("a key that is a \(key.typeName)", wanted: "a text") }
      return dictionary[key] ?? bound[1] ?? .null
    }
    if name == "fromkeys" { return try Globals.fromKeys(arguments) }
    _ = try arguments.bound(to: [], of: name)
    if let kind = TemplateValue.DictionaryView.Kind(rawValue: name) {
      return .view(TemplateValue.DictionaryView(kind: kind, dictionary: dictionary))
    }
    return .dictionary(dictionary)
  }
}

extension TemplateValue {
  /// A whole number; fails for anything else.
  func integer(of name: String) throws(Problem) -> Int {
    if case .undefined(let why) = self { throw Problem(why.description) }
    guard case .integer(let value)? = number else {
      throw Problem("a \(typeName) for `\(name)`", wanted: "a whole number")
    }
    return value
  }

  /// A text; fails for anything else.
  func text(of name: String) throws(Problem) -> Text {
    if case .undefined(let why) = self { throw Problem(why.description) }
    guard case .text(let text) = self else {
      throw Problem("a \(typeName) for `\(name)`", wanted: "a text")
    }
    return text
  }

  var isNull: Bool { if case .null = self { true } else { false } }
}
