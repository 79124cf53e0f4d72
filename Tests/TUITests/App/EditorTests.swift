import LinearAlgebra
import SeerWidgets
import Testing

@Suite struct EditorTests {
  private func typed(_ text: String) -> Editor {
    var editor = Editor()
    for scalar in text.unicodeScalars { editor.insert(String(scalar)) }
    return editor
  }

  @Test func writingAndDeleting() {
    var editor = typed("He lied")
    #expect(editor.text == "He lied" && editor.caret == 7)
    editor.left()
    editor.left()
    editor.insert("X")
    #expect(editor.text == "He liXed")
    editor.deleteBackward()
    editor.deleteForward()
    #expect(editor.text == "He lid")
    editor.toLineStart()
    editor.deleteBackward()
    #expect(editor.text == "He lid" && editor.caret == 0)
    editor.toLineEnd()
    editor.deleteForward()
    editor.deleteWord()
    #expect(editor.text == "He ")
  }

  /// A combining mark, typed on its own, belongs to the letter before it; one key deletes both.
  @Test func combinedCharactersAreOne() {
    var editor = typed("e\u{301}t")
    #expect(editor.characters.count == 2 && editor.text == "e\u{301}t")
    editor.deleteBackward()
    editor.deleteBackward()
    #expect(editor.isEmpty)
    #expect(typed("👩\u{200D}🚀").characters.count == 1)
  }

  @Test func pastedTextIsClean() {
    var editor = Editor()
    editor.insert("a\r\nb\rc\td\u{1B}[31me\u{7F}")
    #expect(editor.text == "a\nb\nc d[31me")
  }

  @Test func undoTakesWordsBack() {
    var editor = typed("He told her")
    editor.undo()
    #expect(editor.text == "He told ")
    editor.undo()
    editor.undo()
    #expect(editor.text == "He ")
    editor.redo()
    #expect(editor.text == "He told")
    editor.insert("!")
    editor.redo()
    #expect(editor.text == "He told!", "nothing to do again after something new")
    editor.replace(with: "else")
    editor.undo()
    #expect(editor.text == "He told!")
    for _ in 0..<20 { editor.undo() }
    #expect(editor.isEmpty)
  }

  @Test func linesBreakAtBlanks() {
    let page = EditorPage(Editor("He told her the money"), width: 8)
    #expect(page.lines.map(\.count) == [8, 8, 5])
    #expect(page.caret == Cursor(x: 5, y: 2))
    #expect(EditorPage(Editor(""), width: 8).caret == Cursor(x: 0, y: 0))
    let wide = EditorPage(Editor("東京東京東"), width: 4)
    #expect(wide.lines.map(\.count) == [2, 2, 1] && wide.caret == Cursor(x: 2, y: 2))
    let newline = EditorPage(Editor("ab\n"), width: 8)
    #expect(newline.lines.map(\.count) == [3, 0] && newline.caret == Cursor(x: 0, y: 1))
  }

  @Test func upAndDownKeepTheColumn() {
    var editor = Editor("abcdef\nxy\nabcdef")
    for (line, isMoved) in [(1, true), (0, true), (0, false)] {
      let page = EditorPage(editor, width: 20)
      let hasMoved = editor.move(by: -1, on: page)
      #expect(hasMoved == isMoved, "to line \(line)")
      #expect(EditorPage(editor, width: 20).caret == Cursor(x: 2, y: line))
    }
  }

  /// Whatever is done, the caret is in the text, and the page holds every character once.
  @Test(arguments: 0..<4) func randomEditing(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    var editor = Editor()
    let texts = ["a", " ", "\n", "東", "e\u{301}", "word word", "👩‍🚀", "\u{301}"]
    for _ in 0..<400 {
      let width = Int.random(in: 1...12, using: &generator)
      switch Int.random(in: 0..<14, using: &generator) {
      case 0: editor.left()
      case 1: editor.right()
      case 2: _ = editor.move(by: -1, on: EditorPage(editor, width: width))
      case 3: _ = editor.move(by: 1, on: EditorPage(editor, width: width))
      case 4: editor.deleteBackward()
      case 5: editor.deleteForward()
      case 6: editor.deleteWord()
      case 7: editor.undo()
      case 8: editor.redo()
      case 9: editor.deleteToLineEnd()
      default: editor.insert(texts.randomElement(using: &generator) ?? "")
      }
      #expect((0...editor.characters.count).contains(editor.caret))
      let page = EditorPage(editor, width: width)
      #expect(page.lines.reduce(0) { $0 + $1.count } == editor.characters.count)
      #expect(page.lines.indices.contains(page.caret.y))
    }
  }
}
