extension Renderer {
  /// Filters that go by a test or by an attribute.
  func choosingFilter(
    _ kind: Filters.Kind, _ value: TemplateValue, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    let elements = try elements(of: value)
    var result: [TemplateValue] = []
    if kind == .map {
      let get = try mapping(arguments)
      for element in elements { result.append(try get(element)) }
      return .iterator(TemplateValue.ValueIterator(result))
    }
    var rest = arguments
    var attribute: TemplateValue?
    if kind == .selectattr || kind == .rejectattr {
      guard !rest.positional.isEmpty else {
        throw Problem("no attribute for `\(kind.rawValue)`", wanted: "one")
      }
      attribute = rest.positional.removeFirst()
    }
    var name: Text?
    if !rest.positional.isEmpty { name = try rest.positional.removeFirst().text(of: "test") }
    let keeps = kind == .select || kind == .selectattr
    for element in elements {
      let subject = try found(attribute, in: element)
      let holds = try name.map { (name) throws(Problem) in try test(name.string, subject, rest) }
      if (holds ?? subject.isTrue) == keeps { result.append(element) }
    }
    return .iterator(TemplateValue.ValueIterator(result))
  }

  /// What `map` does with every element: looks up an attribute or applies a filter.
  private func mapping(
    _ arguments: Arguments
  ) throws(Problem) -> (TemplateValue) throws(Problem) -> TemplateValue {
    var rest = arguments
    if rest.positional.isEmpty, let attribute = rest.named.first(where: { $0.name == "attribute" })
    {
      let usual = rest.named.first { $0.name == "default" }
      guard rest.named.count == (usual == nil ? 1 : 2) else {
        throw Problem("other arguments of `map`", wanted: "attribute and default")
      }
      return { [self] (element) throws(Problem) in
        try found(attribute.value, in: element, default: usual?.value)
      }
    }
    guard !rest.positional.isEmpty else { throw Problem("no filter for `map`", wanted: "one") }
    let name = try rest.positional.removeFirst().text(of: "map").string
    return { [self] (element) throws(Problem) in try apply(name, to: element, rest) }
  }

  /// Filters that compare elements.
  func orderingFilter(
    _ kind: Filters.Kind, _ value: TemplateValue, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    func bound(_ parameters: String..., required: Int = 0) throws(Problem) -> [TemplateValue?] {
      try arguments.bound(to: parameters, of: kind.rawValue, required: required)
    }
    switch kind {
    case .sort:
      let bound = try bound("reverse", "case_sensitive", "attribute")
      return .list(
        try sorted(try elements(of: value), isReversed: bound[0]?.isTrue ?? false) {
          (element) throws(Problem) in
          try key(bound[2], of: element, isExact: bound[1]?.isTrue ?? false)
        })
    case .dictsort:
      let bound = try bound("case_sensitive", "by", "reverse")
      guard case .dictionary(let dictionary) = value else {
        throw Problem("a \(value.typeName) for `dictsort`", wanted: "a dictionary")
      }
      let by = try bound[1]?.text(of: "by") ?? "key"
      guard by == "key" || by == "value" else {
        throw Problem("`by` of `\(by.string)`", wanted: "key or value")
      }
      let entries = try sorted(dictionary.entries, isReversed: bound[2]?.isTrue ?? false) {
        (entry) throws(Problem) in
        folded(by == "key" ? entry.key : entry.value, isExact: bound[0]?.isTrue ?? false)
      }
      return .list(entries.map { .tuple([$0.key, $0.value]) })
    case .unique:
      let bound = try bound("case_sensitive", "attribute")
      return .iterator(
        TemplateValue.ValueIterator(
          try unique(try elements(of: value), bound[1], isExact: bound[0]?.isTrue ?? false)))
    case .groupby:
      let bound = try bound("attribute", "default", "case_sensitive", required: 1)
      return try grouped(value, bound[0], bound[1], isExact: bound[2]?.isTrue ?? false)
    default:  // min and max
      let bound = try bound("case_sensitive", "attribute")
      var best: (element: TemplateValue, key: TemplateValue)?
      for element in try elements(of: value) {
        let found = try found(bound[1], in: element)
        let key = folded(found, isExact: bound[0]?.isTrue ?? false)
        if let current = best {
          let order = try key.order(current.key)
          guard order == (kind == .min ? .less : .greater) else { continue }
        }
        best = (element, key)
      }
      return best?.element ?? .undefined(.because("the least or greatest of nothing"))
    }
  }

  private func folded(_ value: TemplateValue, isExact: Bool) -> TemplateValue {
    if !isExact, case .text(let text) = value { return .text(text.lowercased) }
    return value
  }

  /// What `sort` goes by: one attribute, or several with commas.
  private func key(
    _ attribute: TemplateValue?, of element: TemplateValue, isExact: Bool
  ) throws(Problem) -> TemplateValue {
    guard case .text(let names)? = attribute, names.bytes.contains(0x2C) else {
      return folded(try found(attribute, in: element), isExact: isExact)
    }
    var keys: [TemplateValue] = []
    for name in names.split(",") {
      keys.append(folded(try found(.text(name), in: element), isExact: isExact))
    }
    return .list(keys)
  }

