import Foundation
import SeerMonitor
import SeerRuns
import SeerSupport
import TestModels
import TestSupport
import Testing

/// The recorded runs of words are found beside the program, for their own model and adapter alone.
struct RecordedWordsTests {
  let fixture: RunFixture

  init() throws {
    fixture = try RunFixture(rows: 12)
    var extraction = fixture.extraction(to: "data/seer/samples/run-words-base", .mean)
    extraction.layers = [2]
    try fixture.run(extraction)
  }

  var environment: [String: String] { ["XDG_DATA_HOME": fixture.folder("data")] }

  func words(_ model: String, _ adapter: String?, _ concepts: String? = nil) -> String? {
    RunLocator.words(
      modelSHA256: model, adapterSHA256: adapter, conceptsSHA256: concepts,
      executable: fixture.folder("bin/seer"), environment: environment)
  }

  @Test func theRunOfTheModelIsFound() throws {
    let folder = fixture.folder("data/seer/samples/run-words-base")
    let manifest = try Run.open(folder).manifest
    let concepts = manifest.conceptsSHA256
    #expect(words(manifest.modelSHA256, nil) == folder)
    #expect(words(manifest.modelSHA256, nil, concepts) == folder)
    #expect(words(manifest.modelSHA256, "0123") == nil)
    #expect(words("0123", nil) == nil)
    #expect(words(manifest.modelSHA256, nil, "0123") == nil)
    func like(_ manifest: RunManifest) -> String? {
      RunLocator.words(
        like: manifest, executable: fixture.folder("bin/seer"), environment: environment)
    }
    #expect(like(manifest) == folder)
    var other = manifest
    other.adapterSHA256 = "0123"
    #expect(like(other) == nil)
  }

  @Test func itIsFoundAboveTheProgram() throws {
    let manifest = try Run.open(fixture.folder("data/seer/samples/run-words-base")).manifest
    let found = RunLocator.words(
      modelSHA256: manifest.modelSHA256, adapterSHA256: nil,
      executable: fixture.folder("data/seer/build/release/seer"), environment: [:])
    #expect(found == fixture.folder("data/seer/samples/run-words-base"))
  }

  @Test func theOnlyLayerIsScored() throws {
    let run = try Run.open(fixture.folder("data/seer/samples/run-words-base"))
    #expect(try run.scoredLayer(nil) == 2)
    #expect(try run.scoredLayer(1) == 1)
    try fixture.run(fixture.extraction(to: "many", .mean))
    let failure = thrownFailure {
      _ = try Run.open(fixture.folder("many")).scoredLayer(nil)
    }
    #expect(failure?.kind == .usage && failure?.place == "--layer")
    #expect(failure?.wanted?.hasSuffix("0 to 3") == true)
  }
}
