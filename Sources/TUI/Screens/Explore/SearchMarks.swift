import SeerApp
import SeerSupport
import SeerWidgets

/// Where a search occurs in the lines that a text was wrapped to.
struct SearchMarks {
  /// For each line the columns of what was found.
  private let columns: [[Range<Int>]]

  /// - Parameters:
  ///   - lines: what `Text.wrap` made of `text`.
  init(_ search: Search?, _ text: String, lines: [String]) {
    guard let search, !search.query.isEmpty,
      let pattern = try? TextPattern(search.query, isExpression: search.isExpression)
    else {
      columns = []
      return
    }
    let ranges = pattern.ranges(in: text)
    columns =
      ranges.isEmpty
      ? []
      : zip(lines, Self.starts(of: lines, in: text)).map { line, start in
        guard let start else { return [] }
        return ranges.compactMap { Self.columns(of: $0, from: start, in: line) }
      }
  }

  /// The byte at which each line begins: what lies between lines is blanks and line ends.
  private static func starts(of lines: [String], in text: String) -> [Int?] {
    let bytes = Array(text.utf8)
    var place = 0
    return lines.map { line in
      let own = Array(line.utf8)
      var start = place
      while start + own.count <= bytes.count {
        if bytes[start..<start + own.count].elementsEqual(own) {
          place = start + own.count
          return start
        }
        guard bytes[start] == 0x20 || bytes[start] == 0x0A else { return nil }
        start += 1
      }
      return nil
    }
  }

  private static func columns(of range: Range<Int>, from start: Int, in line: String) -> Range<Int>?
  {
    let bytes = line.utf8
    let low = max(0, range.lowerBound - start)
    let high = min(bytes.count, range.upperBound - start)
    guard low < high else { return nil }
    func width(_ count: Int) -> Int {
      DisplayWidth.of(String(decoding: bytes.prefix(count), as: UTF8.self))
    }
    return width(low)..<width(high)
  }

  func draw(_ line: Int, _ x: Int, _ y: Int, _ theme: Theme, into surface: inout Surface) {
    guard columns.indices.contains(line) else { return }
    for part in columns[line] {
      surface.restyle(Rect(x: x + part.lowerBound, y: y, width: part.count, height: 1)) {
        theme.highlighted($0)
      }
    }
  }
}
