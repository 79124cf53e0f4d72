import SeerFigures
import Testing

struct PNGTests {
  /// Drawings that make libpng choose every kind of line and of block.
  @Test(arguments: [(1, 1), (3, 2), (40, 20), (301, 67), (2000, 3)])
  func anIndependentReaderFindsEveryPixel(width: Int, height: Int) throws {
    var raster = Raster(width: width, height: height, ground: 0x123456)
    for disc in 0..<60 {
      raster.disc(
        x: Double(disc * 37 % width), y: Double(disc * 11 % height), radius: Double(disc % 20),
        color: UInt32(disc) &* 0x9E37_79B1 >> 8, opacity: 0.7)
    }
    let file = try PNGReader(PNG.bytes(raster))
    #expect(file.width == width && file.height == height)
    // Eight bits of red, green and blue, in lines from the top.
    #expect(file.header.suffix(5) == [8, 2, 0, 0, 0])
    #expect(file.chunks.first == "IHDR" && file.chunks.last == "IEND")
    #expect(file.pixels == raster.bytes)
  }

  @Test func aDrawingIsMuchSmallerThanItsPixels() throws {
    let raster = Raster(width: 1000, height: 500, ground: 0xFFFFFF)
    #expect(try PNG.bytes(raster).count < 1000 * 500 * 3 / 200)
  }

  /// What libpng refuses is said in its words, not by a trap.
  @Test func aPictureOfNoSizeIsRefused() throws {
    let raster = Raster(width: 0, height: 0, ground: 0)
    let error = #expect(throws: PNGError.self) { _ = try PNG.bytes(raster) }
    #expect(error?.description.hasPrefix("libpng wrote no file: ") == true)
    #expect(error?.reason.isEmpty == false)
  }

  @Test func aPictureHasItsPixels() throws {
    var picture = Picture(width: 20, height: 10, ground: 0xFFFFFF)
    picture.add(.mark(.disc, x: 5, y: 5, radius: 3, color: 0xFF0000))
    picture.add(.mark(.square, x: 15, y: 5, radius: 3, color: 0x0000FF))
    let file = try PNGReader(picture.png(scale: 2))
    #expect(file.width == 40 && file.height == 20)
    func pixel(_ x: Int, _ y: Int) -> [UInt8] {
      Array(file.pixels[(y * 40 + x) * 3..<(y * 40 + x) * 3 + 3])
    }
    #expect(pixel(10, 10) == [255, 0, 0])
    #expect(pixel(30, 10) == [0, 0, 255])
    #expect(pixel(0, 0) == [255, 255, 255] && pixel(20, 10) == [255, 255, 255])
    // The edge is between the colours.
    let edge = pixel(4, 10)
    #expect(edge[0] == 255 && edge[1] > 0 && edge[1] < 255)
  }

  @Test func everyMarkAndGlyphCanBeDrawn() throws {
    var picture = Picture(width: 300, height: 60)
    for group in -1..<30 {
      picture.add(
        .mark(
          Mark(group: group), x: Double(group) * 9, y: 10, radius: 3,
          color: GroupColors.color(group)))
    }
    let text = String(String.UnicodeScalarView((0x20..<0x17F).compactMap { Unicode.Scalar($0) }))
    picture.add(.text(text + "日本🙂\n\t", x: 2, y: 40, size: 10))
    picture.add(.mark(.disc, x: .nan, y: 1, radius: 3, color: 0))
    picture.add(.mark(.star, x: 1e300, y: -1e300, radius: 3, color: 0))
    picture.add(.line(x1: -1e9, y1: 5, x2: 1e9, y2: 5, color: 0x123456))
    #expect(try PNGReader(picture.png(scale: 1)).pixels.count == 300 * 60 * 3)
    #expect(StrokeFont.width("é", size: 10) == StrokeFont.width("e", size: 10))
    #expect(StrokeFont.strokes("語") == StrokeFont.strokes("字"))
    for scalar in "abcxyzABCXYZ0123456789.,:()%".unicodeScalars {
      #expect(StrokeFont.strokes(scalar) != StrokeFont.strokes("語"), "\(scalar)")
    }
  }
}
