import Foundation
import SeerWidgets
import Testing

/// Compares a screen with the text committed in `Snapshots/NAME.txt`.
///
/// A missing file, or `RECORD_SNAPSHOTS=1`, writes it and fails: a recording is looked at before
/// it is committed. With `styles`, a second picture names the style of every cell by a letter.
func expectSnapshot(
  _ surface: Surface, _ name: String, styles: Bool = false,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  let file = folder.appendingPathComponent("Snapshots/\(name).txt")
  let text = surface.text + (styles ? styleMap(surface) : "")
  let isRecording = ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1"
  guard !isRecording, let data = FileManager.default.contents(atPath: file.path) else {
    try Data(text.utf8).write(to: file)
    Issue.record("recorded \(name): look at it, then run again", sourceLocation: sourceLocation)
    return
  }
  let expected = String(decoding: data, as: UTF8.self)
  if text == expected { return }
  let lines = zip(
    text.split(separator: "\n", omittingEmptySubsequences: false),
    expected.split(separator: "\n", omittingEmptySubsequences: false)
  ).enumerated().filter { $1.0 != $1.1 }.prefix(6)
  let difference = lines.map { "line \($0 + 1):\n  now  \($1.0)\n  then \($1.1)" }
  Issue.record(
    "\(name) differs\n\(difference.joined(separator: "\n"))", sourceLocation: sourceLocation)
}

private func styleMap(_ surface: Surface) -> String {
  var letters: [Style: Character] = [.plain: "."]
  var legend = ""
  var map = ""
  let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  for y in 0..<surface.size.height {
    for x in 0..<surface.size.width {
      let style = surface[x, y].style
      if letters[style] == nil {
        let letter = alphabet[min(letters.count - 1, alphabet.count - 1)]
        letters[style] = letter
        let attributes = [
          (Style.Attributes.bold, "bold"), (.dim, "dim"), (.reverse, "reverse"),
        ].filter { style.attributes.contains($0.0) }.map { $0.1 }
        legend +=
          "\(letter): on \(style.background.code), \(style.foreground.code)"
          + attributes.map { ", " + $0 }.joined() + "\n"
      }
      map.append(letters[style] ?? "?")
    }
    map += "\n"
  }
  return "---\n" + map + legend
}
