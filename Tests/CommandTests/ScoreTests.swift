import Foundation
import SeerSupport
import TestSupport
import Testing

/// `seer score` and the scores of `seer generate`: the contract's keys, streams of texts, and what
/// is refused.
struct ScoreTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    _ = try seer(
      "extract", "--concepts", try seer.concepts(), "--run", seer.folder("run"), "--position",
      "mean")
  }

  func expectTokens(_ value: Any?, concepts: [String]) throws {
    let tokens = try #require(value as? [[String: Any]])
    #expect(!tokens.isEmpty)
    for token in tokens {
      #expect(Set(token.keys) == ["id", "text", "scores", "top", "cosine"])
      let scores = try #require(token["scores"] as? [Double])
      #expect(scores.count == concepts.count)
      #expect(abs(scores.reduce(0, +) - 1) < 1e-5)
      let top = try #require(token["top"] as? String)
      #expect((concepts + ["unknown"]).contains(top))
      #expect(token["id"] is Int && token["text"] is String)
    }
  }

  @Test(arguments: ["chat", "plain"])
  func score(template: String) throws {
    let outcome = try seer(
      "score", "--run", seer.folder("run"), "--layer", "2", "--template", template, "--json",
      "Is \"the\" sky blue?\n")
    let result = try outcome.json()
    #expect(Set(result.keys) == ["concepts", "monitor", "tokens", "turns"])
    #expect(result["concepts"] as? [String] == ["color", "number"])
    try expectTokens(result["tokens"], concepts: ["color", "number"])
    let tokens = try #require(result["tokens"] as? [[String: Any]])
    let text = tokens.compactMap { $0["text"] as? String }.joined()
    if template == "plain" {
      #expect(text == "Is \"the\" sky blue?\n")
    } else {
      #expect(text.hasSuffix("Is \"the\" sky blue?\n<|im_end|>\n<|im_start|>assistant\n"))
    }
    let turns = try #require(result["turns"] as? [[String: Any]])
    #expect(turns.count == 1 && turns[0]["role"] as? String == "user")
    #expect(outcome.errors.contains("--template") == (template == "plain"))
  }

  /// Base and tuned in one go are what each is alone.
  @Test func bothSides() throws {
    let rows = (0..<8).map { "text number \($0),\($0 % 2 == 0 ? "color" : "number"),train" }
    let many = try seer.folder.write(
      (["prompt,value,split"] + rows).joined(separator: "\n") + "\n", to: "many.csv")
    let trained = try seer(
      "train", "--concepts", many, "--layer", "2", "--steps", "2", "--batch", "4",
      "--retain-batch", "0", "--rank", "2", "--adapter", seer.folder("adapter"))
    try #require(trained.status == 0, "\(trained.errors)")
    let extracted = try seer(
      "extract", "--concepts", try seer.concepts(), "--run", seer.folder("tuned"), "--position",
      "mean", "--adapter", seer.folder("adapter"))
    try #require(extracted.status == 0, "\(extracted.errors)")
    func score(_ more: String...) throws -> [String: Any] {
      try seer.run(
        Seer.program, ["score", "--layer", "2", "--json", "Is the sky blue?"] + more
      ).json()
    }
    let both = try score("--adapter", "adapter", "--run", "tuned", "--base-run", "run")
    let tuned = try score("--adapter", "adapter", "--run", "tuned")
    let base = try score("--run", "run")
    #expect(both["base_monitor"] is [String: Any] && tuned["base_monitor"] == nil)
    for list in ["tokens", "turns"] {
      let all = try #require(both[list] as? [[String: Any]])
      let own = try #require(tuned[list] as? [[String: Any]])
      let other = try #require(base[list] as? [[String: Any]])
      #expect(all.count == own.count && all.count == other.count)
      for (index, entry) in all.enumerated() {
        let beside = try #require(entry["base"] as? [String: Any])
        #expect(Set(beside.keys) == ["scores", "top", "cosine"])
        #expect(entry["scores"] as? [Double] == own[index]["scores"] as? [Double])
        #expect(beside["scores"] as? [Double] == other[index]["scores"] as? [Double])
        #expect(beside["top"] as? String == other[index]["top"] as? String)
      }
    }
    let text = try seer(
      "score", "--layer", "2", "--adapter", "adapter", "--run", "tuned", "--base-run", "run", "Hi")
    #expect(text.output.hasPrefix("tuned ") && text.output.contains("  | base\n"))
    let lines = try seer.shell(
      "echo '{\"text\": \"sky\"}' | \"$SEER\" score --adapter adapter --run tuned --base-run run --layer 2 -"
    )
    #expect(lines.output.contains("\"base\":"))
    try seer("score", "--layer", "2", "--run", "run", "--base-run", "run", "Hi").expect(
      64, "--base-run", "--adapter")
  }

  @Test func scoreAsText() throws {
    let outcome = try seer("score", "--run", seer.folder("run"), "--layer", "1", "Is it 12?")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("layer 1: expected calibration error"))
    #expect(outcome.output.contains("(user, "))
  }

  @Test func linesAreScoredInOrder() throws {
    var lines = (0..<300).map { #"{"text": "the sky \#($0)", "id": \#($0)}"# }
    lines[7] = #"{"prompt": "Is it?", "response": "Yes", "id": "seven"}"#
    try seer.folder.write(lines.joined(separator: "\n"), to: "texts.jsonl")
    let outcome = try seer.shell(
      "\"$SEER\" score --run run --layer 2 --template plain - < texts.jsonl")
    #expect(outcome.status == 0)
    let results = try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(results.count == 300)
    for (index, result) in results.enumerated() {
      #expect(Set(result.keys) == ["line", "id", "concepts", "tokens", "turns", "milliseconds"])
      #expect(result["line"] as? Int == index + 1)
      if index != 7 { #expect(result["id"] as? Int == index) }
    }
    #expect(results[7]["id"] as? String == "seven")
    #expect((results[7]["turns"] as? [Any])?.count == 2)
    try expectTokens(results[299]["tokens"], concepts: ["color", "number"])
  }

  @Test func brokenLinesAreReportedAndSkipped() throws {
    let lines = [
      #"{"text": "the sky"}"#, #"{"text": "#, "[1]", "", #"{"value": "a"}"#,
      #"{"text": {"a": 3}}"#,
      #"{"text": ""}"#, #"{"text": "the end"}"#,
    ]
    try seer.folder.write(lines.joined(separator: "\n") + "\n", to: "texts.jsonl")
    let outcome = try seer.shell(
      "\"$SEER\" score --run run --layer 2 --template plain - < texts.jsonl")
    #expect(outcome.status == 65)
    #expect(outcome.output.split(separator: "\n").count == 2)
    for (line, words) in [
      (2, "no valid JSON"), (3, "no object"), (5, "wanted a column `text`"),
      (7, "a row without text"),
    ] {
      #expect(outcome.errors.contains("standard input, line \(line): found "), "\(outcome.errors)")
      #expect(outcome.errors.contains(words))
    }
    #expect(outcome.errors.contains("input, line 6, column `text`: found an object"))
    #expect(outcome.errors.contains("found 5 lines of 8 that could not be scored"))
  }

  /// A guard in front of a model waits for each answer before it asks again.
  @Test func aLineIsAnsweredBeforeTheNextComes() throws {
    let script = """
      mkfifo to from
      "$SEER" score --run run --layer 2 --template plain - < to > from 2> errors &
      exec 3> to 4< from
      for text in sky sea 12; do
        echo "{\\"text\\": \\"$text\\"}" >&3
        read -r answer <&4 || exit 1
        case "$answer" in *"\\"text\\":"*) echo "$text";; *) exit 2;; esac
      done
      exec 3>&-
      wait
      """
    let outcome = try seer.shell(script)
    #expect(outcome.status == 0 && outcome.output == "sky\nsea\n12\n")
  }

  @Test func generatedTokensAreScored() throws {
    let arguments = [
      "generate", "--prompt", "Is the sky", "--tokens", "5", "--ignore-stop", "--json",
    ]
    let plain = try seer.run(Seer.program, arguments).json()
    let scored = try seer.run(
      Seer.program, arguments + ["--run", "run", "--layer", "2", "--template", "chat"])
    let result = try scored.json()
    #expect(Set(result.keys) == ["concepts", "ids", "monitor", "text", "tokens"])
    #expect(result["text"] as? String == plain["text"] as? String)
    #expect(result["ids"] as? [Int] == plain["ids"] as? [Int])
    try expectTokens(result["tokens"], concepts: ["color", "number"])
    #expect((result["tokens"] as? [Any])?.count == 5)
    let uncached = try seer.run(
      Seer.program, arguments + ["--run", "run", "--layer", "2", "--no-cache"]
    ).json()
    let ours = try #require(result["tokens"] as? [[String: Any]])
    let theirs = try #require(uncached["tokens"] as? [[String: Any]])
    for (a, b) in zip(ours, theirs) {
      let (x, y) = (a["cosine"] as? Double ?? 9, b["cosine"] as? Double ?? -9)
      #expect(abs(x - y) < 1e-3)
    }
  }

  @Test func generationAsScoredText() throws {
    let outcome = try seer(
      "generate", "--prompt", "Is the sky", "--tokens", "3", "--ignore-stop", "--run", "run",
      "--layer", "2")
    #expect(outcome.status == 0 && outcome.output.contains("\n\n"))
  }

  @Test(arguments: [
    ["--top-k", "3"], ["--top-p", "0.5"], ["--min-p", "0.2"], ["--repetition-penalty", "1.4"],
  ])
  func samplingOptions(options: [String]) throws {
    let arguments =
      ["generate", "--prompt", "Hi", "--tokens", "12", "--ignore-stop", "--json"] + options
    let drawn = arguments + ["--temperature", "1.5", "--seed", "3"]
    let first = try seer.run(Seer.program, drawn)
    #expect(first.status == 0)
    #expect(try seer.run(Seer.program, drawn).output == first.output)
  }

  @Test(arguments: [
    ["score"], ["score", "text"], ["score", "--run", "run", "text"],
    ["score", "--run", "run", "--layer", "2"], ["score", "--run", "run", "--layer", "x", "text"],
    ["generate", "--prompt", "x", "--run", "run"], ["generate", "--prompt", "x", "--layer", "1"],
    ["generate", "--prompt", "x", "--top-k", "-1"], ["generate", "--prompt", "x", "--top-p", "0"],
    ["generate", "--prompt", "x", "--min-p", "2"],
    ["generate", "--prompt", "x", "--repetition-penalty", "0"],
    ["score", "--run", "run", "--layer", "9", "text"],
  ])
  func wrongUsage(arguments: [String]) throws {
    try seer.run(Seer.program, arguments).expect(64)
  }

  @Test func whatCannotBeScored() throws {
    try seer("score", "--run", "none", "--layer", "1", "text").expect(66, "none/run.json")
    try seer("score", "--run", "run", "--layer", "1", "--model", "none", "text").expect(66, "none")
    try seer("score", "--run", "run", "--layer", "1", "--template", "plain", "").expect(
      65, "without a single token")
  }

  @Test func aRunOfAnotherModelIsRefused() throws {
    var bytes = try bytes(ofFile: Fixtures.tinyModel)
    bytes.append(0)
    try seer.folder.write(bytes, to: "other.gguf")
    for command in [["score", "text"], ["generate", "--prompt", "text"]] {
      try seer.run(
        Seer.program, command + ["--run", "run", "--layer", "1", "--model", "other.gguf"]
      ).expect(65, "run/run.json, model_sha256", "another model", "wanted one of other.gguf")
    }
  }
}
