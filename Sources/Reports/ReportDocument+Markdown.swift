import Foundation

extension ReportDocument {
  /// The same as Markdown: tables as GitHub writes them, figures as images in the text.
  package var markdown: String {
    var text = "# \(Self.inline(title))\n"
    for block in blocks { text += "\n" + Self.markdown(block) }
    return text
  }

  private static func markdown(_ block: Block) -> String {
    switch block {
    case .heading(let level, let text):
      return String(repeating: "#", count: level) + " \(inline(text))\n"
    case .paragraph(let text): return inline(text) + "\n"
    case .note(let text): return "> \(inline(text))\n"
    case .figure(let svg, let caption): return image(svg, caption) + "\n\n\(inline(caption))\n"
    case .figures(let svgs, let caption):
      return svgs.map { image($0, caption) }.joined(separator: "\n") + "\n\n\(inline(caption))\n"
    case .table(let header, let rows, _, let caption):
      let lines = [header, header.indices.map { $0 == 0 ? "---" : "---:" }] + rows
      let table = lines.enumerated().map { index, cells in
        "| " + cells.map { index == 1 ? $0 : inline($0) }.joined(separator: " | ") + " |\n"
      }
      return "**\(inline(caption))**\n\n" + table.joined()
    }
  }

  private static func image(_ svg: String, _ caption: String) -> String {
    "![\(inline(caption))](data:image/svg+xml;base64,\(Data(svg.utf8).base64EncodedString()))"
  }

  /// One line of plain text: what Markdown or HTML would read as markup is escaped.
  private static func inline(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "!":
        result += "\\"
        result.unicodeScalars.append(scalar)
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case _ where scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
