/// The first line of a screen: its name and what it is about at the left, how at the right.
package enum ScreenHeader {
  /// - Parameter parts: the most needed first; the last are dropped until the rest fits.
  package static func draw(
    _ rect: Rect, _ name: String, _ parts: [String], right: String, _ theme: Theme,
    into surface: inout Surface
  ) {
    let rightX = rect.maxX - 1 - DisplayWidth.of(right)
    surface.write(right, max(rect.x, rightX), rect.y, theme.style(.accent))
    var x = surface.write("seer", rect.x + 1, rect.y, theme.style(.title)) + 2
    let room = rightX - 2 - x
    guard DisplayWidth.of(name) <= room else { return }
    x = surface.write(name, x, rect.y, theme.style(.accent)) + 2
    var parts = parts.map { Text.visible($0, ascii: theme.glyphs.isASCII) }
    func line() -> String { parts.joined(separator: theme.glyphs.separator) }
    while parts.count > 1, DisplayWidth.of(line()) > rightX - 2 - x { parts.removeLast() }
    let text = Text.cut(line(), to: max(0, rightX - 2 - x), ellipsis: theme.glyphs.ellipsis)
    surface.write(text, x, rect.y, theme.style(.text))
  }
}
