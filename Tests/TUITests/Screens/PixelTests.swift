import Foundation
import LinearAlgebra
import SeerApp
import SeerFigures
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

  /// What a terminal shows after each of some keys.
  private struct SixelScreen {
    var screen: TerminalModel
    var writer = FrameWriter(TerminalModel.means())
    var painter = PixelPainter()
    var shown: Surface?

    init(_ state: AppState) { screen = TerminalModel(state.size, cell: state.pixels.cell) }

    /// - Returns: the bytes of the pictures.
    mutating func show(_ state: AppState) -> Int {
      let surface = render(state)
      screen.feed(writer.bytes(for: surface, over: shown))
      let pictures = painter.text(for: surface, state.pixels)
      screen.feed(pictures)
      shown = surface
      return pictures.utf8.count
    }

    /// The first cell that does not show the painter's own picture, pixel by pixel, or has one where none
    /// belongs; colours are told in hundredths.
    func difference(_ state: AppState) -> String? {
      guard let surface = shown else { return "nothing is shown" }
      if let difference = screen.difference(from: surface) { return difference }
      let cell = screen.cell
      let pictures = surface.layers.map { ($0.panel, $0.picture(state.pixels)) }
      for y in 0..<surface.size.height {
        for x in 0..<surface.size.width where surface[x, y].isClear {
          let pixels = screen.pixels(Rect(x: x, y: y, width: 1, height: 1))
          let found = pictures.first { $0.0.contains(Cursor(x: x, y: y)) }
          for (index, pixel) in pixels.enumerated() {
            guard let (panel, picture) = found else {
              if pixel >= 0 { return "a picture at (\(x), \(y))" }
              continue
            }
            let color = picture.color(
              (x - panel.x) * cell.width + index % cell.width,
              (y - panel.y) * cell.height + index / cell.width)
            let wanted = [16, 8, 0].reduce(0 as Int32) { sum, shift in
              let hundredths = (Int32(color >> UInt32(shift) & 0xFF) * 100 + 127) / 255
              return sum << 8 | (hundredths * 255 + 50) / 100
            }
            if pixel != wanted {
              return "(\(x), \(y)), pixel \(index): \(pixel) for \(wanted)"
            }
          }
        }
      }
      return nil
    }
  }

  /// Whatever is pressed, the terminal shows the painter's picture, pixel by pixel, where nothing is
  /// written; a key of the cursor costs the cells that it leaves.
  @Test(arguments: [(40, 12), (80, 24), (110, 30)]) func sixelsStayWhole(width: Int, height: Int) {
    var state = app(.sixel, width, height)
    var terminal = SixelScreen(state)
    let whole = terminal.show(state)
    #expect(terminal.difference(state) == nil)
    for key in [
      "j", "j", "w", "k", "l", "l", "h", "b", "j", "N", "k", "N", "i", "j", "Esc", "1", "1", "f",
      "+", "L", "?", "Esc", "/", "s", "h", "e", "Enter", "n", "Esc", "Z", "Z", "F3", "F2",
    ] {
      state = state.after(key)
      let bytes = terminal.show(state)
      let difference = terminal.difference(state)
      #expect(difference == nil, "after \(key)")
      // On a small screen the picture itself takes no more than some cells.
      if ["j", "k", "w"].contains(key) {
        #expect(bytes < max(whole / 8, 600), "\(bytes) of \(whole)")
      }
    }
    #expect(terminal.show(state) == 0, "the same again is nothing")
  }

  /// An answer of the terminal that changes nothing of a picture sends none again.
  @Test(arguments: [PixelChoice.kitty, .sixel]) func answersSendNoPictureAgain(choice: PixelChoice)
  {
    var state = app(choice)
    var painter = PixelPainter()
    #expect(!painter.text(for: render(state), state.pixels).isEmpty)
    _ = update(&state, .answer(.kitty))
    _ = update(&state, .answer(.attributes(hasSixel: true)))
    #expect(painter.text(for: render(state), state.pixels).isEmpty)
    _ = update(&state, .answer(.cell(Size(width: 5, height: 10))))
    #expect(!painter.text(for: render(state), state.pixels).isEmpty)
  }

  /// Marks of a kind are the same pixels wherever they are, in a full colour and one edge's each.
  @Test func marksAreOfFewColors() throws {
    let layer = try #require(render(app(.kitty)).layers.first)
    let picture = layer.picture(app(.kitty).pixels)
    let colors = Set(picture.colors)
    #expect(colors.contains(layer.ground))
    let hidden = layer.inks.filter { $0.mark != nil && !colors.contains($0.color) }
    #expect(hidden.isEmpty, "\(hidden)")
    #expect(colors.count <= 2 * layer.inks.count + 1, "\(colors.count)")
    #expect(picture.colors.first == layer.ground, "the most frequent")
  }

  /// Kitty scales pictures to their cells: on a fine screen no more pixels are sent than marks need.
  @Test func fineScreensCostNoMore() throws {
    let layer = try #require(render(app(.kitty)).layers.first)
    var pixels = Pixels(.kitty)
    pixels.hear(.cell(Size(width: 20, height: 40)))
    let picture = layer.picture(pixels)
    #expect(picture.width == layer.panel.width * 10 && picture.height == layer.panel.height * 20)
    var exact = Pixels(.sixel)
    exact.hear(.cell(Size(width: 20, height: 40)))
    #expect(layer.picture(exact).width == layer.panel.width * 20)
  }

  /// Written down by hand from the VT330's manual: 3 pixels by 7, red with a blue column.
  @Test func aSixelPicture() {
    var raster = Raster(width: 5, height: 7, ground: 0xFF0000)
    raster.strokes([[(2.5, -9), (2.5, 20)]], width: 1, color: 0x0000FF, opacity: 1)
    let text = Sixel.text(raster.indexed())
    #expect(text.hasPrefix("\u{1B}P0;1;0q\"1;1;5;7#0;2;100;0;0#1;2;0;0;100"))
    // The ground is one run, over which the column is drawn.
    #expect(text.hasSuffix("#0!5~$#1??~-#0!5@$#1??@-\u{1B}\\"))
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
    let picture = raster.indexed(256)
    let text = Sixel.text(picture)
    let colors = text.split(separator: "#").dropFirst().filter { $0.contains(";2;") }
    #expect(colors.count <= 256 && colors.count > 200)
    expectSame(text, picture)
    let far = (0..<64 * 64).count { pixel in
      (0..<3).contains { part in
        let color = picture.color(pixel % 64, pixel / 64) >> UInt32(16 - 8 * part) & 0xFF
        return abs(Int(color) - Int(raster.bytes[3 * pixel + part])) > 48
      }
    }
    #expect(far < 64 * 64 / 10)
  }

  /// Read as DEC's manual says, the sixels are the picture: of any size, in any colours.
  @Test(arguments: 0..<24) func sixelsAreThePicture(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let width = Int.random(in: 1...50, using: &generator)
    let height = Int.random(in: 1...30, using: &generator)
    var raster = Raster(width: width, height: height, ground: 0x101820, steps: seed % 3 + 1)
    for _ in 0..<Int.random(in: 0...30, using: &generator) {
      raster.disc(
        x: Double.random(in: 0...Double(width), using: &generator),
        y: Double.random(in: 0...Double(height), using: &generator),
        radius: Double.random(in: 0.3...6, using: &generator),
        color: UInt32.random(in: 0...0xFFFFFF, using: &generator), opacity: 1)
    }
    let picture = raster.indexed(seed % 2 == 0 ? 6 : 32)
    expectSame(Sixel.text(picture), picture)
    let part = picture.cropped(
      x: width / 3, y: height / 4, width: width / 3 + 1, height: height / 2 + 1)
    for y in 0..<part.height {
      for x in 0..<part.width {
        #expect(part.color(x, y) == picture.color(x + width / 3, y + height / 4))
      }
    }
    expectSame(Sixel.text(part), part)
  }

  private func expectSame(_ text: String, _ picture: IndexedRaster) {
    var screen = TerminalModel(Size(width: picture.width, height: picture.height))
    screen.feed(text)
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let color = picture.color(x, y)
        let drawn = UInt32(bitPattern: screen.pixels[y * picture.width + x])
        for shift: UInt32 in [16, 8, 0] {
          let (wanted, found) = (Int(color >> shift & 0xFF), Int(drawn >> shift & 0xFF))
          // Colours are told in hundredths.
          if abs(wanted - found) > 2 {
            Issue.record("(\(x), \(y)): \(drawn) for \(color)")
            return
          }
        }
      }
    }
  }

  @Test func sequencesOfStyles() {
    #expect(Style.plain.sequence == "\u{1B}[0m")
    let style = Style(
      foreground: .rgb(0x102030), background: .palette(7), attributes: [.bold, .reverse])
    #expect(style.sequence == "\u{1B}[0;1;7;38;2;16;32;48;48;5;7m")
  }
}
