/// The first line of a screen: the screens there are as tabs at the left, what this one is about behind
/// them, and how it is looked at at the right. Tabs give way to that, what it is about to both.
package struct ScreenHeader {
  package struct Tab: Equatable, Sendable {
    package var key: String
    package var name: String
    /// What goes on there.
    package var status: String
    package var isFront: Bool
    /// Whether it has something to show; dim otherwise.
    package var isThere: Bool

    package init(key: String, name: String, status: String, isFront: Bool, isThere: Bool) {
      self.key = key
      self.name = name
      self.status = status
      self.isFront = isFront
      self.isThere = isThere
    }

    /// - Parameter isShort: the others by their keys alone.
    fileprivate func text(isShort: Bool) -> String {
      let status = status.isEmpty ? "" : " " + status
      if isFront { return "[\(key) \(name)\(status)]" }
      return isShort ? key + status : "\(key) \(name)\(status)"
    }
  }

  private let rect: Rect
  private let tabs: [Tab]
  private let right: String
  private static let mark = "seer"

  package init(_ rect: Rect, _ tabs: [Tab], right: String) {
    self.rect = rect
    self.tabs = tabs
    self.right = right
  }

  private var rightX: Int { rect.maxX - 1 - DisplayWidth.of(right) }
  private var start: Int { rect.x + 1 + Self.mark.count + 2 }

  /// The tabs that are shown with their words and where they begin: all by name, the others by key,
  /// or the one in front and those where something goes on.
  private var places: [(tab: Int, text: String, x: Int)] {
    let some = tabs.indices.filter { tabs[$0].isFront || !tabs[$0].status.isEmpty }
    let forms: [[(tab: Int, text: String)]] = [
      tabs.indices.map { ($0, tabs[$0].text(isShort: false)) },
      tabs.indices.map { ($0, tabs[$0].text(isShort: true)) },
      some.map { ($0, tabs[$0].text(isShort: true)) },
      some.filter { tabs[$0].isFront }.map { ($0, tabs[$0].name) },
    ]
    func width(_ form: [(tab: Int, text: String)]) -> Int {
      form.reduce(0) { $0 + DisplayWidth.of($1.text) + 1 } - 1
    }
    let room = rightX - 1 - start
    guard let form = forms.first(where: { width($0) <= room }) else { return [] }
    var x = start
    return form.map { tab, text in
      defer { x += DisplayWidth.of(text) + 1 }
      return (tab, text, x)
    }
  }

  /// The tab at a place, by its index.
  package func tab(at place: Cursor) -> Int? {
    guard place.y == rect.y else { return nil }
    return places.first { $0.x <= place.x && place.x < $0.x + DisplayWidth.of($0.text) }?.tab
  }

  /// - Parameter parts: the most needed first; the last are dropped until the rest fits.
  package func draw(_ parts: [String], _ theme: Theme, into surface: inout Surface) {
    surface.write(right, max(rect.x, rightX), rect.y, theme.style(.accent))
    surface.write(Self.mark, rect.x + 1, rect.y, theme.style(.title))
    var x = start
    for (tab, text, place) in places {
      let role: Theme.Role = tabs[tab].isFront ? .accent : tabs[tab].isThere ? .text : .faint
      x = surface.write(text, place, rect.y, theme.style(role)) + 2
    }
    let room = rightX - 2 - x
    var parts = parts.filter { !$0.isEmpty }.map {
      Text.visible($0, ascii: theme.glyphs.isASCII)
    }
    func line() -> String { parts.joined(separator: theme.glyphs.separator) }
    while !parts.isEmpty, DisplayWidth.of(line()) > room { parts.removeLast() }
    surface.write(line(), x, rect.y, theme.style(.faint))
  }
}
