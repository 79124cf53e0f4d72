/// Pictures of a terminal one after another as one that moves, an SVG that needs no player: each line of the
/// terminal once for every time that it changes.
package struct Film: Equatable, Sendable {
  package struct Frame: Equatable, Sendable {
    package var surface: Surface
    package var milliseconds: Int

    package init(_ surface: Surface, milliseconds: Int) {
      self.surface = surface
      self.milliseconds = milliseconds
    }
  }

  /// Frames of another size than the first are left out.
  package private(set) var frames: [Frame] = []

  package init() {}

  /// Adds a screen; the same one again stays longer.
  package mutating func add(_ surface: Surface, milliseconds: Int) {
    if let first = frames.first, first.surface.size != surface.size { return }
    if frames.last?.surface == surface {
      frames[frames.count - 1].milliseconds += milliseconds
    } else {
      frames.append(Frame(surface, milliseconds: milliseconds))
    }
  }

  /// The picture, again and again from its start; the empty text without a frame.
  package func svg(isLight: Bool = false) -> String {
    guard let first = frames.first?.surface else { return "" }
    if frames.count == 1 { return first.svg(isLight: isLight) }
    let paint = ScreenPaint(size: first.size, isLight: isLight, isCompact: true)
    var text = paint.head
    for y in 0..<first.size.height { text += lines(y, paint) }
    return text + "</svg>\n"
  }

  /// What a line of the terminal is over time: every content once, with the times at which it shows.
  private func lines(_ y: Int, _ paint: ScreenPaint) -> String {
    var contents: [(text: String, shown: [Bool])] = []
    for (index, frame) in frames.enumerated() {
      let text = paint.line(y, of: frame.surface)
      if let place = contents.firstIndex(where: { $0.text == text }) {
        contents[place].shown[index] = true
      } else {
        var shown = [Bool](repeating: false, count: frames.count)
        shown[index] = true
        contents.append((text, shown))
      }
    }
    return contents.filter { !$0.text.isEmpty }.map { content in
      if content.shown.allSatisfy({ $0 }) { return content.text }
      return "<g visibility=\"hidden\">\n\(animation(content.shown))\(content.text)</g>\n"
    }.joined()
  }

  private func animation(_ shown: [Bool]) -> String {
    let total = max(1, frames.reduce(0) { $0 + $1.milliseconds })
    var (values, times): ([String], [String]) = ([], [])
    var start = 0
    for (index, isShown) in shown.enumerated() {
      if index == 0 || isShown != shown[index - 1] {
        values.append(isShown ? "visible" : "hidden")
        times.append(Self.share(start, of: total))
      }
      start += frames[index].milliseconds
    }
    return "<animate attributeName=\"visibility\" calcMode=\"discrete\" dur=\"\(total)ms\" "
      + "repeatCount=\"indefinite\" values=\"\(values.joined(separator: ";"))\" "
      + "keyTimes=\"\(times.joined(separator: ";"))\"/>\n"
  }

  /// A share in four digits.
  private static func share(_ part: Int, of whole: Int) -> String {
    let parts = (part * 10_000 + whole / 2) / whole
    let digits = String(parts)
    return parts == 0 ? "0" : "0." + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
