import Foundation
import SeerFormats
import SeerRuns
import TestModels
import TestSupport
import Testing

@Suite struct LibraryTests {
  @Test func findsWhatCanBeOpened() throws {
    let fixture = try RunFixture(rows: 4)
    try fixture.run(fixture.extraction())
    let folder = fixture.folder
    try folder.write("{\"prompt\": \"a\", \"value\": \"b\"}\n", to: "more.jsonl")
    try folder.write("name,age\nx,1\n", to: "else.csv")
    try folder.write("\u{FEFF}\"prompt\",\"value\"\nx,y\n", to: "marked.csv")
    try folder.write("GGUF", to: "model.gguf")
    try folder.write("prompt,value\n", to: ".hidden.csv")
    let library = try Library.scan(folders: [folder.path], environment: [:])
    #expect(library.runs.map(\.folder) == [folder("run")])
    #expect(library.runs.first?.manifest.rows == 4 && library.runs.first?.isFinished == true)
    #expect(
      library.concepts.map(\.path)
        == [folder("concepts.csv"), folder("marked.csv"), folder("more.jsonl")])
    #expect(library.models == [Library.FoundFile(path: folder("model.gguf"), bytes: 4)])
    let own = try Library.scan(folders: [folder("run"), folder("nowhere")], environment: [:])
    #expect(own.runs.count == 1 && own.concepts.isEmpty)
  }

  @Test func modelsInTheCache() throws {
    let cache = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: cache("seer/models"), withIntermediateDirectories: true)
    try cache.write("GGUF", to: "seer/models/tiny.gguf")
    let library = try Library.scan(folders: [], environment: ["XDG_CACHE_HOME": cache.path])
    #expect(library.models.map(\.path) == [cache("seer/models/tiny.gguf")])
  }
}
