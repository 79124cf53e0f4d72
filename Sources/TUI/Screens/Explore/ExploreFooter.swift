import SeerApp
import SeerWidgets

/// The last line while a name, the file of an export or a search is typed.
struct ExploreFooter {
  private let state: AppState
  private let rect: Rect
  private var theme: Theme { state.theme }
  private var line: SearchLine { SearchLine(state, rect) }
  private var isASCII: Bool { state.theme.glyphs.isASCII }

  init(_ state: AppState, _ rect: Rect) {
    self.state = state
    self.rect = rect
  }

  /// - Returns: false where nothing is typed.
  func draw(into surface: inout Surface) -> Bool {
    if let name = state.explore.selection.naming {
      draw(name: name, into: &surface)
    } else if let exporting = state.explore.export.asked {
      draw(exporting, into: &surface)
    } else {
      return line.draw(into: &surface)
    }
    return true
  }

  private func draw(name: String, into surface: inout Surface) {
    var x = surface.write("name ", rect.x + 1, rect.y, theme.style(.key))
    let typed = Text.tail(
      Text.visible(name, ascii: isASCII),
      to: max(8, rect.width - (rect.width >= 60 ? 30 : 10)), ellipsis: theme.glyphs.ellipsis)
    x = surface.write(typed, x, rect.y, theme.style(.strong))
    line.drawCaret(x, into: &surface)
    if typed.isEmpty, let list = state.explore.lists.open, list.entries.indices.contains(list.index)
    {
      // What it is called, until something is typed.
      let old = Text.visible(list.entries[list.index].text, ascii: isASCII)
      x = surface.write(
        Text.cut(old, to: 20, ellipsis: theme.glyphs.ellipsis), x + 1, rect.y, theme.style(.faint))
    }
    line.drawHints(x + 3, into: &surface)
  }

  /// The name of the file, its end where there is no room for all of it, and what Enter does.
  private func draw(_ exporting: Exporting, into surface: inout Surface) {
    let isWide = rect.width >= 76
    let warning = isWide ? "is there: Enter writes over it" : "is there: Enter?"
    var x = surface.write(isWide ? "export to " : "to ", rect.x + 1, rect.y, theme.style(.key))
    let rest = exporting.existing != nil ? warning.count + 4 : isWide ? 36 : 2
    let path = Text.tail(
      Text.visible(exporting.path, ascii: isASCII), to: max(1, rect.maxX - x - rest),
      ellipsis: theme.glyphs.ellipsis)
    x = surface.write(path, x, rect.y, theme.style(.strong))
    line.drawCaret(x, into: &surface)
    x += 3
    if exporting.existing != nil {
      surface.write(warning, x, rect.y, theme.style(.warning), width: rect.maxX - x)
      return
    }
    line.drawHints(x, into: &surface)
  }
}
