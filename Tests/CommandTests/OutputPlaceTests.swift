import Foundation
import SeerSupport
import TestSupport
import Testing

/// Outputs whose names lead somewhere else than to a new file: what is there is written to, as `cp`
/// does, and stays what it is.
struct OutputPlaceTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    _ = try seer.concepts()
    #expect(try seer("extract", "--concepts", "concepts.csv", "--run", "run").status == 0)
  }

  static let project = "$SEER project --run run --layer 1"

  /// What the command writes into a new file.
  func map() throws -> [UInt8] {
    #expect(try seer("project", "--run", "run", "--layer", "1", "--output", "new.csv").status == 0)
    return try bytes(ofFile: seer.folder("new.csv"))
  }

  @Test func aLinkIsFollowed() throws {
    for target in ["target.csv", "not-there-yet.csv"] {
      let outcome = try seer.shell(
        """
        echo keep > target.csv; mkdir -p links; ln -sf ../\(target) links/link.csv
        \(Self.project) --output links/link.csv && test -L links/link.csv
        """)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try bytes(ofFile: seer.folder(target)) == map())
      #expect(try names(inFolder: seer.folder("links")) == ["link.csv"])
    }
  }

  @Test func aPipeIsWrittenTo() throws {
    let outcome = try seer.shell(
      """
      mkfifo pipe; cat pipe > read.csv & reader=$!
      \(Self.project) --output pipe && test -p pipe; status=$?
      wait $reader; exit $status
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try bytes(ofFile: seer.folder("read.csv")) == map())
  }

  @Test func devicesStay() throws {
    let outcome = try seer.shell(
      """
      \(Self.project) --output /dev/null && test -c /dev/null
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: "/dev/null.partial"))
  }

  /// The file alone goes down the pipe; what is said of it goes elsewhere.
  @Test func standardOutput() throws {
    for redirection in ["> out.csv", "| cat > out.csv", ">> out.csv"] {
      let outcome = try seer.shell(
        "rm -f out.csv; \(Self.project) --output /dev/stdout --json \(redirection)")
      #expect(outcome.status == 0 && outcome.errors.contains("\"rows\":4"), "\(outcome.errors)")
      #expect(try bytes(ofFile: seer.folder("out.csv")) == map())
    }
  }

  @Test func aReaderGetsTheRows() throws {
    let outcome = try seer.shell("\(Self.project) --output /dev/stdout | head -n 1")
    #expect(outcome.output == "x,y,row,concept\n", "\(outcome.errors)")
  }

  @Test func modesStay() throws {
    for mode in [0o600, 0o640, 0o755] {
      let path = try seer.folder.write("old", to: "map.csv")
      chmod(path, mode_t(mode))
      #expect(
        try seer("project", "--run", "run", "--layer", "1", "--output", "map.csv").status == 0)
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == mode_t(mode))
      #expect(try bytes(ofFile: path) == map())
    }
  }

  /// Every way of writing, onto a link: all follow it.
  @Test(arguments: [
    ("export --run run --layer 1 --format npy", "states.npy"),
    ("export --run run --layer 1 --format tsv", "map.tsv"),
    ("export --run run --layer 1 --format svg", "map.svg"),
    ("report --run run", "report.html"),
    ("compare --base run --tuned run --layer 1 --permutations 0", "figures.json"),
    ("control-vector --run run --layer 2 --concept color", "vector.gguf"),
  ])
  func everyCommandFollowsLinks(command: String, name: String) throws {
    let outcome = try seer.shell(
      "ln -s target link-\(name); $SEER \(command) --output link-\(name) && test -L link-\(name)")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try !bytes(ofFile: seer.folder("target")).isEmpty)
  }

  /// Beside a device there is no place for a recipe.
  @Test(arguments: ["npy", "tsv", "csv", "svg", "png"])
  func exportsDownAPipe(format: String) throws {
    let outcome = try seer.shell(
      "$SEER export --run run --layer 1 --format \(format) --output /dev/stdout | wc -c")
    #expect(outcome.status == 0 && (Int(outcome.output.dropLast()) ?? 0) > 50, "\(outcome.errors)")
    #expect(try names(inFolder: seer.folder.path).allSatisfy { !$0.contains("recipe") })
    #expect(!FileManager.default.fileExists(atPath: "/dev/stdout.recipe.json"))
  }

  @Test func answersNeedAFile() throws {
    try seer.folder.write("prompt\nHi\n", to: "p.csv")
    try seer(
      "evaluate", "detox", "--harmful", "p.csv", "--safe", "p.csv", "--tokens", "2", "--output",
      "/dev/null"
    ).expect(73, "/dev/null: found a folder, a pipe or a device", "--output")
  }

  // MARK: Inputs

  @Test(arguments: [
    ["project", "--matrix", "m.npy", "--output", "m.npy"],
    ["project", "--matrix", "m.npy", "--output", "./m.npy"],
    ["project", "--run", "run", "--layer", "1", "--output", "run/states.safetensors"],
    ["export", "--run", "run", "--layer", "1", "--format", "csv", "--output", "run/rows.csv"],
    [
      "export", "--run", "run", "--layer", "1", "--map", "map.csv", "--format", "csv", "--output",
      "map.csv",
    ],
    ["report", "--run", "run", "--evaluation", "e.md", "--output", "e.md"],
    ["compare", "--base", "run", "--tuned", "run", "--output", "run/run.json"],
    [
      "control-vector", "--run", "run", "--layer", "2", "--concept", "color", "--output",
      "run/run.json",
    ],
    [
      "evaluate", "detox", "--harmful", "concepts.csv", "--safe", "concepts.csv", "--output",
      "concepts.csv",
    ],
  ])
  func anInputIsNoOutput(arguments: [String]) throws {
    let prepared = try seer.shell(
      """
      $SEER export --run run --layer 1 --format npy --output m.npy && echo '{}' > e.md &&
      \(Self.project) --output map.csv
      """)
    #expect(prepared.status == 0, "\(prepared.errors)")
    let before = try seer.contents(seer.folder("run"))
    let files = try ["m.npy", "map.csv", "e.md", "concepts.csv"].map {
      try bytes(ofFile: seer.folder($0))
    }
    try seer.run(Seer.program, arguments).expect(64, "which is read", "wanted another name")
    #expect(try seer.contents(seer.folder("run")) == before)
    let after = try ["m.npy", "map.csv", "e.md", "concepts.csv"].map {
      try bytes(ofFile: seer.folder($0))
    }
    #expect(after == files)
  }

  /// What one puts beside a run's own files is written anew.
  @Test func outputsInARunsFolder() throws {
    for _ in 0..<2 {
      try seer(
        "export", "--run", "run", "--layer", "1", "--format", "svg", "--output", "run/map.svg"
      ).expect(0, output: "run/map.svg: 4 rows; run/map.svg.recipe.json: how it was made\n")
    }
  }

  @Test func anAdapterIsNotTrainedOverItsRows() throws {
    try OutputFile.makeFolder(seer.folder("A"))
    try seer.folder.write(Seer.text, to: "A/log.csv")
    try seer(
      "train", "--concepts", "A/log.csv", "--layer", "1", "--retain-batch", "0", "--adapter", "A"
    ).expect(64, "--adapter: found A/log.csv, which is read")
    #expect(try bytes(ofFile: seer.folder("A/log.csv")) == Array(Seer.text.utf8))
  }

  // MARK: At the same time

  /// Several at once into one folder: one writes, the others are refused in words or find it done.
  @Test(arguments: 0..<4)
  func extractsAtTheSameTime(round: Int) throws {
    let processes = try (0..<4).map { number in
      try seer.process(
        Seer.program, ["extract", "--concepts", "concepts.csv", "--run", "same"], environment: [:],
        output: seer.folder("\(number).out"), errors: seer.folder("\(number).err"))
    }
    let outcomes = try processes.enumerated().map { try seer.finish($1, "\($0)") }
    #expect(outcomes.contains { $0.status == 0 })
    for outcome in outcomes where outcome.status != 0 {
      #expect(outcome.status == 73, "\(outcome.errors)")
      let words = ["another seer writing this run", "a run that another seer has just finished"]
      #expect(words.contains { outcome.errors.contains($0) }, "\(outcome.errors)")
    }
    #expect(
      try names(inFolder: seer.folder("same")) == ["rows.csv", "run.json", "states.safetensors"])
  }

  /// One file at the same time: it is whole, whoever wrote it.
  @Test func mapsAtTheSameTime() throws {
    let map = try map()
    let processes = try (0..<4).map { number in
      try seer.process(
        Seer.program, ["project", "--run", "run", "--layer", "1", "--output", "map.csv"],
        environment: [:], output: seer.folder("\(number).out"), errors: seer.folder("\(number).err")
      )
    }
    let outcomes = try processes.enumerated().map { try seer.finish($1, "\($0)") }
    #expect(outcomes.contains { $0.status == 0 })
    for outcome in outcomes where outcome.status != 0 {
      #expect(outcome.status == 73 && outcome.errors.contains("another seer writing this file"))
    }
    #expect(try bytes(ofFile: seer.folder("map.csv")) == map)
    #expect(try names(inFolder: seer.folder.path).allSatisfy { !$0.hasSuffix(".partial") })
  }

  // MARK: Values

  /// States that a damaged run holds do not get any further.
  @Test(arguments: ["npy", "npz", "safetensors", "tsv", "csv", "svg"])
  func statesThatAreNoNumbers(format: String) throws {
    var states = try bytes(ofFile: seer.folder("run/states.safetensors"))
    states.replaceSubrange((states.count - 4)..., with: [0, 0, 0xC0, 0x7F])
    try seer.folder.write(states, to: "run/states.safetensors")
    try seer(
      "export", "--run", "run", "--layer", "3", "--format", format, "--output", "new"
    ).expect(65, "run, layer 3, row 3: found a state of nan")
    #expect(!FileManager.default.fileExists(atPath: seer.folder("new")))
  }

  /// Weights that an adapter makes larger than any type holds are not written as infinite ones.
  @Test(arguments: ["f16", "q8_0"])
  func weightsBeyondTheirType(type: String) throws {
    let rows = (0..<4).flatMap { ["a red thing \($0),x", "the sea \($0),y"] }
    try seer.folder.write("prompt,value\n" + rows.joined(separator: "\n") + "\n", to: "rows.csv")
    #expect(
      try seer(
        "train", "--concepts", "rows.csv", "--layer", "1", "--retain-batch", "0", "--batch", "2",
        "--steps", "1", "--adapter", "A", "--template", "plain"
      ).status == 0)
    var weights = try bytes(ofFile: seer.folder("A/adapter_model.safetensors"))
    let header = weights.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let large = withUnsafeBytes(of: Float(1e18).bitPattern.littleEndian) { Array($0) }
    for place in stride(from: 8 + header, to: weights.count, by: 4) {
      weights.replaceSubrange(place..<place + 4, with: large)
    }
    try seer.folder.write(weights, to: "A/adapter_model.safetensors")
    try seer("merge", "--adapter", "A", "--type", type, "--output", "merged.gguf").expect(
      65, "weights beyond what \(type.uppercased()) holds")
    #expect(
      try names(inFolder: seer.folder.path).allSatisfy { !$0.hasPrefix("merged") })
  }
}
