/// A value that a template works with, as Python has it.
///
/// Lists and dictionaries never change in a template, so they are values here; namespaces and
/// iterators do.
package enum TemplateValue {
  case undefined(Undefined)
  case null
  case bool(Bool)
  case integer(Int)
  case real(Double)
  case text(Text)
  /// What the filters `safe` and `escape` give: it may be printed, and no more.
  case markup(Text)
  case list([TemplateValue])
  case tuple([TemplateValue])
  case dictionary(Dictionary)
  case view(DictionaryView)
  case range(NumberRange)
  case iterator(ValueIterator)
  case namespace(Namespace)
  case loop(Loop)
  case function(Function)

  package static func string(_ string: String) -> TemplateValue { .text(Text(string)) }

  /// Why a value is undefined, which an error tells.
  package enum Undefined {
    case name(String)
    case attribute(String, of: String)
    case because(String)

    var description: String {
      switch self {
      case .name(let name): "`\(name)`, which is undefined"
      case .attribute(let name, let type): "no `\(name)` in a \(type)"
      case .because(let words): words
      }
    }
  }

  /// Keys and values in the order in which they came.
  package struct Dictionary {
    package private(set) var entries: [(key: TemplateValue, value: TemplateValue)] = []

    package init() {}

    package subscript(key: String) -> TemplateValue? {
      get { self[.text(Text(key))] }
      set { self[.text(Text(key))] = newValue }
    }

    /// Linear in the entries: what templates see has few. Setting nil does nothing.
    subscript(key: TemplateValue) -> TemplateValue? {
      get { entries.first { $0.key.equals(key) }?.value }
      set {
        guard let newValue else { return }
        if let index = entries.firstIndex(where: { $0.key.equals(key) }) {
          entries[index].value = newValue
        } else {
          entries.append((key, newValue))
        }
      }
    }

    /// The value of a name.
    func value(_ name: Text) -> TemplateValue? {
      for entry in entries {
        if case .text(let key) = entry.key, key == name { return entry.value }
      }
      return nil
    }
  }

  /// A dictionary's keys, values or pairs.
  package struct DictionaryView {
    enum Kind: String { case keys, values, items }
    let kind: Kind
    let dictionary: Dictionary

    var elements: [TemplateValue] {
      dictionary.entries.map {
        switch kind {
        case .keys: $0.key
        case .values: $0.value
        case .items: .tuple([$0.key, $0.value])
        }
      }
    }
  }

  /// Whole numbers at equal distances.
  package struct NumberRange {
    let start: Int
    let end: Int
    let step: Int

    var count: Int {
      if step > 0 { return end > start ? (end - start - 1) / step + 1 : 0 }
      return start > end ? (start - end - 1) / -step + 1 : 0
    }

    subscript(index: Int) -> Int { start + index * step }
  }

  /// Values that can be gone through once, as filters like `map` give them.
  package final class ValueIterator {
    let values: [TemplateValue]
    private var place = 0

    init(_ values: [TemplateValue]) { self.values = values }

    func next() -> TemplateValue? {
      guard place < values.count else { return nil }
      defer { place += 1 }
      return values[place]
    }

    func rest() -> [TemplateValue] {
      defer { place = values.count }
      return Array(values[place...])
    }
  }

  /// What `namespace()` gives: the one thing that a template may set members of.
  package final class Namespace {
    var members = Dictionary()
  }

  /// Something that can be called.
  package struct Function {
    let name: String
    /// The value whose method it is, as an array of one.
    var owner: [TemplateValue]?
    let call: (Renderer, Arguments) throws(Problem) -> TemplateValue

    init(
      name: String, owner: [TemplateValue]? = nil,
      _ call: @escaping (Renderer, Arguments) throws(Problem) -> TemplateValue
    ) {
      self.name = name
      self.owner = owner
      self.call = call
    }
  }
}

/// What stands in a call's parentheses.
package struct Arguments {
  var positional: [TemplateValue] = []
  var named: [(name: String, value: TemplateValue)] = []

  /// A value or nil for each parameter, as Python puts arguments to parameters.
  func bound(
    to parameters: [String], of function: String, required: Int = 0
  ) throws(Problem) -> [TemplateValue?] {
    guard positional.count <= parameters.count else {
      throw Problem(
        "\(positional.count) arguments of `\(function)`", wanted: "at most \(parameters.count)")
    }
    var values: [TemplateValue?] = positional.map(Optional.some)
    values += Array(repeating: nil, count: parameters.count - positional.count)
    for (name, value) in named {
      guard let index = parameters.firstIndex(of: name) else {
        throw Problem("an argument `\(name)` of `\(function)`", wanted: "one that it has")
      }
      guard values[index] == nil else { throw Problem("`\(name)` of `\(function)` twice") }
      values[index] = value
    }
    for (name, value) in zip(parameters, values).prefix(required) where value == nil {
      throw Problem("no `\(name)` of `\(function)`", wanted: "a value for it")
    }
    return values
  }
}

/// What is wrong with a template or with what it does; the line is known where it is shown.
package struct Problem: Error {
  var line: Int?
  var found: String
  var wanted: String?

  init(_ found: String, wanted: String? = nil, line: Int? = nil) {
    self.found = found
    self.wanted = wanted
    self.line = line
  }
}
