import SeerProjection
import SeerWidgets

/// Every key of the screen below, by group, over it; in two columns where they fit, and scrolled
/// where even one does not.
struct HelpOverlay {
  private enum Line: Equatable {
    case group(String)
    case command(keys: String, help: String)
    case text(String)
    case blank
  }

  private let theme: Theme
  private let rect: Rect
  private let columns: [[Line]]

  init(_ state: AppState) {
    theme = state.theme
    let size = state.size
    let isWide = size.width >= 112
    let width = min(size.width - 2, isWide ? 126 : 72)
    let groups = Self.groups(state, width: (width - 2) / (isWide ? 2 : 1))
    columns = isWide ? Self.balanced(groups) : [groups.joined(separator: [.blank]).map { $0 }]
    let height = min(size.height - 2, (columns.map(\.count).max() ?? 0) + 2)
    rect = Rect(
      x: (size.width - width) / 2, y: max(0, (size.height - height) / 2), width: width,
      height: height)
  }

  var lastScroll: Int { max(0, (columns.map(\.count).max() ?? 0) - rect.inside.height) }

  /// - Parameter width: of a column.
  private static func groups(_ state: AppState, width: Int) -> [[Line]] {
    let glyphs = state.theme.glyphs
    let context = state.front.helpContext(state)
    func line(_ command: Command) -> Line {
      let keys = command.keys.map { $0.symbol(ascii: glyphs.isASCII) }.joined(separator: " ")
      return .command(keys: command.label?.help ?? keys, help: command.help)
    }
    var groups = Command.groups(of: state.commands).map { group in
      [Line.group(group.name)]
        + state.commands.filter { $0.group == group && $0.contexts.contains(context) }.map(line)
    }
    for section in state.front.helpSections {
      let lines: [Line] =
        switch section.content {
        case .keys(let context): state.commands.filter { $0.contexts.isOnly(context) }.map(line)
        case .text(let paragraphs):
          // The first line of a paragraph stands out to the left.
          paragraphs.flatMap { paragraph in
            Text.wrap(paragraph, width: max(1, width - 5)).enumerated().map {
              .text(($0 == 0 ? "" : "  ") + $1)
            }
          }
        }
      groups.append([.group(section.title)] + lines)
    }
    groups.append([
      .group("Mouse"), .command(keys: "click", help: "Choose a point, a concept or a layer"),
      .command(keys: "drag", help: "Move the map"),
      .command(keys: "right drag", help: "Select rows"),
      .command(keys: "wheel", help: "Zoom, change layers, scroll the text"),
    ])
    return groups.filter { $0.count > 1 }
  }

  /// Two columns of about the same height, groups kept whole and in order.
  private static func balanced(_ groups: [[Line]]) -> [[Line]] {
    let splits = 1..<max(2, groups.count)
    func column(_ part: ArraySlice<[Line]>) -> [Line] {
      part.joined(separator: [.blank]).map { $0 }
    }
    func height(_ split: Int) -> Int {
      max(column(groups[..<split]).count, column(groups[split...]).count)
    }
    let best = splits.min { height($0) < height($1) } ?? 1
    return [column(groups[..<best]), column(groups[best...])]
  }

  func draw(scroll: Int, into surface: inout Surface) {
    surface.fill(rect, .plain)
    let inside = rect.inside
    let scroll = max(0, min(scroll, lastScroll))
    let count = columns.map(\.count).max() ?? 0
    let note = lastScroll == 0 ? "" : "\(scroll + 1)-\(scroll + inside.height) of \(count)"
    Frame(title: "keys", note: note, isFocused: true).draw(rect, theme, into: &surface)
    let width = inside.width / columns.count
    let keyWidth = min(16, width / 4)
    for (index, lines) in columns.enumerated() {
      let x = inside.x + index * width + 1
      for (offset, line) in lines.dropFirst(scroll).prefix(inside.height).enumerated() {
        draw(line, x, inside.y + offset, width: width - 2, keyWidth: keyWidth, &surface)
      }
    }
  }

  private func draw(
    _ line: Line, _ x: Int, _ y: Int, width: Int, keyWidth: Int, _ surface: inout Surface
  ) {
    let ellipsis = theme.glyphs.ellipsis
    switch line {
    case .blank: break
    case .group(let name): surface.write(name, x, y, theme.style(.title))
    case .text(let text): surface.write(text, x + 1, y, theme.style(.text))
    case .command(let keys, let help):
      let keys = Text.cut(keys, to: keyWidth, ellipsis: ellipsis)
      surface.write(keys, x + 1, y, theme.style(.key))
      let help = Text.cut(help, to: width - keyWidth - 2, ellipsis: ellipsis)
      surface.write(help, x + keyWidth + 2, y, theme.style(.text))
    }
  }
}
