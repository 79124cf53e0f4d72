import LinearAlgebra

/// What a layer of a run is exported as.
package enum ExportFormat: String, CaseIterable, Sendable {
  case npy, tsv, csv, svg, png

  /// The format that the ending of a file's name says.
  package init?(path: String) {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    self.init(rawValue: name[name.index(after: dot)...].lowercased())
  }

  /// Whether it shows a map; else it holds the states themselves.
  package var isOfMap: Bool { self != .npy }
}
