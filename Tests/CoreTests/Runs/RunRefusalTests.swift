import Foundation
import SeerFormats
import SeerModels
import SeerRuns
import SeerSupport
import TestModels
import TestSupport
import Testing

/// Folders that a run must not be written to, and runs that must not be opened.
struct RunRefusalTests {
  let fixture: RunFixture

  init() throws { fixture = try RunFixture(rows: 6) }

  /// Makes an unfinished run in the folder `run`.
  func interrupt(_ extraction: Extraction) {
    #expect(throws: Cancelled.self) { try fixture.run(extraction) { _ in false } }
  }

  // MARK: Writing

  typealias Change = (String, @Sendable (inout Extraction, RunFixture) throws -> Void)

  /// Where fast is exact, it is no other recipe.
  static let changes: [Change] = usualChanges + (Precision.fast.here == .fast ? [faster] : [])

  static let faster: Change = (
    "precision (exact)", { extraction, _ in extraction.precision = .fast }
  )

  static let usualChanges: [Change] = [
    ("position", { extraction, _ in extraction.position = .mean }),
    ("template", { extraction, _ in extraction.template = .chat }),
    ("dtype", { extraction, _ in extraction.usesHalf = true }),
    ("max_tokens", { extraction, _ in extraction.maxTokens = 100 }),
    ("rows", { extraction, _ in extraction.limit = 3 }),
    ("tool", { extraction, _ in extraction.tool = "seer 99" }),
    (
      "concepts",
      { _, fixture in try fixture.folder.write(RunFixture.text(rows: 7), to: "concepts.csv") }
    ),
    (
      "model",
      { extraction, fixture in
        extraction.model = try fixture.folder.write(
          TinyLlama.builder(.q8_0).bytes, to: "other.gguf")
      }
    ),
  ]

  /// What another processor makes of fast is another recipe.
  @Test func otherFastProducts() throws {
    try fixture.run(fixture.extraction())
    let one = try Run.open(fixture.folder("run")).manifest
    var other = one
    (other.precision, other.fastProducts) = (.fast, "a unit of another kind")
    #expect(other.differences(from: one) == ["precision (fast)"])
    var third = other
    third.fastProducts = "yet another one"
    #expect(third.differences(from: other) == ["fast_products (yet another one)"])
  }

  @Test(arguments: changes.indices, [true, false])
  func anotherRecipe(index: Int, isFinished: Bool) throws {
    let (key, change) = Self.changes[index]
    var extraction = fixture.extraction()
    if isFinished { try fixture.run(extraction) } else { interrupt(extraction) }
    let before = try contents(ofRun: fixture.folder("run"))
    try change(&extraction, fixture)
    let failure = try #require(fixture.failure(extraction))
    failure.expect(
      .cannotWrite, found: isFinished ? "another run, which differs in" : "an unfinished run that",
      advice: "another")
    #expect(failure.file?.hasPrefix(fixture.folder("run")) == true)
    #expect(failure.found.contains(key))
    #expect(try contents(ofRun: fixture.folder("run")) == before)
  }

  @Test(arguments: [true, false])
  func theSameInputsElsewhereAreTheSameRecipe(isFinished: Bool) throws {
    var extraction = fixture.extraction()
    if isFinished { try fixture.run(extraction) } else { interrupt(extraction) }
    extraction.concepts = try fixture.folder.write(
      RunFixture.text(rows: 6), to: "moved.csv")
    try fixture.run(extraction)
    #expect(try Run.open(fixture.folder("run")).rows.count == 6)
  }

  @Test func aFolderWithOtherFiles() throws {
    try FileManager.default.createDirectory(
      atPath: fixture.folder("run"), withIntermediateDirectories: false)
    try fixture.folder.write("dear diary", to: "run/diary.txt")
    let failure = try #require(fixture.failure(fixture.extraction()))
    failure.expect(
      .cannotWrite, file: fixture.folder("run"), found: "other files", wanted: "empty or new")
    #expect(try names(inFolder: fixture.folder("run")) == ["diary.txt"])
  }

  @Test func aFile() throws {
    try fixture.folder.write("dear diary", to: "run")
    let failure = try #require(fixture.failure(fixture.extraction()))
    #expect(failure.kind == .cannotWrite && failure.file == fixture.folder("run"))
    #expect(try bytes(ofFile: fixture.folder("run")) == Array("dear diary".utf8))
  }

