import Foundation
import SeerModels
import SeerSupport

/// The models on this machine, in Seer's cache and in the folders of other programs.
enum ModelList {
  struct Line: Encodable {
    let name: String
    let path: String
    let runs: Bool
    /// What it is, or why it does not run.
    let about: String
  }

  struct Result: Encodable {
    let models: [Line]
  }

  static func print(json: Bool) throws {
    let environment = ProcessInfo.processInfo.environment
    let lines = try runJob("models") { context in
      try ModelStore.all.flatMap { store in
        try store.entries(environment).map {
          try context.checkpoint()
          return line($0)
        }
      }
    }
    if json { return try Report.json(Result(models: lines)) }
    for line in lines {
      Report.line("\(line.name)\n  \(line.runs ? "runs" : "does not run"): \(line.about)")
    }
    if lines.isEmpty {
      Report.line("No models found. Fetch the default model with `make model`. Looked into:")
      for store in ModelStore.all {
        for folder in store.folders(environment) { Report.line("  \(folder) (\(store.title))") }
      }
    }
  }

  private static func line(_ entry: ModelStore.Entry) -> Line {
    do {
      let language = try LanguageModel(entry.path)
      let c = language.configuration
      return Line(
        name: entry.name, path: entry.path, runs: true,
        about: "\(c.architecture), \(c.blocks) blocks of width \(c.width), \(language.quantization)"
      )
    } catch {
      return Line(
        name: entry.name, path: entry.path, runs: false,
        about: [error.place, "found \(error.found)"].compactMap { $0 }.joined(separator: ": "))
    }
  }
}
