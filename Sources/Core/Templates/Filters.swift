/// A filter: a value in, another out.
typealias Filter = (Renderer, TemplateValue, Arguments) throws(Problem) -> TemplateValue

/// Jinja's filters by name.
enum Filters {
  static let all: [String: Kind] = {
    var all: [String: Kind] = [:]
    for kind in Kind.allCases { all[kind.rawValue] = kind }
    all["d"] = .default
    all["e"] = .escape
    all["length"] = .count
    return all
  }()

  enum Kind: String, CaseIterable {
    case abs, attr, batch, capitalize, center, count, `default`, dictsort, escape, first, float
    case format, groupby, indent, int, items, join, last, list, lower, map, max, min, reject
    case rejectattr, replace, reverse, round, safe, select, selectattr, slice, sort, string, sum
    case title, tojson, trim, truncate, unique, upper, urlencode, wordcount
  }

  /// Those that Jinja has and no chat template uses.
  static let refused: Set = [
    "filesizeformat", "forceescape", "pprint", "random", "striptags", "urlize", "wordwrap",
    "xmlattr",
  ]
}

extension Renderer {
  /// `value | name(arguments)`.
  func apply(
    _ name: String, to value: TemplateValue, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    guard let kind = Filters.all[name] else {
      throw Problem(
        "a filter `\(name)`",
        wanted: Filters.refused.contains(name)
          ? "one that chat templates use" : "one that Jinja has")
    }
    try charge()
    func bound(_ parameters: String..., required: Int = 0) throws(Problem) -> [TemplateValue?] {
      try arguments.bound(to: parameters, of: name, required: required)
    }
    switch kind {
    case .default:
      let bound = try bound("default_value", "boolean")
      let isMissing = value.isUndefined || (bound[1]?.isTrue ?? false) && !value.isTrue
      return isMissing ? bound[0] ?? .text("") : value
    case .count:
      _ = try bound()
      return .integer(try length(value))
    case .string:
      _ = try bound()
      if case .markup = value { return value }
      return .text(try value.printed())
    case .safe:
      _ = try bound()
      return .markup(try value.printed())
    case .tojson: return try json(value, arguments)
    case .attr:
      let name = try (try bound("name", required: 1)[0] ?? .null).text(of: "name").string
      if case .dictionary = value, !Methods.names(value).contains(name) {
        return .undefined(.attribute(name, of: "dict"))
      }
      return try attribute(name, of: value)
    case .items:
      _ = try bound()
      switch value {
      case .undefined: return .iterator(TemplateValue.ValueIterator([]))
      case .dictionary(let dictionary):
        let view = TemplateValue.DictionaryView(kind: .items, dictionary: dictionary)
        return .iterator(TemplateValue.ValueIterator(view.elements))
      default: throw Problem("pairs of a \(value.typeName)", wanted: "of a dictionary")
      }
    case .abs, .float, .int, .round, .sum: return try numberFilter(kind, value, arguments)
    case .capitalize, .center, .escape, .format, .indent, .join, .lower, .replace, .title, .trim,
      .truncate, .upper, .urlencode, .wordcount:
      return try textFilter(kind, value, arguments)
    case .map, .select, .selectattr, .reject, .rejectattr:
      return try choosingFilter(kind, value, arguments)
    case .dictsort, .groupby, .max, .min, .sort, .unique:
      return try orderingFilter(kind, value, arguments)
    case .batch, .first, .last, .list, .reverse, .slice:
      return try sequenceFilter(kind, value, arguments)
    }
  }

  private func json(
    _ value: TemplateValue, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    let bound = try arguments.bound(
      to: ["ensure_ascii", "indent", "separators", "sort_keys"], of: "tojson")
    var form = JSONForm()
    form.escapesAll = bound[0]?.isTrue ?? false
    form.sortsKeys = bound[3]?.isTrue ?? false
    if let indent = bound[1], !indent.isNull {
      if case .text(let text) = indent {
        form.indent = text
      } else {
        let width = try indent.integer(of: "indent")
        try TextMethod.checkWidth(width)
        form.indent = (" " as Text).repeated(width)
      }
      form.comma = ","
    }
    if let separators = bound[2], !separators.isNull {
      let parts = try elements(of: separators)
      guard parts.count == 2 else {
        throw Problem("\(parts.count) separators", wanted: "2: between values, after names")
      }
      form.comma = try parts[0].text(of: "separators")
      form.colon = try parts[1].text(of: "separators")
    }
    return .text(try charge(for: try form.text(value)))
  }

  /// What a filter's `attribute` finds in a value: `a.b.0`.
  func found(
    _ attribute: TemplateValue?, in value: TemplateValue, default usual: TemplateValue? = nil
  ) throws(Problem) -> TemplateValue {
    guard let attribute, !attribute.isNull else { return value }
    var parts = [attribute]
    if case .text(let text) = attribute {
      parts = text.split(".").map { part in
        part.scalars.allSatisfy(\.isDigit)
          ? Int(part.string).map { .integer($0) } ?? .text(part) : .text(part)
      }
    }
    var value = value
    for part in parts {
      value = try item(part, of: value)
      if let usual, !usual.isNull, value.isUndefined { value = usual }
    }
    return value
  }
}
