import SeerWidgets
import Testing

/// A terminal in memory that follows what it is sent: ECMA-48's words for cells, DEC's for sixels. It knows
/// nothing of how they were written, and complains of what it does not know.
struct TerminalModel {
  struct Drawn: Equatable {
    /// A character with its marks; empty in the right half of a wide one.
    var text = " "
    var pen = Drawing()
  }

  /// What SGR has set.
  struct Drawing: Equatable {
    var foreground = "39"
    var background = "49"
    var isBold = false
    var isDim = false
    var isReversed = false
  }

  let size: Size
  /// A cell's size in pixels.
  let cell: Size
  private(set) var cells: [Drawn]
  private(set) var place = Cursor(x: 0, y: 0)
  /// Whether the last column is written: the next character would go to the next line.
  private(set) var isFull = false
  private var pen = Drawing()
  private var saved: (Cursor, Bool, Drawing)?
  /// Red, green, blue; -1 where no picture is.
  private(set) var pixels: [Int32]

  init(_ size: Size, cell: Size = Size(width: 1, height: 1)) {
    self.size = size
    self.cell = cell
    cells = Array(repeating: Drawn(), count: size.width * size.height)
    pixels = Array(repeating: -1, count: size.width * cell.width * size.height * cell.height)
  }

  subscript(x: Int, y: Int) -> Drawn { cells[y * size.width + x] }

  var text: String {
    (0..<size.height).map { y in
      (0..<size.width).map { self[$0, y].text }.joined()
    }.joined(separator: "\n")
  }

  mutating func feed(_ bytes: [UInt8]) { feed(String(decoding: bytes, as: UTF8.self)) }

