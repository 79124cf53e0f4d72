/// Writes frames for a terminal that takes ECMA-48's words: what differs from the frame before, in few
/// bytes, since over a slow line each of them is waited for.
///
/// From one frame to the next it knows where the terminal's cursor is and with which pen it draws. What
/// nobody sees is left out: blanks have no colour of letters, and the pen is changed only for what
/// needs another one.
package struct FrameWriter {
  /// What the terminal can do.
  package struct Means {
    package var pen: (Style) -> Pen
    /// Whether a character takes as many columns there as here; others are drawn as question marks.
    package var draws: (Unicode.Scalar, _ columns: Int) -> Bool
    /// Whether it blanks cells from the cursor on (ECH), and the rest of a line (EL).
    package var erasesCells: Bool
    package var erasesLines: Bool

    package init(
      pen: @escaping (Style) -> Pen, draws: @escaping (Unicode.Scalar, Int) -> Bool,
      erasesCells: Bool, erasesLines: Bool
    ) {
      self.pen = pen
      self.draws = draws
      self.erasesCells = erasesCells
      self.erasesLines = erasesLines
    }
  }

  private struct Change: Hashable {
    let old: Style
    let new: Style
  }

  private let means: Means
  /// Sequences from style to style, as far as they were needed.
  private var known: [Change: [UInt8]] = [:]
  private var style = Style.plain
  /// Where the terminal's cursor is; nil: not known, or behind the last column.
  private var place: Cursor?
  /// Whether terminals agree on that: they may not, where wide characters or marks were drawn.
  private var isColumnSure = true
  private var bytes: [UInt8] = []

  package init(_ means: Means) { self.means = means }

  /// What turns the frame that is shown into another one; cursor and pen are where the next one takes
  /// them up.
  ///
  /// - Parameter old: nil, or of another size: nobody knows what is shown, so that it is wiped first.
  package mutating func bytes(for new: Surface, over old: Surface?) -> [UInt8] {
    bytes.removeAll(keepingCapacity: true)
    var shown = Surface(new.size)
    if let old, old.size == new.size {
      shown = old
    } else {
      say("\u{1B}[m\u{1B}[2J")
      style = .plain
      place = nil
    }
    for y in 0..<new.size.height { write(line: y, of: new, over: shown) }
    use(.plain)
    if let cursor = new.cursor { move(to: cursor.x, cursor.y, over: nil) }
    return bytes
  }

  private mutating func write(line y: Int, of new: Surface, over old: Surface) {
    let columns = 0..<new.size.width
    guard let first = columns.first(where: { new.differs($0, y, from: old) }),
      let last = columns.last(where: { new.differs($0, y, from: old) })
    else { return }
    var x = first
    while x <= last {
      if !new.differs(x, y, from: old) {
        x += 1
      } else if new[x, y].isClear {
        x = blank(from: x, y, last: last, new, old)
      } else {
        move(to: x, y, over: new)
        put(new[x, y])
        x += new[x, y].width
        arrive(x, y, new.size.width)
      }
    }
  }

  /// Blanks the cells from one on; returns the first one that is left.
  private mutating func blank(
    from x: Int, _ y: Int, last: Int, _ new: Surface, _ old: Surface
  ) -> Int {
    var (end, count, isCovered) = (x, 0, false)
    while end < new.size.width, new[end, y].isClear {
      let differs = new.differs(end, y, from: old)
      if new.isPicture(end, y) {
        guard differs else { break }
        isCovered = true
      }
      end += 1
      if differs { count = end - x }
    }
    move(to: x, y, over: new)
    if style.background != .standard || style.attributes.contains(.reverse) { use(.plain) }
    // What such words do to pictures is not the same in all terminals.
    if !isCovered, means.erasesLines, end == new.size.width, count > 3 {
      say("\u{1B}[K")
    } else if !isCovered, means.erasesCells, count > (x + count > last ? 4 : 8) {
      say("\u{1B}[\(count)X")
    } else {
      bytes.append(contentsOf: repeatElement(0x20, count: count))
      arrive(x + count, y, new.size.width)
    }
    return x + count
  }

  /// Draws a cell at the cursor, which goes on.
  private mutating func put(_ cell: Cell) {
    let ground = cell.style.background
    if !cell.isEmpty || style.background != ground || style.attributes.contains(.reverse) {
      use(cell.style)
    }
    let width = cell.width
    guard means.draws(cell.scalar, width) else {
      bytes.append(contentsOf: repeatElement(UInt8(ascii: "?"), count: width))
      return
    }
    append(cell.scalar)
    if width != 1 { isColumnSure = false }
    for mark in [cell.firstMark, cell.secondMark] where mark != 0 {
      guard let scalar = Unicode.Scalar(mark), means.draws(scalar, 0) else { continue }
      append(scalar)
      isColumnSure = false
    }
  }

  private mutating func arrive(_ x: Int, _ y: Int, _ width: Int) {
    place = x < width ? Cursor(x: x, y: y) : nil
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    if scalar.isASCII {
      bytes.append(UInt8(scalar.value))
    } else {
      bytes.append(contentsOf: String(scalar).utf8)
    }
  }

  private mutating func say(_ words: String) { bytes.append(contentsOf: words.utf8) }

  private mutating func use(_ next: Style) {
    guard next != style else { return }
    let change = Change(old: style, new: next)
    style = next
    if let words = known[change] {
      bytes.append(contentsOf: words)
      return
    }
    let words = Array(means.pen(next).sequence(after: means.pen(change.old)).utf8)
    known[change] = words
    bytes.append(contentsOf: words)
  }
}