  private func unique(
    _ elements: [TemplateValue], _ attribute: TemplateValue?, isExact: Bool
  ) throws(Problem) -> [TemplateValue] {
    var keys: [TemplateValue] = []
    var result: [TemplateValue] = []
    for element in elements {
      let key = folded(try found(attribute, in: element), isExact: isExact)
      guard key.isKey else { throw Problem("a \(key.typeName) for `unique`", wanted: "a text") }
      try charge(keys.count)
      if keys.contains(where: { $0.equals(key) }) { continue }
      keys.append(key)
      result.append(element)
    }
    return result
  }

  private func grouped(
    _ value: TemplateValue, _ attribute: TemplateValue?, _ usual: TemplateValue?, isExact: Bool
  ) throws(Problem) -> TemplateValue {
    func key(_ element: TemplateValue) throws(Problem) -> TemplateValue {
      folded(try found(attribute, in: element, default: usual), isExact: isExact)
    }
    var groups: [(key: TemplateValue, values: [TemplateValue])] = []
    let elements = try sorted(try elements(of: value)) { (element) throws(Problem) in
      try key(element)
    }
    for element in elements {
      let key = try key(element)
      if let last = groups.last, last.key.equals(key) {
        groups[groups.count - 1].values.append(element)
      } else {
        groups.append((key, [element]))
      }
    }
    var result: [TemplateValue] = []
    for group in groups {
      let name = try found(attribute, in: group.values[0], default: usual)
      // Python's pair has names, too, which no template could ask a plain one for.
      result.append(.tuple([isExact ? group.key : name, .list(group.values)]))
    }
    return .list(result)
  }

  /// Filters of sequences as they are.
  func sequenceFilter(
    _ kind: Filters.Kind, _ value: TemplateValue, _ arguments: Arguments
  ) throws(Problem) -> TemplateValue {
    func bound(_ parameters: String..., required: Int = 0) throws(Problem) -> [TemplateValue?] {
      try arguments.bound(to: parameters, of: kind.rawValue, required: required)
    }
    func none() throws(Problem) { _ = try bound() }
    switch kind {
    case .list:
      try none()
      return .list(try elements(of: value))
    case .first:
      try none()
      if case .iterator(let iterator) = value {
        return iterator.next() ?? .undefined(.because("the first of nothing"))
      }
      return try elements(of: value).first ?? .undefined(.because("the first of nothing"))
    case .last:
      try none()
      if case .iterator = value { throw Problem("the last of a generator", wanted: "of a list") }
      return try elements(of: value).last ?? .undefined(.because("the last of nothing"))
    case .reverse:
      try none()
      if case .text(let text) = value { return .text(Text(text.scalars.reversed())) }
      let reversed = Array(try elements(of: value).reversed())
      if case .iterator = value { return .list(reversed) }
      return .iterator(TemplateValue.ValueIterator(reversed))
    case .batch:
      let bound = try bound("linecount", "fill_with", required: 1)
      return try batched(
        try elements(of: value), try (bound[0] ?? .null).integer(of: "linecount"), bound[1])
    default:  // slice
      let bound = try bound("slices", "fill_with", required: 1)
      return try cut(
        try elements(of: value), try (bound[0] ?? .null).integer(of: "slices"), bound[1])
    }
  }

  private func batched(
    _ elements: [TemplateValue], _ size: Int, _ fill: TemplateValue?
  ) throws(Problem) -> TemplateValue {
    guard 1...1 << 20 ~= size else { throw Problem("batches of \(size)", wanted: "1 or more") }
    var batches: [TemplateValue] = []
    for start in stride(from: 0, to: elements.count, by: size) {
      var batch = Array(elements[start..<min(start + size, elements.count)])
      if let fill, !fill.isNull {
        batch += Array(repeating: fill, count: size - batch.count)
      }
      batches.append(.list(batch))
    }
    return .iterator(TemplateValue.ValueIterator(batches))
  }

  private func cut(
    _ elements: [TemplateValue], _ slices: Int, _ fill: TemplateValue?
  ) throws(Problem) -> TemplateValue {
    guard 1...1 << 20 ~= slices else { throw Problem("\(slices) slices", wanted: "1 or more") }
    let (size, longer) = (elements.count / slices, elements.count % slices)
    var result: [TemplateValue] = []
    var place = 0
    for slice in 0..<slices {
      let count = size + (slice < longer ? 1 : 0)
      var part = Array(elements[place..<place + count])
      if let fill, !fill.isNull, slice >= longer { part.append(fill) }
      result.append(.list(part))
      place += count
    }
    return .iterator(TemplateValue.ValueIterator(result))
  }
}

/// In the order of their keys; equal ones stay as they were.
func sorted<Element>(
  _ elements: [Element], isReversed: Bool = false,
  by key: (Element) throws(Problem) -> TemplateValue
) throws(Problem) -> [Element] {
  var keyed: [(place: Int, key: TemplateValue)] = []
  for (place, element) in elements.enumerated() { keyed.append((place, try key(element))) }
  var problem: Problem?
  keyed.sort { a, b in
    do throws(Problem) {
      switch try a.key.order(b.key) {
      case .less: return !isReversed
      case .greater: return isReversed
      case .equal, .none: return a.place < b.place
      }
    } catch {
      problem = problem ?? error
      return a.place < b.place
    }
  }
  if let problem { throw problem }
  return keyed.map { elements[$0.place] }
}
