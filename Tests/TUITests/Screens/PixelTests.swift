import Foundation
import SeerFigures
import SeerScreens
import SeerWidgets
import Testing

/// Maps by the terminal's pixels: what is sent, and when.
@Suite struct PixelTests {
  private func app(_ choice: PixelChoice, _ width: Int = 80, _ height: Int = 24) -> AppState {
    var state = Fixture.app(width, height)
    state.pixels = Pixels(choice)
    _ = update(&state, .answer(.cell(Size(width: 4, height: 8))))
    return state
  }

  @Test(arguments: [(40, 12), (80, 24), (120, 40)])
  func theRestOfTheScreenStays(width: Int, height: Int) {
    let cells = render(Fixture.app(width, height))
    let pixels = render(app(.kitty, width, height))
    #expect(pixels.layers.count == 1 && cells.layers.isEmpty)
    guard let layer = pixels.layers.first else { return }
    #expect(pixels.cursor == cells.cursor)
    for y in 0..<height {
      for x in 0..<width where !layer.panel.contains(Cursor(x: x, y: y)) {
        #expect(pixels[x, y] == cells[x, y], "\(x), \(y)")
      }
    }
    // On the map itself only the cursor is a character.
    let inside = (layer.panel.y..<layer.panel.maxY).flatMap { y in
      (layer.panel.x..<layer.panel.maxX).map { Cursor(x: $0, y: y) }
    }
    #expect(inside.filter { pixels[$0.x, $0.y] != .blank } == [pixels.cursor].compactMap { $0 })
  }

  @Test func whenTheyAreCharactersStill() {
    #expect(render(app(.off)).layers.isEmpty)
    #expect(render(app(.auto)).layers.isEmpty, "the terminal has not said that it has pixels")
    var said = app(.auto)
    _ = update(&said, .answer(.kitty))
    #expect(render(said).layers.count == 1)
    #expect(render(said.after("P")).layers.isEmpty, "what moves")
    #expect(render(said.after("m", "m", "m")).layers.isEmpty, "shades are characters")
    #expect(render(said.after("Z")).layers.isEmpty)
    var compare = Fixture.compare(110, 30)
    compare.pixels = Pixels(.kitty)
    #expect(render(compare).layers.count == 2)
    #expect(render(compare.after("t")).layers.count == 1)
    #expect(render(compare.after("T")).layers.isEmpty, "what glides")
  }

  /// Nothing is sent for a map that stays the same; a key of the cursor costs no picture.
  @Test func onlyWhatChanges() throws {
    let state = app(.kitty)
    var painter = PixelPainter()
    let first = painter.text(for: render(state), state.pixels)
    #expect(first.contains("\u{1B}_Ga=T,f=100,i=1,p=1") && first.hasPrefix("\u{1B}7"))
    #expect(first.hasSuffix("\u{1B}8"))
    #expect(painter.text(for: render(state), state.pixels).isEmpty)
    let moved = state.after("j")
    #expect(painter.text(for: render(moved), moved.pixels).isEmpty)
    let layer = moved.after("l")
    #expect(painter.text(for: render(layer), layer.pixels).contains("a=T"))
    let help = layer.after("Z")
    #expect(painter.text(for: render(help), help.pixels).contains("a=d,d=I,i=1"))
    painter.forget()
    #expect(painter.text(for: render(layer), layer.pixels).contains("a=T"))
    let bytes = first.utf8.count
    #expect(bytes < 30_000, "\(bytes) bytes for \(Fixture.rows(48).count) rows")
  }

  /// The sequences together are the file that was encoded, in pieces of 4,096 at most.
  @Test func kittysPieces() throws {
    let file = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let text = KittyGraphics.show(file, number: 3, on: Size(width: 40, height: 20))
    let sequences = text.components(separatedBy: "\u{1B}_G").dropFirst()
    #expect(sequences.count == 4)
    var base64 = ""
    for (index, sequence) in sequences.enumerated() {
      #expect(sequence.hasSuffix("\u{1B}\\"))
      let parts = sequence.dropLast(2).split(separator: ";", maxSplits: 1)
      #expect(parts[0].hasSuffix(index == 3 ? "m=0" : "m=1"))
      #expect(parts[1].utf8.count <= 4096)
      base64 += parts[1]
    }
    #expect(sequences.first?.hasPrefix("a=T,f=100,i=3,p=1,c=40,r=20,z=-1,C=1,q=2,m=1;") == true)
    #expect(Data(base64Encoded: base64).map(Array.init) == file)
  }

