import SeerApp
import SeerWidgets

/// The experts of the layer with their marks and rows, in the place of the concepts.
struct ExpertLegend {
  private let experts: RowExperts
  private let theme: Theme
  private let layout: ExploreLayout

  init(_ experts: RowExperts, _ theme: Theme, _ layout: ExploreLayout) {
    self.experts = experts
    self.theme = theme
    self.layout = layout
  }

  func draw(into surface: inout Surface) {
    if layout.isWide { drawList(into: &surface) } else { drawLine(into: &surface) }
  }

  private func drawList(into surface: inout Surface) {
    let rect = layout.legend
    let inside = rect.inside
    let all = experts.experts
    Frame(title: "experts", note: "\(all.count) of \(experts.count) weigh most for a row")
      .draw(rect, theme, into: &surface)
    // The last line says how many there is no room for.
    let shown = all.count > inside.height ? max(0, inside.height - 1) : all.count
    for (place, expert) in all.prefix(shown).enumerated() {
      let y = inside.y + place
      surface.put(theme.glyphs.mark(place), inside.x + 2, y, theme.concept(place))
      let count = Numbers.grouped(expert.rows)
      let room = max(0, inside.width - 5 - count.count)
      surface.write("expert \(expert.id)", inside.x + 4, y, theme.style(.text), width: room)
      surface.write(count, inside.x + 5 + room, y, theme.style(.text), width: count.count)
    }
    guard shown < all.count, inside.height > 0 else { return }
    let rest = all.dropFirst(shown).reduce(0) { $0 + $1.rows }
    surface.write(
      "\(all.count - shown) more, \(Numbers.grouped(rest)) rows", inside.x + 4, inside.y + shown,
      theme.style(.faint), width: inside.width - 4)
  }

  private func drawLine(into surface: inout Surface) {
    let rect = layout.legend
    var x = rect.x + 1
    for (place, expert) in experts.experts.enumerated() {
      let text = "expert \(expert.id) \(Numbers.grouped(expert.rows))"
      guard x + text.count + 2 <= rect.maxX - 1 else { break }
      surface.put(theme.glyphs.mark(place), x, rect.y, theme.concept(place))
      surface.write(text, x + 2, rect.y, theme.style(.text), width: text.count)
      x += text.count + 4
    }
  }
}