  @Test func aPlaceBelowAFile() throws {
    try fixture.folder.write("dear diary", to: "file")
    let failure = try #require(fixture.failure(fixture.extraction(to: "file/run")))
    failure.expect(
      .cannotWrite, file: fixture.folder("file/run"), found: "Not a directory",
      advice: "another folder")
  }

  @Test func aPlaceThatMayNotBeWritten() throws {
    var extraction = fixture.extraction()
    extraction.folder = "/proc/seer-run"
    let failure = try #require(fixture.failure(extraction))
    failure.expect(
      .cannotWrite, file: "/proc/seer-run", found: "a folder that cannot be made",
      advice: "another folder")
    #expect(!failure.found.contains("Success"))
  }

  @Test func aSecondWriter() throws {
    interrupt(fixture.extraction())
    let manifest = try JSONDecoder().decode(
      RunManifest.self,
      from: Data(try bytes(ofFile: fixture.folder("run") + "/recipe.partial.json")))
    let writer = try RunWriter(folder: fixture.folder("run"), manifest: manifest)
    let failure = try #require(fixture.failure(fixture.extraction()))
    failure.expect(
      .cannotWrite, file: fixture.folder("run"), found: "another seer", advice: "Wait")
    withExtendedLifetime(writer) {}
  }

  @Test func aWriterThatEndedIsInNobodysWay() throws {
    interrupt(fixture.extraction())
    try fixture.run(fixture.extraction())
    #expect(try Run.open(fixture.folder("run")).rows.count == 6)
  }

  // MARK: Opening

  func opening(_ damage: (_ run: String) throws -> Void) throws -> Failure {
    try fixture.run(fixture.extraction())
    try damage(fixture.folder("run"))
    return try #require(thrownFailure { _ = try Run.open(fixture.folder("run")) }, "it opened")
  }

  func edit(_ path: String, _ old: String, _ new: String) throws {
    let text = String(decoding: try bytes(ofFile: path), as: UTF8.self)
    #expect(text.contains(old))
    try Data(text.replacing(old, with: new).utf8).write(to: URL(fileURLWithPath: path))
  }

  @Test func nothingThere() throws {
    let failure = try #require(thrownFailure { _ = try Run.open(fixture.folder("none")) })
    failure.expect(
      .missingInput, file: fixture.folder("none/run.json"), found: "nothing there",
      wanted: "a run folder", advice: "seer extract")
  }

  @Test(arguments: ["states.safetensors", "rows.csv", "run.json"])
  func aMissingFile(name: String) throws {
    let failure = try opening { try FileManager.default.removeItem(atPath: $0 + "/" + name) }
    #expect(failure.kind == .missingInput)
    #expect(failure.file == fixture.folder("run/" + name))
  }

  @Test(arguments: ["", "{", "[1]", "nonsense", "{}"])
  func aManifestThatIsNone(text: String) throws {
    try opening { try Data(text.utf8).write(to: URL(fileURLWithPath: $0 + "/run.json")) }.expect(
      file: fixture.folder("run/run.json"), found: "JSON that is not a run's",
      wanted: "seer extract", advice: "Extract the run again")
  }

  @Test(arguments: [
    ("\"format\" : 1", "\"format\" : 2", "2"),
    ("\"rows\" : 6", "\"rows\" : -1", "-1"),
    ("\"width\" : 64", "\"width\" : 0", "0"),
    ("    0,\n    1,", "    1,\n    0,", "[1, 0, 2, 3]"),
    ("    0,\n    1,", "    1,\n    1,", "[1, 1, 2, 3]"),
    ("    0,\n", "    -1,\n", "[-1, 1, 2, 3]"),
    ("\"rows\" : 6", "\"rows\" : \"6\"", "a wrong type at rows"),
    ("\"width\" : 64", "\"breadth\" : 64", "no key width"),
    ("\"width\" : 64", "\"width\" : null", "no value at width"),
  ])
  func aManifestThatMakesNoSense(old: String, new: String, found: String) throws {
    try opening { try edit($0 + "/run.json", old, new) }.expect(
      file: fixture.folder("run/run.json"), found: found)
  }