  /// A cursor that moves wipes a cell of a sixel picture out: that cell alone is sent again, and what is
  /// sent together is the picture.
  @Test func sixelsAreRepaired() throws {
    let state = app(.sixel)
    var painter = PixelPainter()
    let first = painter.text(for: render(state), state.pixels)
    let moved = state.after("j")
    let repair = painter.text(for: render(moved), moved.pixels)
    #expect(repair.contains("\u{1B}P") && repair.utf8.count < first.utf8.count / 3)
    let layer = try #require(render(state).layers.first)
    let cell = state.pixels.cell
    var screen = SixelScreen(width: 80 * cell.width, height: 24 * cell.height)
    screen.draw(first, cell: cell)
    let raster = layer.raster(state.pixels)
    let picture = raster.indexed()
    let colors = picture.indices.flatMap { index in
      let color = picture.colors[Int(index)]
      return [UInt8(color >> 16 & 0xFF), UInt8(color >> 8 & 0xFF), UInt8(color & 0xFF)]
    }
    // The cursor is a character over it.
    screen.copy(raster, try #require(render(state).cursor), layer.panel, cell)
    let whole = screen.part(layer.panel, cell)
    let far = zip(whole, colors).filter { abs(Int($0) - Int($1)) > 2 }.count
    #expect(
      far <= 3 * cell.width * cell.height, "but for the cell of the cursor, all as it was sent")
    // As curses does it: the cells that changed are wiped out, blanks between them, too.
    let (before, after) = (render(state), render(moved))
    for y in layer.panel.y..<layer.panel.maxY {
      let changed = (layer.panel.x..<layer.panel.maxX).filter { before[$0, y] != after[$0, y] }
      guard let low = changed.first, let high = changed.last else { continue }
      for x in low...high { screen.wipe(x, y, cell) }
    }
    screen.draw(repair, cell: cell)
    let cursor = try #require(after.cursor)
    screen.copy(raster, cursor, layer.panel, cell)
    let repaired = screen.part(layer.panel, cell)
    for place in repaired.indices where repaired[place] != whole[place] {
      #expect(abs(Int(repaired[place]) - Int(raster.bytes[place])) <= 20, "pixel \(place / 3)")
    }
  }

  /// Written down by hand from the VT330's manual: 3 pixels by 7, red with a blue column.
  @Test func aSixelPicture() {
    var raster = Raster(width: 5, height: 7, ground: 0xFF0000)
    raster.strokes([[(2.5, -9), (2.5, 20)]], width: 1, color: 0x0000FF, opacity: 1)
    let text = Sixel.text(raster.indexed())
    #expect(text.hasPrefix("\u{1B}P0;1;0q\"1;1;5;7#0;2;100;0;0#1;2;0;0;100"))
    #expect(text.hasSuffix("#0~~?~~$#1??~-#0@@?@@$#1??@-\u{1B}\\"))
  }

  /// More colours than there are registers: each pixel gets one that is near.
  @Test func manyColors() {
    var raster = Raster(width: 64, height: 64, ground: 0)
    for y in 0..<64 {
      for x in 0..<64 {
        let color = UInt32(x * 4) << 16 | UInt32(y * 4) << 8 | UInt32((x ^ y) * 4)
        raster.disc(x: Double(x) + 0.5, y: Double(y) + 0.5, radius: 0.4, color: color, opacity: 1)
      }
    }
    var screen = SixelScreen(width: 64, height: 64)
    let text = Sixel.text(raster.indexed(256))
    let colors = text.split(separator: "#").dropFirst().filter { $0.contains(";2;") }
    #expect(colors.count <= 256 && colors.count > 200)
    screen.draw(text, cell: Size(width: 1, height: 1))
    let far = zip(screen.pixels, raster.bytes).filter { abs(Int($0) - Int($1)) > 48 }.count
    #expect(far < raster.bytes.count / 10)
  }

  @Test func sequencesOfStyles() {
    #expect(Style.plain.sequence == "\u{1B}[0m")
    let style = Style(
      foreground: .rgb(0x102030), background: .palette(7), attributes: [.bold, .reverse])
    #expect(style.sequence == "\u{1B}[0;1;7;38;2;16;32;48;48;5;7m")
  }
}

