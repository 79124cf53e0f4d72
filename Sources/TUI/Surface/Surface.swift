/// One character cell: a base, up to two combining marks, and a style.
package struct Cell: Equatable, Sendable {
  /// NUL marks the right half of a wide character.
  package var scalar: Unicode.Scalar = " "
  /// 0: none.
  package var firstMark: UInt32 = 0
  var secondMark: UInt32 = 0
  package var style = Style.plain

  package static let blank = Cell()
  static let rightHalf: Unicode.Scalar = "\0"

  /// The character with its marks; nothing in a right half.
  package var text: String {
    var text = String.UnicodeScalarView()
    if !isRightHalf { text.append(scalar) }
    for mark in [firstMark, secondMark] where mark != 0 {
      if let mark = Unicode.Scalar(mark) { text.append(mark) }
    }
    return String(text)
  }

  package var isRightHalf: Bool { scalar == Self.rightHalf }
  package var width: Int { DisplayWidth.of(scalar) }
}

/// A screen in memory: what widgets draw to and what is compared with the last one to send only
/// what changed.
///
/// Every wide character is followed by its right half; no cell holds a control character. An ASCII
/// surface holds nothing but ASCII, whatever is written to it.
package struct Surface: Equatable, Sendable {
  package let size: Size
  package let asciiOnly: Bool
  package private(set) var cells: [Cell]
  /// Where the terminal's own cursor stands, which input methods, magnifiers and screen readers follow;
  /// nil: it is hidden.
  package var cursor: Cursor?
  /// Maps that are drawn by pixels beneath the cells.
  package var layers: [PixelLayer] = []

  package init(_ size: Size, asciiOnly: Bool = false) {
    self.size = Size(width: max(0, size.width), height: max(0, size.height))
    self.asciiOnly = asciiOnly
    cells = Array(repeating: .blank, count: self.size.width * self.size.height)
  }

  package var bounds: Rect { Rect(x: 0, y: 0, width: size.width, height: size.height) }

  /// Precondition: the place is inside.
  package subscript(x: Int, y: Int) -> Cell { cells[y * size.width + x] }

  private func isInside(_ x: Int, _ y: Int) -> Bool {
    x >= 0 && y >= 0 && x < size.width && y < size.height
  }

  /// Puts one character; outside the surface, or half outside, nothing happens.
  package mutating func put(_ scalar: Unicode.Scalar, _ x: Int, _ y: Int, _ style: Style) {
    var scalar = scalar
    var width = DisplayWidth.of(scalar)
    if scalar.value < 0x20 || width == 0 { return }
    if asciiOnly && !scalar.isASCII {
      if width == 2 { put("?", x + 1, y, style) }
      // Numbers are as clear without it.
      scalar = scalar == "°" ? " " : "?"
      width = 1
    }
    guard isInside(x, y), isInside(x + width - 1, y) else { return }
    let index = y * size.width + x
    separate(index)
    if width == 2 { separate(index + 1) }
    cells[index] = Cell(scalar: scalar, style: style)
    if width == 2 { cells[index + 1] = Cell(scalar: Cell.rightHalf, style: style) }
  }

  /// Blanks the other half of a wide character of which one half is about to be overwritten.
  private mutating func separate(_ index: Int) {
    let column = index % size.width
    if cells[index].isRightHalf && column > 0 {
      cells[index - 1] = Cell(style: cells[index - 1].style)
    } else if column + 1 < size.width && cells[index + 1].isRightHalf {
      cells[index + 1] = Cell(style: cells[index + 1].style)
    }
  }

  mutating func addMark(_ scalar: Unicode.Scalar, _ x: Int, _ y: Int) {
    guard !asciiOnly, isInside(x, y) else { return }
    switch scalar.properties.generalCategory {
    case .format, .control, .lineSeparator, .paragraphSeparator: return
    default: break
    }
    let index = y * size.width + x
    if cells[index].firstMark == 0 {
      cells[index].firstMark = scalar.value
    } else if cells[index].secondMark == 0 {
      cells[index].secondMark = scalar.value
    }
  }

  /// Writes a line from (x, y) on, at most `width` columns of it; returns the column after it.
  @discardableResult
  package mutating func write(
    _ text: some StringProtocol, _ x: Int, _ y: Int, _ style: Style, width: Int = .max
  ) -> Int {
    var column = x
    let end = width == .max ? size.width : min(size.width, x + width)
    var last: Int?
    for scalar in text.unicodeScalars {
      let columns = DisplayWidth.of(scalar)
      if columns == 0 {
        if let last { addMark(scalar, last, y) }
        continue
      }
      if column + columns > end { break }
      put(scalar, column, y, style)
      last = column
      column += columns
    }
    return column
  }

  /// Blanks a rectangle in a style.
  package mutating func fill(_ rect: Rect, _ style: Style, _ scalar: Unicode.Scalar = " ") {
    for y in rect.y..<max(rect.y, rect.maxY) {
      for x in rect.x..<max(rect.x, rect.maxX) { put(scalar, x, y, style) }
    }
  }

  /// Changes the style of what is there.
  package mutating func restyle(_ rect: Rect, _ change: (Style) -> Style) {
    for y in max(0, rect.y)..<max(0, min(size.height, rect.maxY)) {
      for x in max(0, rect.x)..<max(0, min(size.width, rect.maxX)) {
        cells[y * size.width + x].style = change(cells[y * size.width + x].style)
      }
    }
  }

  /// The last place, in reading order, that is drawn in a style.
  package func lastPlace(of style: Style) -> Cursor? {
    cells.lastIndex { $0.style == style }.map { Cursor(x: $0 % size.width, y: $0 / size.width) }
  }

  /// The characters, one line a row, blanks at line ends left out.
  package var text: String {
    var result = ""
    for y in 0..<size.height {
      var line = String.UnicodeScalarView()
      for x in 0..<size.width {
        line.append(contentsOf: self[x, y].text.unicodeScalars)
      }
      while line.last == " " { line.removeLast() }
      result.unicodeScalars.append(contentsOf: line)
      result += "\n"
    }
    return result
  }
}