  mutating func feed(_ text: String) {
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\u{1B}": escape(&rest)
      case "\u{8}": move(to: place.x - 1, place.y)
      case "\n": move(to: place.x, place.y + 1)
      case "\r": move(to: 0, place.y)
      default:
        if scalar.value < 0x20 { Issue.record("an unknown control character: \(scalar.value)") }
        draw(scalar)
      }
    }
  }

  private mutating func move(to x: Int, _ y: Int) {
    if isFull { Issue.record("a move from behind the last column depends on the terminal") }
    set(Cursor(x: x, y: y))
  }

  private mutating func set(_ new: Cursor) {
    if new.x < 0 || new.y < 0 || new.x >= size.width || new.y >= size.height {
      Issue.record("the cursor leaves the screen: \(new)")
    }
    place = Cursor(
      x: max(0, min(size.width - 1, new.x)), y: max(0, min(size.height - 1, new.y)))
    isFull = false
  }

  // MARK: text

  private mutating func draw(_ scalar: Unicode.Scalar) {
    let width = DisplayWidth.of(scalar)
    if width == 0 {
      var x = place.x - (isFull ? 0 : 1)
      if x > 0, self[x, place.y].text.isEmpty { x -= 1 }
      guard x >= 0 else {
        Issue.record("a mark without a letter")
        return
      }
      cells[place.y * size.width + x].text.unicodeScalars.append(scalar)
      return
    }
    if isFull || place.x + width > size.width { Issue.record("a line is left at its end") }
    put(Drawn(text: String(scalar), pen: pen), place.x)
    if width == 2 { put(Drawn(text: "", pen: pen), place.x + 1, isRight: true) }
    isFull = place.x + width == size.width
    place.x = min(size.width - 1, place.x + width)
  }

  /// Half a wide character that is written over goes blank; so do pixels.
  private mutating func put(_ drawn: Drawn, _ x: Int, isRight: Bool = false) {
    let index = place.y * size.width + x
    if cells[index].text.isEmpty, x > 0, !isRight { cells[index - 1].text = " " }
    if x + 1 < size.width, cells[index + 1].text.isEmpty { cells[index + 1].text = " " }
    cells[index] = drawn
    for y in place.y * cell.height..<(place.y + 1) * cell.height {
      for column in x * cell.width..<(x + 1) * cell.width {
        pixels[y * size.width * cell.width + column] = -1
      }
    }
  }

  private mutating func erase(_ columns: Range<Int>) {
    if pen.isReversed { Issue.record("terminals differ over what is erased in reverse") }
    for x in columns where x < size.width {
      var blank = Drawing()
      blank.background = pen.background
      put(Drawn(pen: blank), x)
    }
  }

  // MARK: sequences

  private mutating func escape(_ rest: inout ArraySlice<Unicode.Scalar>) {
    switch rest.popFirst() {
    case "7": saved = (place, isFull, pen)
    case "8": if let saved { (place, isFull, pen) = saved }
    case "[":
      let parameters = rest.prefix { (0x30...0x3F).contains($0.value) }
      rest = rest.dropFirst(parameters.count)
      let words = String(String.UnicodeScalarView(parameters))
      if let final = rest.popFirst() { control(words, final) }
    case "P", "_":
      var string = String.UnicodeScalarView()
      while let scalar = rest.popFirst(), scalar != "\u{1B}" { string.append(scalar) }
      if rest.popFirst() != "\\" { Issue.record("a string without its end") }
      if let start = string.firstIndex(of: "q"), string.first != "G" {
        sixels(Array(String(string[string.index(after: start)...]).utf8)[...])
      }
    case let other: Issue.record("an unknown sequence: \(String(describing: other))")
    }
  }

  private mutating func control(_ words: String, _ final: Unicode.Scalar) {
    if words.hasPrefix("?") { return }
    let numbers = words.split(separator: ";", omittingEmptySubsequences: false).map {
      Int($0) ?? 0
    }
    let first = max(1, numbers.first ?? 1)
    switch final {
    case "H": set(Cursor(x: numbers.count > 1 ? max(1, numbers[1]) - 1 : 0, y: first - 1))
    case "G": set(Cursor(x: first - 1, y: place.y))
    case "C": move(to: place.x + first, place.y)
    case "B": move(to: place.x, place.y + first)
    case "K": erase(place.x..<size.width)
    case "X": erase(place.x..<place.x + first)
    case "J":
      if words != "2" { Issue.record("another way of wiping: \(words)") }
      for y in 0..<size.height {
        place.y = y
        erase(0..<size.width)
      }
    case "m": draw(numbers)
    default: Issue.record("an unknown control sequence: \(words)\(final)")
    }
  }

  private mutating func draw(_ numbers: [Int]) {
    var rest = (numbers.isEmpty ? [0] : numbers)[...]
    while let number = rest.popFirst() {
      switch number {
      case 0: pen = Drawing()
      case 1: pen.isBold = true
      case 2: pen.isDim = true
      case 7: pen.isReversed = true
      case 22: (pen.isBold, pen.isDim) = (false, false)
      case 27: pen.isReversed = false
      case 39: pen.foreground = "39"
      case 49: pen.background = "49"
      case 38, 48:
        let count = rest.first == 5 ? 2 : 4
        let color = ([number] + rest.prefix(count)).map(String.init).joined(separator: ";")
        rest = rest.dropFirst(count)
        if number == 38 { pen.foreground = color } else { pen.background = color }
      default: Issue.record("an unknown attribute: \(number)")
      }
    }
  }

  // MARK: sixels (VT330/VT340 programmer reference, chapter 14)

  /// The pixels of some cells, row by row.
  func pixels(_ cells: Rect) -> [Int32] {
    (cells.y * cell.height..<cells.maxY * cell.height).flatMap { y in
      let start = y * size.width * cell.width
      return pixels[start + cells.x * cell.width..<start + cells.maxX * cell.width]
    }
  }

  private mutating func sixels(_ text: ArraySlice<UInt8>) {
    var rest = text
    func numbers() -> [Int] {
      let words = rest.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ";") }
      rest = rest.dropFirst(words.count)
      return String(decoding: words, as: UTF8.self).split(
        separator: ";", omittingEmptySubsequences: false
      ).map { Int($0) ?? 0 }
    }
    let (left, top) = (place.x * cell.width, place.y * cell.height)
    var (x, y) = (left, top)
    var registers: [Int: Int32] = [:]
    var color: Int32?
    var area = (width: 0, height: 0)
    while let next = rest.popFirst() {
      switch next {
      case UInt8(ascii: "\""):
        // Raster attributes: the shape of a pixel, and the picture's size.
        let words = numbers()
        if words.count == 4, words[0] == words[1] {
          area = (words[2], words[3])
        } else {
          Issue.record("unknown raster attributes: \(words)")
        }
      case UInt8(ascii: "#"):
        let words = numbers()
        if words.count == 5 {
          if words[1] != 2 { Issue.record("a colour that is not red, green and blue") }
          registers[words[0]] = words[2...].reduce(0) { $0 << 8 | Int32(($1 * 255 + 50) / 100) }
        }
        color = registers[words[0]]
        if color == nil { Issue.record("an undefined register: \(words)") }
      case UInt8(ascii: "$"): x = left
      case UInt8(ascii: "-"): (x, y) = (left, y + 6)
      case UInt8(ascii: "!"):
        let count = numbers().first ?? 0
        if let bits = rest.popFirst() { sixel(bits, count, &x, y, color, left, top, area) }
      default: sixel(next, 1, &x, y, color, left, top, area)
      }
    }
  }

  private mutating func sixel(
    _ character: UInt8, _ count: Int, _ x: inout Int, _ y: Int, _ color: Int32?, _ left: Int,
    _ top: Int, _ area: (width: Int, height: Int)
  ) {
    guard (0x3F...0x7E).contains(character), let color else {
      Issue.record("no sixel: \(character)")
      return
    }
    for _ in 0..<count {
      for line in 0..<6 where (character - 0x3F) >> UInt8(line) & 1 == 1 {
        if x - left >= area.width || y + line - top >= area.height {
          Issue.record("a pixel outside of the picture's size")
        } else {
          pixels[(y + line) * size.width * cell.width + x] = color
        }
      }
      x += 1
    }
  }
}

