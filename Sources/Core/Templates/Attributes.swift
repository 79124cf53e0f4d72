extension Renderer {
  /// `value.name`: what Python's type has by that name, else the dictionary's value.
  func attribute(_ name: String, of value: TemplateValue) throws(Problem) -> TemplateValue {
    switch value {
    case .undefined(let why): throw Problem(why.description)
    case .dictionary(let dictionary):
      return try member(name, of: value) ?? dictionary.value(Text(name))
        ?? .undefined(.attribute(name, of: "dict"))
    default: return try member(name, of: value) ?? .undefined(.attribute(name, of: value.typeName))
    }
  }

  /// `value[key]`: the element, else what Python's type has by that name.
  func item(_ key: TemplateValue, of value: TemplateValue) throws(Problem) -> TemplateValue {
    if case .undefined(let why) = value { throw Problem(why.description) }
    if case .dictionary(let dictionary) = value {
      if case .text(let name) = key {
        if let found = dictionary.value(name) { return found }
      } else if key.isKey, let found = dictionary[key] {
        return found
      }
    } else if case .integer(let index)? = key.number, let found = try element(index, of: value) {
      return found
    }
    if case .text(let name) = key, let found = try member(name.string, of: value) { return found }
    let name = (try? key.written().string) ?? key.typeName
    return .undefined(.attribute(name, of: value.typeName))
  }

  /// An element by its place, from the end where it is below 0.
  private func element(_ index: Int, of value: TemplateValue) throws(Problem) -> TemplateValue? {
    func place(_ count: Int) -> Int? {
      let place = index < 0 ? index + count : index
      return 0..<count ~= place ? place : nil
    }
    switch value {
    case .list(let values), .tuple(let values): return place(values.count).map { values[$0] }
    case .text(let text):
      try charge(text.bytes.count / 16)
      return place(text.count).map { .text(Text(text.scalars[$0])) }
    case .range(let range): return place(range.count).map { .integer(range[$0]) }
    default: return nil
    }
  }

  /// What the type has by a name; nil where there is no such thing.
  private func member(_ name: String, of value: TemplateValue) throws(Problem) -> TemplateValue? {
    if name.hasPrefix("__"), name.hasSuffix("__") {
      return .undefined(.because("`\(name)`, which templates may not look at"))
    }
    if Methods.changing(value).contains(name) {
      return .undefined(.because("`\(name)` of a \(value.typeName), which would change it"))
    }
    switch value {
    case .namespace(let namespace): return namespace.members[name]
    case .loop(let loop): return loop[name]
    case .markup: throw Problem.markup
    default: break
    }
    guard Methods.names(value).contains(name) else { return nil }
    return .function(
      TemplateValue.Function(name: name, owner: [value]) { (renderer, arguments) throws(Problem) in
        try Methods.call(name, of: value, arguments, renderer)
      })
  }

  /// `value[start:end:step]`.
  func slice(
    _ value: TemplateValue, _ start: TemplateValue, _ end: TemplateValue, _ step: TemplateValue
  ) throws(Problem) -> TemplateValue {
    if case .undefined(let why) = value { throw Problem(why.description) }
    var bounds: [Int?] = []
    for bound in [start, end, step] {
      switch bound.number {
      case .integer(let number): bounds.append(number)
      default:
        guard case .null = bound else {
          throw Problem("a slice by a \(bound.typeName)", wanted: "whole numbers")
        }
        bounds.append(nil)
      }
    }
    guard bounds[2] != 0 else { throw Problem("a slice with the step 0") }
    func places(_ count: Int) throws(Problem) -> [Int] {
      try charge(count / 4)
      return Self.places(count, bounds[0], bounds[1], bounds[2] ?? 1)
    }
    switch value {
    case .list(let values): return .list(try places(values.count).map { values[$0] })
    case .tuple(let values): return .tuple(try places(values.count).map { values[$0] })
    case .text(let text):
      let scalars = text.scalars
      return .text(Text(try places(scalars.count).map { scalars[$0] }))
    case .range(let range): return .list(try places(range.count).map { .integer(range[$0]) })
    case .markup: throw Problem.markup
    default: throw Problem("a slice of a \(value.typeName)", wanted: "of a text or a list")
    }
  }

  /// The places that Python's slice takes of so many.
  private static func places(_ count: Int, _ start: Int?, _ end: Int?, _ step: Int) -> [Int] {
    func bound(_ value: Int?, else usual: Int) -> Int {
      guard let value else { return usual }
      let lowest = step > 0 ? 0 : -1
      let highest = step > 0 ? count : count - 1
      return value < 0 ? max(value + count, lowest) : min(value, highest)
    }
    let first = bound(start, else: step > 0 ? 0 : count - 1)
    let last = bound(end, else: step > 0 ? count : -1)
    var places: [Int] = []
    var place = first
    while step > 0 ? place < last : place > last {
      places.append(place)
      let (next, overflows) = place.addingReportingOverflow(step)
      if overflows { break }
      place = next
    }
    return places
  }
}
