/// How a terminal will draw what it is told next, in the parameters of SGR (ECMA-48, 8.3.117).
package struct Pen: Equatable, Sendable {
  package var attributes: Style.Attributes
  /// Such as `38;5;178`; `39`: the terminal's own.
  package var foreground: String
  /// Such as `48;5;81`; `49`: the terminal's own.
  package var background: String

  package static let plain = Pen()

  package init(
    attributes: Style.Attributes = [], foreground: String = "39", background: String = "49"
  ) {
    self.attributes = attributes
    self.foreground = foreground
    self.background = background
  }

  /// The shortest sequence that makes a pen of `old` this one; none where they are the same.
  package func sequence(after old: Pen) -> String {
    if self == old { return "" }
    let (change, afresh) = (changed(from: old), parameters)
    return "\u{1B}[" + (change.utf8.count <= afresh.utf8.count ? change : afresh) + "m"
  }

  /// Everything, whatever was before.
  private var parameters: String {
    if self == .plain { return "" }
    let colors = [foreground, background].filter { $0 != "39" && $0 != "49" }
    return (["0"] + Self.numbers(attributes) + colors).joined(separator: ";")
  }

  /// What is no longer so, and what is now.
  private func changed(from old: Pen) -> String {
    let lost = old.attributes.subtracting(attributes)
    var gained = attributes.subtracting(old.attributes)
    var words: [String] = []
    if !lost.isDisjoint(with: [.bold, .dim]) {
      // One word ends both weights.
      words.append("22")
      gained.formUnion(attributes.intersection([.bold, .dim]))
    }
    if lost.contains(.reverse) { words.append("27") }
    words += Self.numbers(gained)
    if foreground != old.foreground { words.append(foreground) }
    if background != old.background { words.append(background) }
    return words.joined(separator: ";")
  }

  private static func numbers(_ attributes: Style.Attributes) -> [String] {
    [(Style.Attributes.bold, "1"), (.dim, "2"), (.reverse, "7")].filter {
      attributes.contains($0.0)
    }.map(\.1)
  }
}