extension TerminalModel {
  /// How a style is drawn: what a pen of 256 colours or more says.
  static func pen(_ style: Style) -> Pen {
    func words(_ color: Color, _ first: Int, _ own: String) -> String {
      guard color != .standard else { return own }
      if color.code < 256 { return "\(first);5;\(color.code)" }
      let value = color.code & 0xFF_FFFF
      return "\(first);2;\(value >> 16);\(value >> 8 & 0xFF);\(value & 0xFF)"
    }
    return Pen(
      attributes: style.attributes, foreground: words(style.foreground, 38, "39"),
      background: words(style.background, 48, "49"))
  }

  static func means(erases: Bool = true) -> FrameWriter.Means {
    FrameWriter.Means(
      pen: pen, draws: { DisplayWidth.of($0) == $1 }, erasesCells: erases, erasesLines: erases)
  }

  /// The first cell that does not look as a surface has it; nil: all do.
  func difference(from surface: Surface) -> String? {
    for y in 0..<size.height {
      for x in 0..<size.width {
        let (cell, drawn) = (surface[x, y], self[x, y])
        let wanted = Self.pen(cell.style)
        var isSame = wanted.background == drawn.pen.background
        isSame = isSame && cell.style.attributes.contains(.reverse) == drawn.pen.isReversed
        if !cell.isEmpty {
          isSame =
            isSame && Array(cell.text.unicodeScalars) == Array(drawn.text.unicodeScalars)
          isSame = isSame && wanted.foreground == drawn.pen.foreground
          isSame = isSame && cell.style.attributes.contains(.bold) == drawn.pen.isBold
          isSame = isSame && cell.style.attributes.contains(.dim) == drawn.pen.isDim
        } else {
          isSame = isSame && drawn.text == " "
        }
        if !isSame { return "(\(x), \(y)): wanted \(cell), drawn \(drawn)" }
      }
    }
    return nil
  }
}
