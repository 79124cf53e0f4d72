import LinearAlgebra

/// What a layer of a run is exported as; npy, npz and safetensors hold a whole run's states, too.
package enum ExportFormat: String, CaseIterable, Sendable {
  case npy, npz, safetensors, tsv, csv, svg, png

  /// The format that the ending of a file's name says.
  package init?(path: String) {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    self.init(rawValue: name[name.index(after: dot)...].lowercased())
  }

  /// Whether it shows a map; else it holds the states themselves.
  package var isOfMap: Bool {
    switch self {
    case .npy, .npz, .safetensors: false
    case .tsv, .csv, .svg, .png: true
    }
  }

  /// The formats' names, for messages: `npy, npz, ... or png`.
  package static var names: String {
    let names = allCases.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }
}
