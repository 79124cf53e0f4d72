import Foundation
import TestSupport
import Testing

struct DoctorTests {
  let seer: Seer

  init() throws { seer = try Seer() }

  @Test func itSaysWhatIsHere() throws {
    let result = try seer(
      "doctor", "--json", environment: ["TERM": "xterm-256color"]
    ).json()
    #expect((result["tool"] as? String)?.hasPrefix("seer ") == true)
    #expect((result["cores"] as? Int).map { $0 > 0 } == true)
    #expect(result["models"] as? [String] == ["smollm2"])
    let terminal = try #require(result["terminal"] as? [String: Any])
    #expect(terminal["is_terminal"] as? Bool == false)
    #expect(terminal["colors"] as? Int == 256)
    #expect(terminal["utf8"] as? Bool == true)
  }

  /// Whatever is missing, it ends with 0, and says what to do.
  @Test func itEndsWell() throws {
    let outcome = try seer(
      "doctor",
      environment: [
        "HOME": "", "XDG_CACHE_HOME": "", "XDG_DATA_HOME": "", "TERM": "no-such-terminal",
        "LC_ALL": "C",
      ])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    for words in [
      "! Terminfo does not know the terminal `no-such-terminal`", "! The locale is not UTF-8",
      "! HOME and XDG_CACHE_HOME are not set", "! The default model is not here",
    ] {
      #expect(outcome.output.contains(words), "\(outcome.output)")
    }
  }

  @Test func modelsOfOtherProgramsAreListedAndOpenByName() throws {
    let folder = seer.folder("lm/.lmstudio/models/org/name")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/tiny.gguf", withDestinationPath: Fixtures.tinyModel)
    try seer.folder.write(Array("no model".utf8), to: "lm/.lmstudio/models/org/name/x.gguf")
    let home = ["HOME": seer.folder("lm")]
    let list = try seer("model", "--json", environment: home).json()
    let models = try #require(list["models"] as? [[String: Any]])
    #expect(
      models.map { $0["name"] as? String } == [
        "smollm2", "lmstudio:org/name/tiny.gguf", "lmstudio:org/name/x.gguf",
      ])
    #expect(models.map { $0["runs"] as? Bool } == [true, true, false])
    let model = try seer(
      "model", "lmstudio:org/name/tiny.gguf", "--json", environment: home
    ).json()
    #expect(model["architecture"] as? String == "llama")
    try seer("model", "lmstudio:org/name/none.gguf", environment: home).expect(
      66, "no model of that name", "one of lmstudio:org/name/tiny.gguf")
  }

  @Test func withoutModelsTheListSaysWhereItLooked() throws {
    let outcome = try seer(
      "model", environment: ["XDG_CACHE_HOME": seer.folder("none"), "HOME": seer.folder("none")])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("make model"))
    #expect(outcome.output.contains("/none/seer/models (Seer's cache)"))
  }
}
