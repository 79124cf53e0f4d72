/// A number that a layout reads: `--NAME` of a command, a key of a recipe's settings.
package struct LayoutOption: Hashable, Sendable {
  /// Lower case with hyphens; layouts that mean the same by it use the same name.
  package let name: String
  /// What it is, for the help: half a sentence.
  package let help: String
  /// What it is where it is not given.
  package let standard: Double
  package let range: ClosedRange<Double>
  /// Whether only whole numbers make sense.
  package let isWhole: Bool
  /// Whether captions tell it even where it is the standard; the first such one is what the keys of
  /// a screen change.
  package let isCaptioned: Bool
  /// How far keys go, where the end of ``range`` would take too long to be come upon by keys.
  package let keyRange: ClosedRange<Double>
  /// Names of the values 0, 1 and so on; none where values are numbers.
  package let choices: [String]
  /// What a key turns it to and back from; nil for what keys do not turn on.
  package let turnedOn: Double?
  /// What a reader of a map must be told where it is not the standard: a sentence whose first words,
  /// up to a comma, say the most of it; empty for nothing. Captions tell such an option then.
  package let caution: String

  package init(
    _ name: String, _ help: String, standard: Double, in range: ClosedRange<Double>,
    isWhole: Bool = false, isCaptioned: Bool = false, byKeys keyRange: ClosedRange<Double>? = nil,
    turnedOn: Double? = nil, caution: String = ""
  ) {
    self.name = name
    self.help = help
    self.standard = standard
    self.range = range
    self.isWhole = isWhole
    self.isCaptioned = isCaptioned
    self.keyRange = keyRange?.clamped(to: range) ?? range
    self.turnedOn = turnedOn
    self.caution = caution
    choices = []
  }

  /// One of some names, the first where none is given.
  package init(
    _ name: String, _ help: String, choices: [String], turnedOn: Double? = nil, caution: String = ""
  ) {
    self.name = name
    self.help = help
    self.choices = choices
    self.turnedOn = turnedOn
    self.caution = caution
    standard = 0
    range = 0...Double(max(0, choices.count - 1))
    keyRange = range
    isWhole = true
    isCaptioned = false
  }

  /// A range without an upper end: what is still a number of float32 and of steps.
  package static func atLeast(_ least: Double) -> ClosedRange<Double> { least...1e9 }

  /// A value as messages, recipes and screens write it: digits after the point only where there are
  /// some.
  package func text(_ value: Double) -> String {
    if let place = Int(exactly: value), choices.indices.contains(place) { return choices[place] }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(Float(value))"
  }

  /// The value of such a text, in range or not; nil for what is none.
  package func value(_ text: String) -> Double? {
    choices.isEmpty ? Double(text) : choices.firstIndex(of: text).map(Double.init)
  }

  /// The whole number that keys go to from a value: `factor` times as much, within ``keyRange``.
  package func stepped(_ value: Double, by factor: Double) -> Double {
    min(keyRange.upperBound, max(keyRange.lowerBound, (value * factor).rounded()))
  }

  /// The values allowed, in words.
  package var wanted: String {
    func bound(_ value: Double) -> String {
      value == value.rounded() ? "\(Int(value))" : "\(value)"
    }
    if !choices.isEmpty { return choices.joined(separator: " or ") }
    let number = isWhole ? "a whole number, " : ""
    return number
      + (range.upperBound == Self.atLeast(0).upperBound
        ? "\(bound(range.lowerBound)) or more"
        : "\(bound(range.lowerBound)) to \(bound(range.upperBound))")
  }

  package func check(_ value: Double) throws(ProjectionError) {
    guard range.contains(value), !isWhole || value == value.rounded() else {
      throw .badOption(name: name, found: "\(Float(value))", wanted: wanted)
    }
  }
}

/// What a map is made with. Options that are not set have their layout's standard value, so that
/// one value serves every layout.
package struct LayoutSettings: Equatable, Sendable {
  /// Coordinates of a point.
  package var components: Int
  /// The seed of everything random.
  package var seed: UInt64
  /// What each row speaks of, where that is known: for layouts and starts that look at it.
  package var concepts: RowConcepts?
  /// What a map along axes is drawn along; nil for the layout's own choice.
  package var axes: ChosenAxes?
  private var given: [String: Double] = [:]

  package init(components: Int = 2, seed: UInt64 = 0) {
    self.components = components
    self.seed = seed
  }

  package subscript(option: LayoutOption) -> Double {
    get { given[option.name] ?? option.standard }
    set { given[option.name] = newValue }
  }
}
