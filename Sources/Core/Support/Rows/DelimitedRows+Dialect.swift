/// How fields are separated and quoted, found out from the text.
extension DelimitedRows {
  /// In the order of preference among equals; the last two are those of units of text (U+001F) and of
  /// Hive (U+0001).
  private static let separators = [",", ";", "\t", "|", "^", "\u{1F}", "\u{1}"].map {
    UInt8(ascii: $0)
  }

  static func name(_ separator: UInt8) -> String {
    switch separator {
    case UInt8(ascii: ","): "a comma"
    case UInt8(ascii: "\t"): "a tab"
    case ..<0x20: "the control character \(separator)"
    default: "`\(Unicode.Scalar(separator))`"
    }
  }

  static func plural(_ separator: UInt8) -> String {
    switch separator {
    case UInt8(ascii: ","): "commas"
    case UInt8(ascii: "\t"): "tabs"
    case ..<0x20: "the control character \(separator)"
    default: "`\(Unicode.Scalar(separator))`"
    }
  }

  /// Steps over the line `sep=;` with which Excel declares the separator.
  mutating func takeDeclaration() -> UInt8? {
    var end = place
    while end < text.count, !isNewline(text[end]) { end += 1 }
    var bytes = Array(text[place..<end].prefix(8))
    if bytes.count == end - place, bytes.first == 0x22, bytes.last == 0x22, bytes.count > 2 {
      bytes = Array(bytes[1..<bytes.count - 1])
    }
    guard end < text.count, bytes.count == 5, bytes[4] < 0x80, bytes[4] != 0x22,
      bytes[..<4].map({ $0 | 0x20 }).elementsEqual("sep=".utf8.map { $0 | 0x20 })
    else { return nil }
    place = end
    skipNewline()
    return bytes[4]
  }

  /// The separator that cuts the header and the first rows into equally many fields, the most of
  /// them; a comma where none does.
  func likeliestSeparator() -> UInt8 {
    let candidates = Self.separators.map { separator in
      (separator: separator, shape: shape(separator, rows: 20))
    }.filter { $0.shape.fields > 1 }
    let even = candidates.filter(\.shape.isEven)
    let isTSV = [".tsv", ".tab"].contains { file.lowercased().contains($0) }
    if isTSV, even.contains(where: { $0.separator == UInt8(ascii: "\t") }) {
      return UInt8(ascii: "\t")
    }
    // The first of the largest.
    let best = (even.isEmpty ? candidates.filter { $0.separator == UInt8(ascii: ",") } : even)
      .reversed().max { $0.shape.fields < $1.shape.fields }
    let any = candidates.reversed().max { $0.shape.fields < $1.shape.fields }
    return (best ?? any)?.separator ?? UInt8(ascii: ",")
  }

  /// How many fields a separator makes of the header, and whether the first rows have as many.
  private func shape(_ separator: UInt8, rows: Int) -> (fields: Int, isEven: Bool) {
    var probe = self
    probe.separator = separator
    var fields = 0
    var least = 0
    for number in 0...rows {
      var count = 0
      var filled = 0
      do throws(Failure) {
        try probe.skipBlankRows()
        guard probe.place < text.count else { break }
        try probe.row({ _ in count += 1 }, filled: { filled = $0 + 1 })
      } catch {
        return (fields, false)
      }
      if number == 0 {
        (fields, least) = (count, filled)
      } else if !(least...fields ~= count) {
        return (fields, false)
      }
    }
    return (fields, true)
  }

  /// Whether quotes of tab-separated text stand for themselves, as in files for programs that only
  /// split at tabs: quoting would join or break lines that splitting leaves even.
  func quotesAreText() -> Bool {
    guard text.contains(0x22) else { return false }
    let quoted = evenness(hasQuotes: true)
    guard !quoted.isEven || quoted.joinsLines else { return false }
    return evenness(hasQuotes: false).isEven
  }

  /// Whether all rows have as many fields as the first, and whether some go over several lines.
  private func evenness(hasQuotes: Bool) -> (isEven: Bool, joinsLines: Bool) {
    var probe = self
    probe.hasQuotes = hasQuotes
    var fields: Int?
    var joinsLines = false
    while probe.place < text.count {
      let line = probe.line
      var count = 0
      var isBlank = true
      do throws(Failure) {
        try probe.row({ _ in count += 1 }, filled: { _ in isBlank = false })
      } catch {
        return (false, joinsLines)
      }
      if isBlank { continue }
      if probe.line > line + 1 { joinsLines = true }
      guard count == fields ?? count else { return (false, joinsLines) }
      fields = count
    }
    return (true, joinsLines)
  }
}
