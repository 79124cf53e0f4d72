/// Text being written: characters, a caret, and what can be taken back.
///
/// Everything moves by characters as a reader sees them, wide and combined ones included.
package struct Editor: Equatable, Sendable {
  package private(set) var characters: [Character] = []
  /// How many characters stand before the caret.
  package private(set) var caret = 0
  private var undone: [Snapshot] = []
  private var done: [Snapshot] = []
  /// Whether the next typed character belongs to the last step that can be taken back.
  private var isTyping = false

  private struct Snapshot: Equatable {
    var characters: [Character]
    var caret: Int
  }

  private static let longestHistory = 200

  package init(_ text: String = "") {
    characters = Array(text)
    caret = characters.count
  }

  package var text: String { String(characters) }
  package var isEmpty: Bool { characters.isEmpty }

  // MARK: changing

  /// Puts text at the caret: line ends become "\n", a tab a space, other control characters go.
  package mutating func insert(_ text: String) {
    let clean = Self.clean(text)
    guard !clean.isEmpty else { return }
    let isWord = clean.count == 1 && clean != [" "] && clean != ["\n"]
    remember(joined: isTyping && isWord)
    for scalar in clean { put(scalar) }
    isTyping = isWord
  }

  private static func clean(_ text: String) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: if previous.value != 0x0D { result.append("\n") }
      case 0x0D: result.append("\n")
      case 0x09: result.append(" ")
      case 0..<0x20, 0x7F..<0xA0: break
      default: result.append(scalar)
      }
      previous = scalar
    }
    return result
  }

  /// One scalar; a combining one joins the character before the caret.
  private mutating func put(_ scalar: Unicode.Scalar) {
    if caret > 0, scalar != "\n" {
      let joined = String(characters[caret - 1]) + String(Character(scalar))
      if joined.count == 1, let character = joined.first {
        characters[caret - 1] = character
        return
      }
    }
    characters.insert(Character(scalar), at: caret)
    caret += 1
  }

  package mutating func deleteBackward() { delete(max(0, caret - 1)..<caret) }
  package mutating func deleteForward() { delete(caret..<min(characters.count, caret + 1)) }
  package mutating func deleteWord() { delete(wordStart..<caret) }
  package mutating func deleteToLineStart() { delete(lineStart..<caret) }
  package mutating func deleteToLineEnd() { delete(caret..<lineEnd) }

  private mutating func delete(_ range: Range<Int>) {
    isTyping = false
    guard !range.isEmpty else { return }
    remember(joined: false)
    characters.removeSubrange(range)
    caret = range.lowerBound
  }

  /// Another text, as one step.
  package mutating func replace(with text: String) {
    remember(joined: false)
    characters = Array(text)
    caret = characters.count
    isTyping = false
  }

  private mutating func remember(joined: Bool) {
    undone = []
    guard !joined else { return }
    done.append(Snapshot(characters: characters, caret: caret))
    if done.count > Self.longestHistory { done.removeFirst() }
  }

  package mutating func undo() {
    guard let last = done.popLast() else { return }
    undone.append(Snapshot(characters: characters, caret: caret))
    (characters, caret) = (last.characters, last.caret)
    isTyping = false
  }

  package mutating func redo() {
    guard let last = undone.popLast() else { return }
    done.append(Snapshot(characters: characters, caret: caret))
    (characters, caret) = (last.characters, last.caret)
    isTyping = false
  }

  // MARK: moving

  package mutating func left() { move(to: caret - 1) }
  package mutating func right() { move(to: caret + 1) }
  package mutating func toLineStart() { move(to: lineStart) }
  package mutating func toLineEnd() { move(to: lineEnd) }

  private mutating func move(to place: Int) {
    caret = max(0, min(characters.count, place))
    isTyping = false
  }

  private var lineStart: Int {
    characters[..<caret].lastIndex(of: "\n").map { $0 + 1 } ?? 0
  }

  private var lineEnd: Int {
    characters[caret...].firstIndex(of: "\n") ?? characters.count
  }

  private var wordStart: Int {
    var place = caret
    while place > 0, characters[place - 1].isWhitespace { place -= 1 }
    while place > 0, !characters[place - 1].isWhitespace { place -= 1 }
    return place
  }

  /// Up or down a line on a page; whether there was one.
  package mutating func move(by lines: Int, on page: EditorPage) -> Bool {
    let target = page.caret.y + lines
    guard page.lines.indices.contains(target) else { return false }
    let line = page.lines[target]
    var place = line.lowerBound
    var column = 0
    while place < line.upperBound, column < page.caret.x, characters[place] != "\n" {
      column += DisplayWidth.of(String(characters[place]))
      place += 1
    }
    // The place after a full line is the next line's first.
    if place == line.upperBound, target + 1 < page.lines.count { place = max(0, place - 1) }
    move(to: max(place, line.lowerBound))
    return true
  }
}

/// An editor's text broken into lines of a width.
package struct EditorPage: Equatable, Sendable {
  /// Places among the characters; a line end belongs to the line it ends.
  package private(set) var lines: [Range<Int>] = []
  /// Where the caret is, in columns and lines.
  package private(set) var caret = Cursor(x: 0, y: 0)

  /// Breaks after spaces where possible. O(length).
  package init(_ editor: Editor, width: Int) {
    let width = max(1, width)
    let characters = editor.characters
    var start = 0
    var columns = 0
    var lastBreak: Int?
    for (place, character) in characters.enumerated() {
      if character == "\n" {
        lines.append(start..<place + 1)
        (start, columns, lastBreak) = (place + 1, 0, nil)
        continue
      }
      let own = DisplayWidth.of(String(character))
      if columns + own > width, place > start {
        let end = lastBreak ?? place
        lines.append(start..<end)
        start = end
        columns = characters[start..<place].reduce(0) { $0 + DisplayWidth.of(String($1)) }
        lastBreak = nil
      }
      columns += own
      if character == " " { lastBreak = place + 1 }
    }
    lines.append(start..<characters.count)
    let line = lines.lastIndex { $0.lowerBound <= editor.caret } ?? 0
    caret = Cursor(
      x: characters[lines[line].lowerBound..<editor.caret].reduce(0) {
        $0 + DisplayWidth.of(String($1))
      }, y: line)
  }
}