  /// One key after the other with a name that nobody knows: nothing stands in for it.
  @Test(arguments: [
    ("template", "alpaca", "one of chat, plain"),
    ("position", "first", "one of last, prompt-end, mean, all"),
    ("dtype", "float8", "one of float32, float16"),
    ("precision", "double", "one of exact, fast"),
  ])
  func anUnknownName(key: String, name: String, known: String) throws {
    try opening { run in
      try manifest(of: run) { $0[key] = name }
    }.expect(
      file: fixture.folder("run/run.json"), place: "key \(key)", found: "`\(name)`",
      wanted: known)
  }

  /// One key after the other of another type.
  @Test(arguments: [
    "format", "tool", "model", "model_sha256", "adapter", "adapter_sha256", "concepts",
    "concepts_sha256", "template", "template_sha256", "position", "max_tokens", "layers", "rows",
    "width", "dtype", "precision", "tokens", "seconds",
  ])
  func aValueOfAnotherType(key: String) throws {
    try opening { run in
      try manifest(of: run) { $0[key] = ["a": 1] }
    }.expect(file: fixture.folder("run/run.json"), found: "a wrong type at \(key)")
  }

  private func manifest(of run: String, _ edit: (inout [String: Any]) -> Void) throws {
    let path = run + "/run.json"
    let object = try JSONSerialization.jsonObject(with: Data(try bytes(ofFile: path)))
    var values = try #require(object as? [String: Any])
    edit(&values)
    try JSONSerialization.data(withJSONObject: values).write(to: URL(fileURLWithPath: path))
  }

  @Test(arguments: [
    ("\"rows\" : 6", "\"rows\" : 5", "shape [4, 6, 64]"),
    ("\"width\" : 64", "\"width\" : 63", "shape [4, 6, 64]"),
    ("    0,\n", "", "shape [4, 6, 64]"),
    ("float32", "float16", "dtype F32"),
  ])
  func statesOfAnotherRun(old: String, new: String, found: String) throws {
    try opening { try edit($0 + "/run.json", old, new) }.expect(
      file: fixture.folder("run/states.safetensors"), place: "tensor states", found: found,
      wanted: "as run.json has it")
  }

  @Test func truncatedStates() throws {
    try opening { run in
      let states = try bytes(ofFile: run + "/states.safetensors")
      try Data(states.dropLast(100)).write(to: URL(fileURLWithPath: run + "/states.safetensors"))
    }.expect(
      file: fixture.folder("run/states.safetensors"), place: "tensor states", found: "data_offsets")
  }

  @Test func statesUnderAnotherName() throws {
    try opening { run in
      let header = Safetensors.header([("state", .float32, [4, 6, 64])])
      let data = [UInt8](repeating: 0, count: 4 * 6 * 64 * 4)
      try Data(header + data).write(to: URL(fileURLWithPath: run + "/states.safetensors"))
    }.expect(
      file: fixture.folder("run/states.safetensors"), found: "no tensor named states")
  }

  @Test(arguments: [
    ("row,text,concept,tokens,split", "row,text,value,tokens,split", "header", "`value`"),
    ("\n0,", "\nzero,", "column row", "`zero`"), ("\n0,", "\n-1,", "column row", "`-1`"),
    ("\n0,", "\n0,0,", "line 2", "7 fields"), ("row,text", "text,text", "line 1", "twice"),
  ])
  func rowsThatMakeNoSense(old: String, new: String, place: String, found: String) throws {
    try opening { try edit($0 + "/rows.csv", old, new) }.expect(
      file: fixture.folder("run/rows.csv"), place: place, found: found)
  }

  @Test func tooFewRows() throws {
    try opening { run in
      let rows = try bytes(ofFile: run + "/rows.csv")
      let cut = String(decoding: rows, as: UTF8.self).components(separatedBy: "\n3,")[0] + "\n"
      try Data(cut.utf8).write(to: URL(fileURLWithPath: run + "/rows.csv"))
    }.expect(file: fixture.folder("run/rows.csv"), found: "3 rows", wanted: "6, as run.json")
  }

  @Test func rowsThatAreNotUTF8() throws {
    try opening { run in
      let rows = try bytes(ofFile: run + "/rows.csv") + [0xFF]
      try Data(rows).write(to: URL(fileURLWithPath: run + "/rows.csv"))
    }.expect(file: fixture.folder("run/rows.csv"), found: "0xFF, which is not UTF-8")
  }
}
