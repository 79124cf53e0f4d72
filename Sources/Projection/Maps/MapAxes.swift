/// The two directions of the states' space that a map is drawn along.
package enum MapAxes: Hashable, Sendable {
  /// Principal components, counted from 0.
  case components(Int, Int)
  /// Two concepts: how much more a row lies towards each one's mean than towards all others'.
  case concepts(Int, Int)
  /// Other directions that the user chooses.
  case chosen(ChosenAxes)

  package var areComponents: Bool {
    if case .components = self { true } else { false }
  }
}