// MARK: the cursor's ways

extension FrameWriter {
  /// Moves the cursor by the shortest way: to an address, by columns or lines, or by drawing once more
  /// what lies between.
  ///
  /// - Parameter new: what is drawn; nil: nothing is drawn on the way.
  private mutating func move(to x: Int, _ y: Int, over new: Surface?) {
    guard place != Cursor(x: x, y: y) else { return }
    var way = x == 0 ? "\u{1B}[\(y + 1)H" : "\u{1B}[\(y + 1);\(x + 1)H"
    // Of equals the address, which forgets what was doubtful.
    func offer(_ other: String) {
      if other.utf8.count < way.utf8.count { way = other }
    }
    var isSure = true
    if let place, place.y <= y {
      let (right, down) = (x - place.x, y - place.y)
      let lines = down <= 3 ? String(repeating: "\n", count: down) : "\u{1B}[\(down)B"
      offer(lines + "\u{1B}[\(x + 1)G")
      if x == 0 { offer(lines + "\r") }
      if isColumnSure {
        if right == 0 { offer(lines) }
        if right > 0 { offer(lines + (right == 1 ? "\u{1B}[C" : "\u{1B}[\(right)C")) }
        if right < 0, right > -5 { offer(lines + String(repeating: "\u{8}", count: -right)) }
        if down == 0, right > 0, let new, let between = between(place.x, x, y, new) {
          offer(between)
        }
      }
      isSure = isColumnSure
    }
    say(way)
    place = Cursor(x: x, y: y)
    // An address or a column by its number begins anew.
    isColumnSure = isSure || way.hasSuffix("H") || way.hasSuffix("G") || way.hasSuffix("\r")
  }

  /// The few cells between two columns, where the pen draws them as they are already.
  private func between(_ start: Int, _ end: Int, _ y: Int, _ new: Surface) -> String? {
    guard end - start <= 6 else { return nil }
    var text = String.UnicodeScalarView()
    for x in start..<end {
      let cell = new[x, y]
      guard cell.width == 1, cell.firstMark == 0, !cell.isRightHalf, means.draws(cell.scalar, 1),
        cell.style == style
          || cell.isEmpty && cell.style.background == style.background
            && !style.attributes.contains(.reverse),
        !new.isPicture(x, y)
      else { return nil }
      text.append(cell.scalar)
    }
    return String(text)
  }
}

extension Surface {
  /// Whether a picture may lie at a place, which what is written there could wipe out.
  fileprivate func isPicture(_ x: Int, _ y: Int) -> Bool {
    layers.contains { $0.panel.contains(Cursor(x: x, y: y)) }
  }
}
