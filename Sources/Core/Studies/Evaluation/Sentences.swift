/// A text's sentences, without the white space between them: each ends with `.`, `!` or `?`, perhaps
/// quotes and brackets, and white space, or with `。`, `！` or `？`, or with its line. An abbreviation
/// ends one, too.
package func sentences(_ text: String) -> [String] {
  var found: [String] = []
  var sentence = ""
  var isOver = false
  func finish() {
    let words = sentence.drop(while: \.isWhitespace)
    if !words.isEmpty { found.append(String(words)) }
    sentence = ""
    isOver = false
  }
  for character in text {
    if character.isNewline || (isOver && character.isWhitespace) {
      finish()
      continue
    }
    sentence.append(character)
    switch character {
    case ".", "!", "?": isOver = true
    case "\"", "'", "”", "’", "»", ")", "]": break
    case "。", "！", "？": finish()
    default: isOver = false
    }
  }
  finish()
  return found
}
