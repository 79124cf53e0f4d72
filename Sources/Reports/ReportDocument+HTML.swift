import Foundation

extension ReportDocument {
  /// One HTML file that needs nothing else: no scripts, no links, its own style for screen and
  /// paper.
  package var html: String {
    var body = "<h1>\(escaped(title))</h1>\n"
    for block in blocks { body += Self.html(block) }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" \
      content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
      <title>\(escaped(title))</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <main>
      \(body)</main>
      </body>
      </html>

      """
  }

  private static func html(_ block: Block) -> String {
    switch block {
    case .heading(let level, let text): return "<h\(level)>\(escaped(text))</h\(level)>\n"
    case .paragraph(let text): return "<p>\(escaped(text))</p>\n"
    case .note(let text): return "<p class=\"note\">\(escaped(text))</p>\n"
    case .figure(let svg, let caption):
      return "<figure>\n\(svg)\n<figcaption>\(escaped(caption))</figcaption>\n</figure>\n"
    case .figures(let svgs, let caption):
      return "<figure>\n<div class=\"pair\">\n\(svgs.joined(separator: "\n"))\n</div>\n"
        + "<figcaption>\(escaped(caption))</figcaption>\n</figure>\n"
    case .table(let header, let rows, let shades, let caption):
      return table(header, rows, shades, caption)
    }
  }

  private static func table(
    _ header: [String], _ rows: [[String]], _ shades: [[Double?]], _ caption: String
  ) -> String {
    var text = "<table>\n<caption>\(escaped(caption))</caption>\n<thead><tr>"
    for cell in header { text += "<th scope=\"col\">\(escaped(cell))</th>" }
    text += "</tr></thead>\n<tbody>\n"
    for (row, cells) in rows.enumerated() {
      text += "<tr>"
      for (column, cell) in cells.enumerated() {
        if column == 0 {
          text += "<th scope=\"row\">\(escaped(cell))</th>"
          continue
        }
        let shade =
          shades.indices.contains(row) && shades[row].indices.contains(column)
          ? shades[row][column] : nil
        let style =
          shade.map { " style=\"background:rgba(31,120,180,\(String(format: "%.2f", 0.6 * $0)))\"" }
          ?? ""
        // Short cells, such as a figure with its interval, stay on one line.
        let kind = cell.count <= shortCell ? " class=\"short\"" : ""
        text += "<td\(kind)\(style)>\(escaped(cell))</td>"
      }
      text += "</tr>\n"
    }
    return text + "</tbody>\n</table>\n"
  }

  private static let shortCell = 24

  private static let style = """
    body { margin: 0; background: #fff; color: #1a1a1a;
      font: 15px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; }
    main { max-width: 62rem; margin: 0 auto; padding: 1.5rem; }
    h1 { font-size: 1.7rem; } h2 { margin-top: 2.4rem; border-bottom: 1px solid #ccc; }
    h1, h2, h3 { line-height: 1.2; overflow-wrap: anywhere; break-after: avoid; }
    p { max-width: 46rem; overflow-wrap: anywhere; }
    .note { border-left: 4px solid #b87400; padding-left: .8rem; }
    table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto;
      font-variant-numeric: tabular-nums; }
    caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
    th, td { padding: .2rem .6rem; border-bottom: 1px solid #ddd; text-align: right; }
    th:first-child { text-align: left; font-weight: 500; overflow-wrap: anywhere; }
    td { overflow-wrap: anywhere; }
    td.short { white-space: nowrap; overflow-wrap: normal; }
    figure { margin: 1rem 0; break-inside: avoid; }
    figcaption { color: #444; font-size: .9rem; max-width: 46rem; }
    .pair { display: grid; gap: 1rem;
      grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); }
    .pair svg { width: 100%; }
    svg { max-width: 100%; height: auto; }
    figure > svg { width: 54rem; }
    @page { margin: 1.5cm; }
    @media print {
      body { font-size: 10pt; }
      main { max-width: none; padding: 0; }
      table { display: table; overflow: visible; break-inside: avoid; font-size: 8.5pt; }
      th, td { padding: .15rem .4rem; }
      th:first-child { overflow-wrap: normal; }
      tr, svg { break-inside: avoid; }
      .pair { grid-template-columns: 1fr 1fr; }
      figure:has(.pair) { break-inside: auto; }
      td, svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    }
    """
}
