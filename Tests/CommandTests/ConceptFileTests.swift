import Foundation
import SeerFormats
import TestSupport
import Testing

/// Files of rows, as the commands are given them.
struct ConceptFileTests {
  let seer: Seer

  init() throws { seer = try Seer() }

  static let lines = (0..<6).map {
    "{\"question\": \"the sky \($0)\", \"reply\": \"blue \($0)\", \"kind\": \"\($0 % 2)\"}\n"
  }.joined()

  static let columns = "--prompt-column question --response-column reply --value-column kind"

  func rows(_ run: String) throws -> [String] {
    String(decoding: try bytes(ofFile: seer.folder(run + "/rows.csv")), as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  @Test func pipesAndCompression() throws {
    try seer.folder.write(Self.lines, to: "rows.jsonl")
    let outcome = try seer.shell(
      """
      set -e
      E="$SEER extract --template plain --json \(Self.columns)"
      $E --concepts rows.jsonl --run a
      gzip -c rows.jsonl > packed
      $E --concepts packed --run b
      $E --concepts /dev/stdin --run c < packed
      cat rows.jsonl | $E --concepts /dev/stdin --run d
      mkfifo pipe
      cat packed > pipe & $E --concepts pipe --run e
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.split(separator: "\n").allSatisfy { $0.contains("\"rows\":6") })
    let first = try rows("a")
    #expect(first.count == 13 && first[1].contains("the sky 0"))
    for run in ["b", "c", "d", "e"] { #expect(try rows(run) == first) }
    let manifest = String(decoding: try bytes(ofFile: seer.folder("a/run.json")), as: UTF8.self)
    #expect(
      manifest.contains("\"prompt\" : \"question\"") && manifest.contains("\"value\" : \"kind\""))
  }

  @Test func everyCommandTakesColumns() throws {
    try seer.folder.write(Self.lines, to: "rows.jsonl")
    try seer.folder.write(
      "prompt,response\nthe sea,blue\n12,Gold\na,b\nc,d\ne,f\n", to: "retain.csv")
    let commands = [
      "train --concepts rows.jsonl --retain retain.csv --layer 2 --steps 1 --batch 2 "
        + "--retain-batch 1 --template plain --adapter adapter",
      "evaluate classify --train rows.jsonl --test rows.jsonl --layer 2 --permutations 0 "
        + "--resamples 2",
      "extract --concepts rows.jsonl --run run --position mean",
    ]
    for command in commands {
      let outcome = try seer.shell("\"$SEER\" \(command) \(Self.columns) --json")
      #expect(outcome.status == 0, "\(command): \(outcome.errors)")
      let without = try seer.shell("\"$SEER\" \(command) --json")
      #expect(without.status == 65 || without.status == 73, "\(command): \(without.errors)")
    }
    let texts = "--prompt-column question --response-column reply"
    let ability = try seer.shell("\"$SEER\" evaluate ability --texts rows.jsonl \(texts) --json")
    #expect(ability.status == 0, "\(ability.errors)")
    let detox = try seer.shell(
      """
      "$SEER" evaluate detox --harmful rows.jsonl --safe rows.jsonl --prompt-column question \
        --tokens 2 --limit 2 --output answers.jsonl --json
      """)
    #expect(detox.status == 0, "\(detox.errors)")
    try seer.folder.write(
      NPY.header("<f4", shape: [6, 2]) + floatBytes((0..<12).map(Float.init)), to: "states.npy")
    let imported = try seer.shell(
      """
      "$SEER" import --states states.npy --rows rows.jsonl --run imported \(Self.columns)
      """)
    #expect(imported.status == 0, "\(imported.errors)")
    #expect(try rows("imported").suffix(12).first == rows("run").suffix(12).first)
    let manifest = String(
      decoding: try bytes(ofFile: seer.folder("imported/run.json")), as: UTF8.self)
    #expect(manifest.contains("\"value\" : \"kind\""))
    let scored = try seer.shell("\"$SEER\" score --run run --layer 2 \(texts) - < rows.jsonl")
    #expect(scored.status == 0, "\(scored.errors)")
    #expect(scored.output.split(separator: "\n").count == 6)
  }

  /// A command that reads rows takes the names of their columns; a new command says here whether it
  /// does.
  @Test func everyCommandThatReadsRowsTakesColumns() throws {
    let labelled = [
      "extract", "import", "train", "evaluate classify", "evaluate detox", "evaluate faithfulness",
      "evaluate monitor",
    ]
    let texts = ["score", "evaluate ability"]
    let others = [
      "explore", "model", "tokenize", "project", "generate", "chat", "control-vector", "merge",
      "compare", "report", "export", "preset", "join", "doctor",
    ]
    let commands = try HelpTests().commands().filter { $0 != "help" && $0 != "evaluate" }
    let evaluations = ["classify", "detox", "ability", "faithfulness", "monitor"].map {
      "evaluate " + $0
    }
    #expect(Set(labelled + texts + others) == Set(commands + evaluations))
    for command in labelled + texts + others {
      let help = try seer.run(
        Seer.program, command.split(separator: " ").map(String.init) + ["--help"]
      ).output
      for option in ["--prompt-column", "--response-column", "--messages"] {
        let isTaken = help.contains("[\(option) ") || help.contains("  \(option) ")
        let isWanted = labelled.contains(command) || texts.contains(command)
        #expect(
          isTaken == (isWanted || command == "tokenize" && option == "--messages"), "\(command)")
      }
      for option in ["--value-column", "--split-column"] {
        #expect(help.contains(option) == labelled.contains(command), "\(command)")
      }
    }
  }

  @Test func conversationsAreTrainedOn() throws {
    let lines = (0..<8).map { row in
      """
      {"messages": [{"role": "user", "content": "the sky \(row)"}, {"role": "assistant", \
      "content": "blue"}, {"role": "user", "content": "the sea"}, {"role": "assistant", "content": \
      "Gold \(row)"}], "value": "\(row % 2)"}

      """
    }
    try seer.folder.write(lines.joined(), to: "chats.jsonl")
    let outcome = try seer.shell(
      """
      "$SEER" train --concepts chats.jsonl --retain chats.jsonl --layer 2 --steps 1 --batch 2 \
        --retain-batch 1 --messages all-answers --adapter adapter --json
      """)
    #expect(try outcome.json()["steps"] as? Int == 1)
    let log = String(decoding: try bytes(ofFile: seer.folder("adapter/log.csv")), as: UTF8.self)
    #expect(log.split(separator: "\n").count == 3)
  }

  @Test func conversationsAreScored() throws {
    _ = try seer.concepts()
    let run = try seer("extract", "--concepts", "concepts.csv", "--run", "run")
    #expect(run.status == 0, "\(run.errors)")
    try seer.folder.write(
      #"""
      {"id": "a\u00e9", "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "the sky"}, {"role": "user", "content": "Is it blue?"}]}
      {"prompt": "Is it?", "chosen": "Yes", "rejected": "No", "id": [1]}
      {"messages": [{"role": "user", "content": [{"type": "image"}]}]}
      """#, to: "chats.jsonl")
    let outcome = try seer.shell("\"$SEER\" score --run run --layer 2 - < chats.jsonl")
    #expect(outcome.status == 65)
    let results = try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(results.map { $0["line"] as? Int } == [1, 2, 2])
    #expect(results.first?["id"] as? String == "aé")
    #expect(results.last?["id"] as? [Int] == [1])
    #expect((results.first?["turns"] as? [Any])?.count == 1)
    #expect(
      outcome.errors.contains(
        "standard input, line 3, column `messages`: found a part of the type `image`"))
  }

  @Test func notesAreTold() throws {
    let path = try seer.folder.write("prompt;value\nHi;a\nHo;A\n", to: "rows.csv")
    let outcome = try seer("extract", "--concepts", path, "--run", "run")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("rows.csv: the columns are separated by `;`."))
    #expect(
      outcome.errors.contains("`A` (1 row, first on line 3) and `a` (1 row, first on line 2)"))
  }

  @Test func aFormatIsNamed() throws {
    try seer.folder.write(Array("PAR1\u{15}\u{4}".utf8), to: "rows.parquet")
    try seer("extract", "--concepts", "rows.parquet", "--run", "run").expect(
      65, "rows.parquet: found a Parquet file (PAR1)", "pandas.read_parquet(\"rows.parquet\")")
    #expect(!FileManager.default.fileExists(atPath: seer.folder("run")))
  }

  /// Nobody writes into the pipe, and Ctrl-C still ends the command.
  @Test func aSilentPipeCanBeInterrupted() throws {
    let outcome = try seer.shell(
      """
      mkfifo silent
      "$SEER" extract --concepts silent --run run & child=$!
      while ! ls -l /proc/$child/fd | grep -q silent; do :; done
      kill -INT $child
      wait $child
      """)
    #expect(outcome.status == 130, "\(outcome.errors)")
  }
}
