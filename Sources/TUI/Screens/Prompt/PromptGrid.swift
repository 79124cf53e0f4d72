import SeerApp
import SeerMonitor
import SeerWidgets

/// Tokens by layers: above each column the token, in each cell a mark for each side.
struct PromptGrid {
  struct Column: Equatable {
    var token: Int
    var text: String
    var x: Int
    var width: Int
  }

  let columns: [Column]
  /// Indices among the state's layers, one a line.
  let layers: [Int]
  /// Tokens that there is no room for.
  let before: Int
  let after: Int
  private let inside: Rect

  /// Columns of the layers' numbers, a blank with them.
  private static let margin = 4

  init(_ prompt: PromptState, _ inside: Rect, _ glyphs: Glyphs) {
    self.inside = inside
    layers = prompt.shownLayers(max(0, inside.height - 1))
    let tokens = prompt.shownTokens
    let room = inside.width - 2 * Self.margin
    guard room > 0, inside.height > 1, let reading = prompt.reading, !tokens.isEmpty else {
      columns = []
      (before, after) = (0, 0)
      return
    }
    let longest = inside.width < 50 ? 7 : 12
    let all = tokens.map { token in
      let text = Text.cut(
        Text.ofToken(reading.tokens[token].text, glyphs), to: longest, ellipsis: glyphs.ellipsis)
      return (token: token, text: text, width: max(prompt.sides.count, DisplayWidth.of(text)))
    }
    // From the current one half of the room to the left, then to the right, then what is left.
    let current = tokens.firstIndex { $0 == prompt.tokenIndex } ?? tokens.count - 1
    var (first, end) = (current, current + 1)
    var used = all[current].width + 1
    func takeLeft(_ limit: Int) {
      while first > 0, used + all[first - 1].width + 1 <= limit {
        first -= 1
        used += all[first].width + 1
      }
    }
    takeLeft(room / 2)
    while end < all.count, used + all[end].width + 1 <= room {
      used += all[end].width + 1
      end += 1
    }
    takeLeft(room)
    (before, after) = (first, all.count - end)
    var x = inside.x + Self.margin
    columns = all[first..<end].map { entry in
      defer { x += entry.width + 1 }
      return Column(token: entry.token, text: entry.text, x: x, width: entry.width)
    }
  }

  /// The token and the layer at a place, each where there is one.
  func cell(at place: Cursor) -> (token: Int?, layer: Int?) {
    guard inside.contains(place) else { return (nil, nil) }
    let line = place.y - inside.y - 1
    let column = columns.first { place.x >= $0.x && place.x <= $0.x + $0.width }
    return (column?.token, layers.indices.contains(line) ? layers[line] : nil)
  }

  func draw(_ prompt: PromptState, _ theme: Theme, into surface: inout Surface) {
    guard let reading = prompt.reading, let end = columns.last.map({ $0.x + $0.width + 1 }) else {
      return
    }
    let faint = theme.style(.faint)
    if before > 0 {
      // More than two digits would touch the first name.
      let count = before < 100 ? "\(before)" : ""
      surface.write("\(theme.glyphs.tickLeft)\(count)", inside.x, inside.y, faint)
    }
    if after > 0 {
      surface.write(
        "\(after)\(theme.glyphs.tickRight)", end, inside.y, faint, width: inside.maxX - end)
    }
    let isChoosing = prompt.focus != .editor || prompt.tokenFromEnd > 0
    for column in columns {
      let isCurrent = column.token == prompt.tokenIndex
      surface.write(
        column.text, column.x, inside.y,
        theme.style(isCurrent ? (isChoosing ? .cursor : .strong) : .text), width: column.width)
    }
    for (line, layer) in layers.enumerated() {
      let y = inside.y + 1 + line
      let number = "\(prompt.layers[layer])"
      let isCurrent = layer == prompt.layer
      surface.write(
        number, inside.x + 3 - number.count, y, theme.style(isCurrent ? .accent : .faint))
      for (place, side) in prompt.sides.enumerated() {
        let scores = reading.scores(side, layer: prompt.layers[layer])
        for column in columns {
          let score = scores.flatMap {
            $0.indices.contains(column.token) ? $0[column.token] : nil
          }
          let look = ScoreLook(score, filter: prompt.filter, theme)
          let isHere = isCurrent && column.token == prompt.tokenIndex
          surface.put(
            look.mark, column.x + place, y, isHere ? theme.highlighted(look.style) : look.style)
        }
      }
    }
  }
}
