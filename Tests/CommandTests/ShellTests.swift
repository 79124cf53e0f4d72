import Foundation
import TestSupport
import Testing

/// What a shell or a service manager can start a command with: closed descriptors, no home, names
/// and labels that are no plain text.
struct ShellTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    _ = try seer.concepts()
  }

  // MARK: Descriptors

  /// A closed input is an error, at once; the shell's `timeout` ends what would wait for ever.
  @Test func aClosedInput() throws {
    #expect(
      try seer("extract", "--concepts", "concepts.csv", "--run", "run", "--position", "mean")
        .status == 0)
    for command in ["score --run run --layer 1 -", "chat"] {
      let outcome = try seer.shell("timeout 60 $SEER \(command) <&-")
      outcome.expect(66, "standard input: found read failed: Bad file descriptor")
    }
  }

  @Test(arguments: ["<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-", "<&-"])
  func closedDescriptorsDoNotEndWork(closed: String) throws {
    let outcome = try seer.shell("$SEER extract --concepts concepts.csv --run run \(closed)")
    // Where the result cannot be printed, that is what the exit code says; the work is done.
    #expect(outcome.status == (closed.contains(">&- 2") ? 73 : 0), "\(outcome.errors)")
    #expect(
      try names(inFolder: seer.folder("run")) == ["rows.csv", "run.json", "states.safetensors"])
  }

  @Test func aClosedOutput() throws {
    let outcome = try seer.shell("$SEER model --json >&-")
    outcome.expect(73, "standard output: found writing failed: Bad file descriptor")
  }

  // MARK: No home

  /// A model by its path is enough; nothing is made at the root of the file system.
  @Test(arguments: ["", "HOME=", "HOME=/", "HOME=relative"])
  func noHome(home: String) throws {
    let before = try names(inFolder: "/")
    let clean = "env -i SWIFT_BACKTRACE=enable=no \(home) $SEER"
    let outcome = try seer.shell(
      "\(clean) extract --model cache/seer/models/smollm2.gguf --concepts concepts.csv --run run")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try names(inFolder: "/") == before)
    #expect(!FileManager.default.fileExists(atPath: seer.folder("relative")))
    let named = try seer.shell("\(clean) model smollm2")
    named.expect(66, "smollm2: found no file", "HOME and XDG_CACHE_HOME are not set")
  }

  // MARK: Names

  @Test func aNameThatIsNotUTF8() throws {
    let outcome = try seer.shell(
      #"name=$(printf 'bad\377.csv'); cp concepts.csv "$name"; $SEER extract --run run --concepts "$name""#
    )
    outcome.expect(
      64, "argument 5, `bad\u{FFFD}.csv`: found byte 0xFF at 3, which is not UTF-8", "a link")
    let text = try seer.shell(#"$SEER tokenize "$(printf 'caf\351')""#)
    text.expect(64, "argument 2", "found byte 0xE9 at 3, which is not UTF-8")
  }

  /// Folders whose names are no text are looked through without harm.
  @Test func otherNamesThatAreNotUTF8() throws {
    let outcome = try seer.shell(
      #"""
      mkdir "$(printf 'dir\377')" && cp concepts.csv "$(printf 'dir\377/\376.csv')"
      cd "$(printf 'dir\377')" && $SEER extract --concepts ../concepts.csv --run run
      """#)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  // MARK: Labels

  /// Concepts and texts that would clear a screen, set its title, or end a line.
  static let weird =
    "prompt,value\n" + (0..<8).map { "\"\u{1B}[2J red \($0)\",\"\u{1B}]0;owned\u{7}\"\n" }.joined()
    + (0..<8).map { "the sea \($0),\"b\u{1B}[31m\u{9B}2J\"\n" }.joined()

  func expectHarmless(_ outcome: Seer.Outcome) {
    for text in [outcome.output, outcome.errors] {
      let raw = text.unicodeScalars.filter {
        ($0.value < 0x20 && $0 != "\n" && $0 != "\t") || (0x7F..<0xA0).contains($0.value)
      }
      #expect(raw.isEmpty, "\(text.debugDescription)")
    }
    #expect(outcome.status == 0 || outcome.errors.contains("found"), "\(outcome.errors)")
  }

  @Test(arguments: [
    "compare --base run --tuned run --layer 1 --permutations 2",
    "score --run run --layer 1 'is it red?' --alert '\u{1B}]0;owned\u{7}=0.1'",
    "score --run run --layer 1 'is it red?' --verify",
    "evaluate classify --train weird.csv --test weird.csv --layer 1 --permutations 0",
    "control-vector --run run --layer 2 --concept '\u{1B}]0;owned\u{7}' --output v.gguf",
    "score --run run --layer 1 'is it red?' --alert 'x\u{1B}=0.1'",
    "extract --concepts weird.csv --run 'r\u{1B}'", "tokenize 'a\u{1B}[2Jb'",
    "model 'none\u{1B}[2J.gguf'", "extract --concepts 'weird\u{1B}.csv' --run other",
    "train --concepts one.csv --layer 1 --adapter A --retain-batch 0",
  ])
  func labelsDoNotReachTheTerminalRaw(command: String) throws {
    try seer.folder.write(Self.weird, to: "weird.csv")
    try seer.folder.write("prompt,value\na,\u{1B}[2J\nb,\u{1B}[2J\n", to: "one.csv")
    #expect(
      try seer("extract", "--concepts", "weird.csv", "--run", "run", "--position", "mean").status
        == 0)
    expectHarmless(try seer.shell("$SEER \(command)"))
  }

  /// JSON has every byte of a label.
  @Test func labelsInJSONAreExact() throws {
    try seer.folder.write(Self.weird, to: "weird.csv")
    #expect(
      try seer("extract", "--concepts", "weird.csv", "--run", "run", "--position", "mean").status
        == 0)
    let concepts = ["\u{1B}]0;owned\u{7}", "b\u{1B}[31m\u{9B}2J"]
    let score = try seer("score", "--run", "run", "--layer", "1", "red", "--json").json()
    #expect(score["concepts"] as? [String] == concepts)
    let compared = try seer(
      "compare", "--base", "run", "--tuned", "run", "--layer", "1", "--permutations", "0", "--json"
    ).json()
    #expect(compared["concepts"] as? [String] == concepts)
  }
}
