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
  var bars = Rect()
  var chat = Rect()
  var hasBorders = false

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
    let stripLines = rest.height >= 22 ? 2 : 1
    strips = prompt.sides.map { _ in rest.takeTop(stripLines) }
    let isTalking = !prompt.chat.isEmpty || prompt.isAnswering
    let least = hasBorders ? 3 : 1
    chat = rest.takeBottom(isTalking ? max(least, rest.height * 9 / 20) : least)
    bars = rest.takeRight(max(18, min(46, rest.width * 2 / 5)))
    grid = rest
  }
}
