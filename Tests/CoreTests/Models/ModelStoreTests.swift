import Foundation
import SeerModels
import SeerSupport
import TestSupport
import Testing

/// Models in the folders of other programs are found by name, as those programs lay them out.
struct ModelStoreTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var environment: [String: String] { ["HOME": folder.path] }

  private func write(_ path: String, _ text: String = "") throws {
    let folders = folder(path).split(separator: "/").dropLast().joined(separator: "/")
    try FileManager.default.createDirectory(
      atPath: "/" + folders, withIntermediateDirectories: true)
    try folder.write(Array(text.utf8), to: path)
  }

  private func names(_ prefix: String, _ environment: [String: String]? = nil) throws -> [String] {
    let store = try #require(ModelStore.all.first { $0.prefix == prefix })
    return store.entries(environment ?? self.environment).map(\.name)
  }

  private func path(_ model: String) throws -> String {
    let path = try ModelLocator.path(of: model, environment: environment)
    return path.replacing(folder.path + "/", with: "")
  }

  @Test func huggingFaceSnapshotsAreTheCommitOfMain() throws {
    let repository = ".cache/huggingface/hub/models--Qwen--Qwen3-0.6B"
    try write(repository + "/refs/main", "bbb\n")
    for commit in ["aaa", "bbb", "ccc"] {
      try write("\(repository)/snapshots/\(commit)/config.json", "{}")
      try write("\(repository)/snapshots/\(commit)/model.safetensors")
    }
    #expect(try names("hf") == ["hf:Qwen/Qwen3-0.6B"])
    #expect(try path("hf:Qwen/Qwen3-0.6B") == repository + "/snapshots/bbb")
  }

  /// A configuration alone is what a tool left that only counted tokens; data sets are no models.
  @Test func snapshotsWithoutWeightsAndDataSetsAreNoModels() throws {
    let hub = ".cache/huggingface/hub"
    try write(hub + "/models--a--b/snapshots/x/config.json", "{}")
    try write(hub + "/datasets--a--c/snapshots/x/model.safetensors")
    try write(hub + "/models--org--quants/snapshots/x/q4.gguf")
    try write(hub + "/models--org--quants/snapshots/x/mmproj-q4.gguf")
    try write(hub + "/models--org--quants/snapshots/x/big-00001-of-00002.gguf")
    try write(hub + "/models--org--quants/snapshots/x/big-00002-of-00002.gguf")
    #expect(
      try names("hf") == ["hf:org/quants/big-00001-of-00002.gguf", "hf:org/quants/q4.gguf"])
  }

  @Test func huggingFacesVariablesSayWhereItsCacheIs() throws {
    try write("hub/models--a--b/snapshots/x/q.gguf")
    try write("home/hub/models--c--d/snapshots/x/q.gguf")
    #expect(try names("hf", ["HF_HUB_CACHE": folder("hub")]) == ["hf:a/b/q.gguf"])
    #expect(try names("hf", ["HF_HOME": folder("home")]) == ["hf:c/d/q.gguf"])
  }

  @Test func ollamasManifestsNameTheirBlob() throws {
    let models = ".ollama/models"
    let manifest = """
      {"layers": [{"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:00"},
      {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:ab12"}]}
      """
    try write(models + "/manifests/registry.ollama.ai/library/llama3.2/latest", manifest)
    try write(models + "/manifests/registry.ollama.ai/library/llama3.2/3b", manifest)
    try write(models + "/manifests/hf.co/org/name/Q4_K_M", manifest)
    try write(models + "/manifests/registry.ollama.ai/library/gone/latest", "{\"layers\": []}")
    try write(models + "/blobs/sha256-ab12")
    #expect(
      try names("ollama") == [
        "ollama:hf.co/org/name:Q4_K_M", "ollama:llama3.2:3b", "ollama:llama3.2:latest",
      ])
    #expect(try path("ollama:llama3.2") == models + "/blobs/sha256-ab12")
  }

  /// A manifest is a file that anybody may have written: it does not lead out of the folder.
  @Test func aDigestIsNoPath() throws {
    let models = ".ollama/models"
    try write(
      models + "/manifests/registry.ollama.ai/library/evil/latest",
      """
      {"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "../x"}]}
      """)
    try write(models + "/x")
    #expect(try names("ollama").isEmpty)
  }

  @Test func llamaCppAndLMStudioKeepFiles() throws {
    try write(".cache/llama.cpp/org_name_q4.gguf")
    try write(".cache/llama.cpp/manifest=x.json")
    try write(".lmstudio/models/org/name/q8.gguf")
    #expect(try names("llama.cpp") == ["llama.cpp:org_name_q4.gguf"])
    #expect(try path("lmstudio:org/name/q8.gguf") == ".lmstudio/models/org/name/q8.gguf")
  }

  @Test func aNameThatIsNotThereNamesThoseThatAre() throws {
    try write(".cache/llama.cpp/a.gguf")
    let failure = #expect(throws: Failure.self) { try path("llama.cpp:b.gguf") }
    #expect(failure?.kind == .missingInput && failure?.found == "no model of that name")
    #expect(failure?.wanted == "one of llama.cpp:a.gguf")
    let none = #expect(throws: Failure.self) { try path("hf:a/b") }
    #expect(none?.found.hasPrefix("no model in ") == true)
    #expect(none?.wanted == "a name like hf:org/name")
  }

  /// A file that is really called so is that file.
  @Test func aPathWinsOverAName() throws {
    try write("hf:a")
    #expect(try path(folder("hf:a")) == "hf:a")
  }
}