/// A terminal's pixels, and a reader of sixels of its own: DEC's words for what they do.
private struct SixelScreen {
  let width: Int
  let height: Int
  private(set) var pixels: [UInt8]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    pixels = [UInt8](repeating: 0, count: width * height * 3)
  }

  func part(_ panel: Rect, _ cell: Size) -> [UInt8] {
    var part: [UInt8] = []
    let (left, right) = (panel.x * cell.width, panel.maxX * cell.width)
    for y in panel.y * cell.height..<panel.maxY * cell.height {
      let start: Int = (y * width + left) * 3
      let end: Int = (y * width + right) * 3
      part += pixels[start..<end]
    }
    return part
  }

  mutating func wipe(_ x: Int, _ y: Int, _ cell: Size) {
    for line in y * cell.height..<(y + 1) * cell.height {
      for column in x * cell.width..<(x + 1) * cell.width { set(column, line, [99, 99, 99]) }
    }
  }

  /// A character hides what is beneath it; the picture is put there for the comparison.
  mutating func copy(_ raster: Raster, _ place: Cursor, _ panel: Rect, _ cell: Size) {
    for line in 0..<cell.height {
      for column in 0..<cell.width {
        let (x, y) = (place.x * cell.width + column, place.y * cell.height + line)
        let line: Int = y - panel.y * cell.height
        let start: Int = (line * raster.width + x - panel.x * cell.width) * 3
        set(x, y, Array(raster.bytes[start..<start + 3]))
      }
    }
  }

  private mutating func set(_ x: Int, _ y: Int, _ color: [UInt8]) {
    guard x < width, y < height else { return }
    let start: Int = (y * width + x) * 3
    pixels.replaceSubrange(start..<start + 3, with: color)
  }

  /// Follows `CSI y ; x H` and every `DCS q` in a text; everything else is left out.
  mutating func draw(_ text: String, cell: Size) {
    var place = Cursor(x: 0, y: 0)
    for part in text.components(separatedBy: "\u{1B}") {
      if part.hasPrefix("["), part.hasSuffix("H") {
        let numbers = part.dropFirst().dropLast().split(separator: ";").compactMap { Int($0) }
        if numbers.count == 2 { place = Cursor(x: numbers[1] - 1, y: numbers[0] - 1) }
      } else if part.hasPrefix("P"), let start = part.firstIndex(of: "q") {
        sixels(part[part.index(after: start)...], place.x * cell.width, place.y * cell.height)
      }
    }
  }

  private mutating func sixels(_ text: Substring, _ left: Int, _ top: Int) {
    var rest = Array(text.utf8)[...]
    func number(_ rest: inout ArraySlice<UInt8>) -> Int {
      var value = 0
      while let digit = rest.first, (48...57).contains(digit) {
        value = value * 10 + Int(digit - 48)
        rest.removeFirst()
      }
      return value
    }
    func numbers(_ rest: inout ArraySlice<UInt8>) -> [Int] {
      var values = [number(&rest)]
      while rest.first == UInt8(ascii: ";") {
        rest.removeFirst()
        values.append(number(&rest))
      }
      return values
    }
    var colors: [Int: [UInt8]] = [:]
    var color: [UInt8] = [0, 0, 0]
    var (x, y) = (left, top)
    var size = (width: Int.max, height: Int.max)
    while let next = rest.popFirst() {
      switch next {
      case UInt8(ascii: "\""):
        let values = numbers(&rest)
        if values.count == 4 { size = (values[2], values[3]) }
      case UInt8(ascii: "#"):
        let values = numbers(&rest)
        if values.count == 5 {
          colors[values[0]] = values.dropFirst(2).map { UInt8(($0 * 255 + 50) / 100) }
        }
        color = colors[values[0]] ?? color
      case UInt8(ascii: "$"): x = left
      case UInt8(ascii: "-"): (x, y) = (left, y + 6)
      default:
        var count = 1
        var bits = next
        if next == UInt8(ascii: "!") {
          count = number(&rest)
          bits = rest.popFirst() ?? 63
        }
        for _ in 0..<count {
          for line in 0..<6 where (bits &- 63) >> UInt8(line) & 1 == 1 {
            precondition(x - left < size.width && y + line - top < size.height, "outside")
            set(x, y + line, color)
          }
          x += 1
        }
      }
    }
  }
}
