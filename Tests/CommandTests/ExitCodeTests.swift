import Foundation
import TestSupport
import Testing

/// The contract's exit codes, for every command and every input that it reads.
struct ExitCodeTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    _ = try seer.concepts()
    let rows = (0..<4).flatMap { ["a red thing \($0),x", "the sea \($0),y"] }
    try seer.folder.write("prompt,value\n" + rows.joined(separator: "\n") + "\n", to: "rows.csv")
    try seer.folder.write("garbage\n", to: "bad")
    try seer.folder.write("quit\n", to: "keys")
    try FileManager.default.createDirectory(
      atPath: seer.folder("folder"), withIntermediateDirectories: false)
    #expect(try seer("extract", "--concepts", "concepts.csv", "--run", "run").status == 0)
  }

  /// Runs each line; what each must say is that something was found.
  func expect(_ status: Int32, _ lines: [String]) throws {
    for line in lines {
      let outcome = try seer.run(Seer.program, line.split(separator: " ").map(String.init))
      #expect(outcome.status == status && outcome.signal == nil, "\(line): \(outcome.errors)")
      #expect(!outcome.errors.isEmpty && outcome.output.isEmpty, "\(line)")
    }
    #expect(try names(inFolder: seer.folder.path).allSatisfy { !$0.hasPrefix("new") })
  }

  @Test func whatIsNotThere() throws {
    try expect(
      66,
      [
        "model none", "tokenize --model none x", "extract --concepts none --run new",
        "extract --model none --concepts concepts.csv --run new",
        "extract --adapter none --concepts concepts.csv --run new",
        "extract --template-file none --concepts concepts.csv --run new",
        "project --run none --layer 1 --output new", "project --matrix none --output new",
        "generate --model none --prompt x", "generate --adapter none --prompt x",
        "generate --run none --layer 1 --prompt x", "generate --template-file none --prompt x",
        "generate --control-vector none --prompt x", "score --run none --layer 1 x",
        "score --model none --run run --layer 1 x", "score --adapter none --run run --layer 1 x",
        "score --template-file none --run run --layer 1 x", "chat --model none",
        "chat --adapter none", "chat --run none --layer 1", "chat --template-file none",
        "train --concepts none --layer 1 --adapter new",
        "train --concepts rows.csv --retain none --layer 1 --adapter new",
        "train --concepts rows.csv --preset none --layer 1 --adapter new",
        "train --concepts rows.csv --template-file none --layer 1 --adapter new",
        "train --model none --concepts rows.csv --layer 1 --adapter new",
        "evaluate classify --train none --test concepts.csv",
        "evaluate classify --train concepts.csv --test none",
        "evaluate classify --adapter none --train concepts.csv --test concepts.csv",
        "evaluate detox --harmful none --safe concepts.csv --output new",
        "evaluate detox --harmful concepts.csv --safe none --output new",
        "evaluate detox --harmful concepts.csv --safe concepts.csv --run none --layer 1 --output new",
        "evaluate detox --harmful concepts.csv --safe concepts.csv --train none --layer 1 --output new",
        "evaluate ability --texts none", "evaluate ability --texts concepts.csv --choices none",
        "evaluate ability --texts concepts.csv --adapter none", "compare --base none --tuned run",
        "compare --base run --tuned none",
        "compare --base run --tuned run --train none --train-tuned run",
        "export --run none --layer 1 --output new.csv",
        "export --run run --layer 1 --map none --output new.csv", "export --recipe none",
        "report --run none --output new.md", "report --evaluation none --output new.md",
        "report --adapter none --output new.md", "preset none",
        "control-vector --run none --layer 2 --concept color --output new",
        "control-vector --model none --run run --layer 2 --concept color --output new",
        "merge --adapter none --output new.gguf", "merge --model none --adapter none --output new",
        "explore --run none --script keys", "explore --run run --script none",
      ])
  }

  @Test func whatCannotBeUsed() throws {
    try expect(
      65,
      [
        "model bad", "model folder", "tokenize --model bad x", "extract --concepts bad --run new",
        "extract --concepts folder --run new", "project --matrix bad --output new",
        "project --matrix folder --output new", "generate --control-vector bad --prompt x",
        "generate --template-file bad --prompt x", "chat --template-file bad",
        "train --concepts bad --layer 1 --adapter new",
        "train --concepts rows.csv --retain bad --layer 1 --adapter new",
        "train --concepts rows.csv --preset bad --layer 1 --adapter new",
        "evaluate classify --train bad --test concepts.csv", "evaluate ability --texts bad",
        "evaluate detox --harmful bad --safe concepts.csv --output new",
        "evaluate ability --texts concepts.csv --choices bad", "export --recipe bad",
        "export --run run --layer 1 --map bad --output new.csv",
        "report --evaluation bad --output new.md", "preset bad", "preset folder",
        "explore --run run --script bad",
      ])
  }

  @Test func whatIsWrongUsage() throws {
    let commands = [
      "model", "tokenize", "extract", "project", "generate", "score", "chat", "train", "compare",
      "export", "report", "preset", "control-vector", "merge", "explore", "evaluate",
      "evaluate classify", "evaluate detox", "evaluate ability", "evaluate monitor",
    ]
    try expect(64, commands.map { $0 + " --frobnicate" })
    try expect(
      64,
      [
        "frobnicate", "evaluate frobnicate", "explore --run run",
        "score --run run --layer 9 x", "score --run run --layer 2 --verify --token 99 x",
        "score --run run --layer 2 --verify --concept none x",
        "score --run run --layer 2 --alert none=0.5 x", "score x",
        "score --run run --layer 2 --alert color@0.01% x", "evaluate monitor --run run --layers 9",
        "generate --prompt x --run run --layer 9",
        "generate --prompt x --run run --layer 2 --steer none=1",
        "generate --prompt x --steer color=1",
        "control-vector --run run --layer 2 --concept none --output new",
        "control-vector --run run --layer 9 --concept color --output new",
        "project --run run --layer 9 --output new", "export --run run --layer 9 --output new.csv",
        "report --run run --layer 9 --output new.md", "compare --base run --tuned run --layer 9",
        "evaluate classify --train concepts.csv --test concepts.csv --layer 9",
        "extract --concepts concepts.csv --run new --max-tokens 9999",
        "train --concepts rows.csv --layer 9 --adapter new",
      ])
  }

  @Test(arguments: ["/proc/new", "concepts.csv/new", "none/new", "folder"])
  func whatCannotBeWritten(output: String) throws {
    try expect(
      73,
      [
        "project --run run --layer 1 --output \(output)",
        "export --run run --layer 1 --format npy --output \(output)",
        "export --run run --layer 1 --format csv --output \(output)",
        "export --run run --layer 1 --format png --output \(output)",
        "compare --base run --tuned run --layer 1 --permutations 0 --output \(output)",
        "control-vector --run run --layer 2 --concept color --output \(output)",
        "evaluate detox --harmful concepts.csv --safe concepts.csv --limit 1 --tokens 1 --output \(output)",
      ])
    guard output != "folder" else { return }
    try expect(
      73,
      [
        "report --run run --output \(output).md",
        "compare --base run --tuned run --layer 1 --permutations 0 --figure \(output).svg",
      ])
    // Folders are made with those above them.
    guard output != "none/new" else { return }
    try expect(73, ["extract --concepts concepts.csv --run \(output)"])
  }
}
