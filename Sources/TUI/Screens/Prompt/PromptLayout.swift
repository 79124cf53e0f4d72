import SeerApp
import SeerWidgets

/// Where everything of the Prompt screen is.
struct PromptLayout: Equatable, Sendable {
  var header = Rect()
  /// With its border; without one where there is little room.
  var editorFrame = Rect()
  /// The written text itself.
  var editor = Rect()
  /// One for each side.
  var strips: [Rect] = []
  var grid = Rect()
  /// Beside the grid; empty where they are not shown.
  var concepts = Rect()
  var why = Rect()
  var lens = Rect()
  var chat = Rect()
  var hasBorders = false

  /// From here on there is room for all panels, and below it for the concepts with one of the others.
  private static let forAll = Size(width: 100, height: 50)
  private static let forTwo = 34
  /// Below it a panel takes the place of the grid, too.
  private static let narrow = 60

  /// Whether a panel is on the screen.
  static func shows(_ panel: PromptState.Panel, _ prompt: PromptState, _ size: Size) -> Bool {
    if size.width >= forAll.width && size.height >= forAll.height { return true }
    return prompt.panel == panel || panel == .concepts && size.height >= forTwo
  }

  init(_ state: AppState) {
    var rest = Rect(x: 0, y: 0, width: state.size.width, height: state.size.height)
    header = rest.takeTop(1)
    _ = rest.takeBottom(1)
    guard let prompt = state.prompt else { return }
    hasBorders = rest.height >= 18
    let inset = hasBorders ? 2 : 3
    let width = max(1, rest.width - 2 * inset)
    let lines = EditorPage(prompt.editor, width: width).lines.count
    let shown = max(1, min(lines, rest.height / 5))
    editorFrame = rest.takeTop(shown + (hasBorders ? 2 : 0))
    editor = Rect(
      x: editorFrame.x + inset, y: editorFrame.y + (hasBorders ? 1 : 0), width: width,
      height: shown)
    let stripLines = min(Self.lines(prompt, width: rest.width - 8), max(1, rest.height / 11))
    strips = prompt.sides.map { _ in rest.takeTop(stripLines) }
    let isNarrow = rest.width < Self.narrow
    // Where there is width, what is beside the grid goes down to the end.
    var side = Rect()
    let sideWidth =
      rest.width >= 150 ? min(64, rest.width / 3) : max(18, min(46, rest.width * 2 / 5))
    if !isNarrow { side = rest.takeRight(sideWidth) }
    let isTalking = !prompt.chat.isEmpty || prompt.isAnswering
    let least = hasBorders ? 3 : 1
    chat = rest.takeBottom(isTalking ? max(least, rest.height * 9 / 20) : least)
    if isNarrow {
      side = prompt.panel == .concepts ? rest.takeRight(sideWidth) : rest.takeRight(rest.width)
    }
    grid = rest
    place(side, prompt, state.size)
  }

  private mutating func place(_ side: Rect, _ prompt: PromptState, _ size: Size) {
    var rest = side
    let others = [PromptState.Panel.why, .lens].filter { Self.shows($0, prompt, size) }
    if others.isEmpty {
      concepts = rest
      return
    }
    if Self.shows(.concepts, prompt, size) {
      concepts = rest.takeTop(ConceptPane.height(prompt, hasBorders: hasBorders))
    }
    for (place, panel) in others.enumerated() {
      let rect = rest.takeTop(rest.height / (others.count - place))
      if panel == .why { why = rect } else { lens = rect }
    }
  }

  /// Lines that the tokens of the message take, roughly: wrapping leaves some room at line ends.
  private static func lines(_ prompt: PromptState, width: Int) -> Int {
    guard let tokens = prompt.reading?.tokens else { return 1 }
    let columns = prompt.shownTokens.reduce(0) { $0 + tokens[$1].text.unicodeScalars.count + 1 }
    return max(1, (columns * 21 / 20 + width - 1) / max(1, width))
  }

  /// The room inside a panel's border.
  func inside(_ rect: Rect) -> Rect { hasBorders ? rect.inside : rect }
}
