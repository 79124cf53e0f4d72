import Foundation
import SeerSupport

/// A place where a program keeps models on this machine: what is there opens by name, and nothing is
/// ever downloaded.
package struct ModelStore: Sendable {
  /// A model in it, as `--model` takes it.
  package struct Entry: Equatable, Sendable {
    /// As in `hf:org/name`; the user's own cache needs no prefix.
    package var name: String
    /// A GGUF file or a folder.
    package var path: String
  }

  /// What names of its models begin with, before a colon; empty for Seer's own.
  package let prefix: String
  package let title: String
  /// What a name looks like, for messages.
  let example: String
  /// The folders that are looked into, by the environment; they may be missing.
  package let folders: @Sendable ([String: String]) -> [String]
  /// Names without the prefix, and paths, of what lies in a folder.
  private let list: @Sendable (_ folder: String) -> [Entry]

  package static let all = [seer, huggingFace, ollama, llamaCpp, lmStudio]

  /// Everything in it, sorted by name; of a name that two folders have, the first folder's.
  package func entries(_ environment: [String: String]) -> [Entry] {
    var entries: [Entry] = []
    for folder in folders(environment) {
      for entry in list(folder) {
        let name = prefix.isEmpty ? entry.name : "\(prefix):\(entry.name)"
        if !entries.contains(where: { $0.name == name }) {
          entries.append(Entry(name: name, path: entry.path))
        }
      }
    }
    return entries.sorted { $0.name < $1.name }
  }

  /// The path of `hf:org/name` and its like; nil where the name has no store's prefix.
  static func path(
    of model: String, _ environment: [String: String]
  ) throws(Failure) -> String? {
    guard let colon = model.firstIndex(of: ":"),
      let store = all.first(where: { !$0.prefix.isEmpty && $0.prefix == model[..<colon] })
    else { return nil }
    let entries = store.entries(environment)
    // Ollama's names have a tag, which is `latest` where none is given.
    for name in [model, model + ":latest"] {
      if let entry = entries.first(where: { $0.name == name }) { return entry.path }
    }
    let folders = store.folders(environment)
    throw Failure(
      .missingInput, file: model, place: store.title,
      found: entries.isEmpty
        ? "no model in \(folders.isEmpty ? "any folder: HOME is not set" : folders.joined(separator: " or "))"
        : "no model of that name",
      wanted: entries.isEmpty
        ? "a name like \(store.example)"
        : "one of " + entries.prefix(8).map(\.name).joined(separator: ", ")
          + (entries.count > 8 ? " and \(entries.count - 8) more" : ""),
      advice: "`seer model` lists what is here. Nothing is downloaded.")
  }

  // MARK: Stores

  /// `seer/models` in the user's cache: `NAME.gguf`, or a folder.
  static let seer = ModelStore(
    prefix: "", title: "Seer's cache", example: ModelLocator.defaultName,
    folders: { UserFolders.cache($0).map { [$0 + "/models"] } ?? [] },
    list: { folder in
      names(folder).compactMap { name in
        let path = folder + "/" + name
        if name.hasSuffix(".gguf") { return Entry(name: String(name.dropLast(5)), path: path) }
        return isModelFolder(path) ? Entry(name: name, path: path) : nil
      }
    })

  /// `models--ORG--NAME/snapshots/COMMIT`, the commit in `refs/main` (huggingface_hub, "Understand
  /// caching"). A snapshot that holds GGUF files is one model a file.
  static let huggingFace = ModelStore(
    prefix: "hf", title: "Hugging Face's cache", example: "hf:org/name",
    folders: { environment in
      if let hub = environment["HF_HUB_CACHE"] ?? environment["HUGGINGFACE_HUB_CACHE"] {
        return [hub]
      }
      if let home = environment["HF_HOME"] { return [home + "/hub"] }
      if let cache = environment["XDG_CACHE_HOME"] { return [cache + "/huggingface/hub"] }
      return inHome(environment, [".cache/huggingface/hub"])
    },
    list: { folder in
      names(folder).flatMap { entry -> [Entry] in
        let parts = entry.components(separatedBy: "--")
        guard parts.count > 1, parts[0] == "models", let snapshot = snapshot(folder + "/" + entry)
        else { return [] }
        let name = parts.dropFirst().joined(separator: "/")
        let files = names(snapshot).filter(isFirstGGUF).map {
          Entry(name: "\(name)/\($0)", path: "\(snapshot)/\($0)")
        }
        return isModelFolder(snapshot) ? [Entry(name: name, path: snapshot)] + files : files
      }
    })

  /// `manifests/HOST/NAMESPACE/NAME/TAG`, JSON that names the file in `blobs`; a name leaves out the
  /// host and the namespace where they are Ollama's own (ollama, docs/modelfile and server/manifest).
  static let ollama = ModelStore(
    prefix: "ollama", title: "Ollama's folder", example: "ollama:name:tag",
    folders: { environment in
      if let folder = environment["OLLAMA_MODELS"] { return [folder] }
      return inHome(environment, [".ollama/models"]) + ["/usr/share/ollama/.ollama/models"]
    },
    list: { folder in
      files(folder + "/manifests", depth: 4).compactMap { parts in
        let manifest = folder + "/manifests/" + parts.joined(separator: "/")
        guard parts.count == 4, let path = ollamaBlob(manifest, folder) else { return nil }
        let own = ["registry.ollama.ai", "library"]
        let shown = parts.prefix(2).elementsEqual(own) ? [] : Array(parts.prefix(2))
        let name = (shown + [parts[2]]).joined(separator: "/")
        return Entry(name: "\(name):\(parts[3])", path: path)
      }
    })

  static let llamaCpp = ModelStore(
    prefix: "llama.cpp", title: "llama.cpp's cache", example: "llama.cpp:file.gguf",
    folders: { environment in
      if let folder = environment["LLAMA_CACHE"] { return [folder] }
      if let cache = environment["XDG_CACHE_HOME"] { return [cache + "/llama.cpp"] }
      return inHome(environment, [".cache/llama.cpp"])
    },
    list: { folder in
      names(folder).filter(isFirstGGUF).map { Entry(name: $0, path: "\(folder)/\($0)") }
    })

  /// `PUBLISHER/MODEL/FILE.gguf`.
  static let lmStudio = ModelStore(
    prefix: "lmstudio", title: "LM Studio's folder",
    example: "lmstudio:publisher/model/file.gguf",
    folders: { inHome($0, [".lmstudio/models", ".cache/lm-studio/models"]) },
    list: { folder in
      files(folder, depth: 3).filter { $0.count == 3 && isFirstGGUF($0[2]) }.map {
        let name = $0.joined(separator: "/")
        return Entry(name: name, path: "\(folder)/\(name)")
      }
    })

  // MARK: Folders

  private static func inHome(_ environment: [String: String], _ folders: [String]) -> [String] {
    guard let home = environment["HOME"], home.hasPrefix("/") else { return [] }
    return folders.map { "\(home)/\($0)" }
  }

  /// Sorted, without hidden ones; at most some thousand, since a folder may hold anything.
  private static func names(_ folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return Array(names.filter { !$0.hasPrefix(".") }.sorted().prefix(5000))
  }

  /// The parts of the paths of what lies `depth` deep in a folder.
  private static func files(_ folder: String, depth: Int) -> [[String]] {
    names(folder).flatMap { name -> [[String]] in
      guard depth > 1 else { return [[name]] }
      return files(folder + "/" + name, depth: depth - 1).map { [name] + $0 }
    }
  }

  /// A whole file, or the part of a split one that stands for it; a file that belongs to a model
  /// which sees (`mmproj`) is none.
  private static func isFirstGGUF(_ name: String) -> Bool {
    guard name.hasSuffix(".gguf"), !name.contains("mmproj") else { return false }
    guard let parts = name.range(of: #"-[0-9]{5}-of-[0-9]{5}\.gguf$"#, options: .regularExpression)
    else { return true }
    return name[parts].hasPrefix("-00001-")
  }

  /// Whether a folder has a configuration and weights.
  private static func isModelFolder(_ folder: String) -> Bool {
    let names = names(folder)
    return names.contains("config.json")
      && names.contains { $0.hasSuffix(".safetensors") || $0.hasPrefix("pytorch_model") }
  }

  private static func snapshot(_ repository: String) -> String? {
    let snapshots = repository + "/snapshots"
    if let commit = try? String(contentsOfFile: repository + "/refs/main", encoding: .utf8) {
      let path = snapshots + "/" + commit.trimmingCharacters(in: .whitespacesAndNewlines)
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    // Fetched by a commit's name only.
    return names(snapshots).last.map { "\(snapshots)/\($0)" }
  }

  private static func ollamaBlob(_ manifest: String, _ folder: String) -> String? {
    struct Manifest: Decodable {
      struct Layer: Decodable {
        var mediaType: String
        var digest: String
      }
      var layers: [Layer]
    }
    guard let data = FileManager.default.contents(atPath: manifest),
      let layers = try? JSONDecoder().decode(Manifest.self, from: data).layers,
      let digest = layers.first(where: { $0.mediaType == "application/vnd.ollama.image.model" })?
        .digest, !digest.contains("/")
    else { return nil }
    let path = "\(folder)/blobs/\(digest.replacing(":", with: "-"))"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }
}
