extension TemplateValue {
  /// What a loop's body knows as `loop`.
  package final class Loop {
    let values: [TemplateValue]
    let depth: Int
    var place = 0
    /// Runs the loop's body over other values; nil unless the loop says `recursive`.
    var recursion: ((TemplateValue) throws(Problem) -> Text)?
    private var lastChanged: [TemplateValue]?

    init(_ values: [TemplateValue], depth: Int) {
      self.values = values
      self.depth = depth
    }

    subscript(name: String) -> TemplateValue {
      switch name {
      case "index": .integer(place + 1)
      case "index0": .integer(place)
      case "revindex": .integer(values.count - place)
      case "revindex0": .integer(values.count - place - 1)
      case "first": .bool(place == 0)
      case "last": .bool(place == values.count - 1)
      case "length": .integer(values.count)
      case "depth": .integer(depth + 1)
      case "depth0": .integer(depth)
      case "previtem":
        place > 0 ? values[place - 1] : .undefined(.because("no previous item"))
      case "nextitem":
        place + 1 < values.count ? values[place + 1] : .undefined(.because("no next item"))
      case "cycle":
        .function(
          Function(name: name) { [self] (_, arguments) throws(Problem) in
            guard !arguments.positional.isEmpty else {
              throw Problem("`loop.cycle` of nothing", wanted: "some values")
            }
            return arguments.positional[place % arguments.positional.count]
          })
      case "changed":
        .function(
          Function(name: name) { [self] (_, arguments) throws(Problem) in
            let values = arguments.positional
            let isSame = lastChanged.map { TemplateValue.list($0).equals(.list(values)) } ?? false
            lastChanged = values
            return .bool(!isSame)
          })
      default: .undefined(.attribute(name, of: "loop"))
      }
    }
  }
}
