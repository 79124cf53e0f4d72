import Foundation
import SeerWidgets
import TestSupport
import Testing

/// What the terminal interface is built from knows nothing of what is built with it.
@Suite struct KitTests {
  private static let kit = [
    "Terminal", "Surface", "Canvas", "Theme", "Keymap", "Widgets", "Editing",
  ]

  private func sources(_ folders: [String]) throws -> [(path: String, text: String)] {
    let root = URL(fileURLWithPath: Fixtures.repository)
    return try folders.flatMap { folder in
      let place = root.appendingPathComponent("Sources/TUI/\(folder)")
      let found = FileManager.default.enumerator(at: place, includingPropertiesForKeys: nil)
      return try (found?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }.map {
        ($0.lastPathComponent, try String(contentsOf: $0, encoding: .utf8))
      }
    }
  }

  /// The types that files declare at their top.
  private func types(_ sources: [(path: String, text: String)]) -> Set<String> {
    var names: Set<String> = []
    for source in sources {
      let pattern =
        /(?m)^(?:public |package |final |indirect )*(?:struct|enum|class|protocol|typealias) ([A-Z]\w*)/
      for match in source.text.matches(of: pattern) { names.insert(String(match.1)) }
    }
    return names
  }

  @Test func itNamesNoScreen() throws {
    let kit = try sources(Self.kit)
    let own = types(kit)
    let above = types(try sources(["App", "Screens"]))
    #expect(own.contains("KeyCommand") && above.isSuperset(of: ["AppState", "TrainState"]))
    #expect(own.isDisjoint(with: above))
    for source in kit {
      let words = Set(source.text.matches(of: /\b[A-Z]\w*/).map { String($0.0) })
      let named = words.intersection(above).sorted()
      #expect(named.isEmpty, "\(source.path) names \(named.joined(separator: ", "))")
    }
  }
}
