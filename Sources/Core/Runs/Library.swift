import Foundation
import SeerModels
import SeerSupport

/// What there is to open: runs, models and concept files in some folders and the cache.
package struct Library: Equatable, Sendable {
  package struct FoundRun: Equatable, Sendable {
    package var folder: String
    /// Of an unfinished run what it will be.
    package var manifest: RunManifest
    package var isFinished: Bool

    package init(folder: String, manifest: RunManifest, isFinished: Bool) {
      self.folder = folder
      self.manifest = manifest
      self.isFinished = isFinished
    }
  }

  package struct FoundFile: Equatable, Sendable {
    package var path: String
    package var bytes: Int

    package init(path: String, bytes: Int) {
      self.path = path
      self.bytes = bytes
    }
  }

  package var runs: [FoundRun] = []
  package var models: [FoundFile] = []
  /// CSV and JSON Lines files whose first line has a prompt and a value.
  package var concepts: [FoundFile] = []

  package init() {}

  /// Entries that are looked at in all; a folder of a million files must not hold anything up.
  private static let most = 5000

  /// Looks through folders, two levels deep, hidden ones left out, and through the cache's models.
  package static func scan(
    folders: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
    checkpoint: () throws -> Void = {}
  ) throws -> Library {
    var library = Library()
    var seen = Set<String>()
    var left = most
    func visit(_ folder: String, _ depth: Int) throws {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for name in names.sorted() where !name.hasPrefix(".") && left > 0 {
        left -= 1
        try checkpoint()
        let path = folder == "." ? name : folder + "/" + name
        let identity = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard seen.insert(identity).inserted else { continue }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
        if !isFolder.boolValue {
          library.add(path)
        } else if let run = run(path) {
          library.runs.append(run)
        } else if depth > 0 {
          try visit(path, depth - 1)
        }
      }
    }
    for folder in folders {
      guard let run = run(folder) else {
        try visit(folder, 1)
        continue
      }
      let identity = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
      if seen.insert(identity).inserted { library.runs.append(run) }
    }
    if let cache = UserFolders.cache(environment) { try visit(cache + "/models", 0) }
    return library
  }

  private static func run(_ folder: String) -> FoundRun? {
    if let manifest = try? Run.readManifest(folder) {
      return FoundRun(folder: folder, manifest: manifest, isFinished: true)
    }
    guard let data = FileManager.default.contents(atPath: folder + "/" + RunWriter.recipeName),
      let manifest = try? JSONDecoder().decode(RunManifest.self, from: data)
    else { return nil }
    return FoundRun(folder: folder, manifest: manifest, isFinished: false)
  }

  private mutating func add(_ path: String) {
    // To open a pipe is to wait for whoever writes to it.
    guard OutputFile.isFile(path) else { return }
    let bytes =
      (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int).flatMap { $0 } ?? 0
    let file = FoundFile(path: path, bytes: bytes)
    if path.hasSuffix(".gguf") {
      models.append(file)
    } else if path.hasSuffix(".csv") || path.hasSuffix(".jsonl"), Self.isConceptFile(path) {
      concepts.append(file)
    }
  }

  private static func isConceptFile(_ path: String) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? handle.close() }
    guard let data = try? handle.read(upToCount: 1 << 16) else { return false }
    let line = data.prefix { $0 != 10 && $0 != 13 }
    if path.hasSuffix(".jsonl") {
      let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any]
      return object?["prompt"] != nil && object?["value"] != nil
    }
    let names = String(decoding: line, as: UTF8.self).split(separator: ",").map {
      $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"\u{FEFF}"))
    }
    return names.contains("prompt") && names.contains("value")
  }
}
