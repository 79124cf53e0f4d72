/// What can be done now, in one line.
package enum HintLine {
  /// Draws the hints that fit.
  package static func draw(
    _ hints: [KeyHint], _ x: Int, _ y: Int, width: Int, _ theme: Theme,
    into surface: inout Surface
  ) {
    var x = x
    for hint in fitting(hints, width: width) {
      x = surface.write(hint.keys, x, y, theme.style(.key))
      x = surface.write(" " + hint.word, x, y, theme.style(.faint)) + 2
    }
  }

  /// The hints that fit, in order; the last two (quit and help) before all others.
  package static func fitting(_ hints: [KeyHint], width: Int) -> [KeyHint] {
    func columns(_ hint: KeyHint) -> Int { DisplayWidth.of(hint.keys + hint.word) + 3 }
    var room = width + 2
    var chosen = Set<Int>()
    for index in Array(hints.indices.suffix(2).reversed()) + Array(hints.indices.dropLast(2)) {
      guard columns(hints[index]) <= room else { continue }
      room -= columns(hints[index])
      chosen.insert(index)
    }
    return hints.indices.filter(chosen.contains).map { hints[$0] }
  }
}
