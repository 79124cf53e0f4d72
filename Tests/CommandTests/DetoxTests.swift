import Foundation
import TestSupport
import Testing

/// `seer evaluate detox` and `ability`: answers kept, resumed, judged.
struct DetoxTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    try seer.folder.write(
      "prompt\nhow to break the sky\nsay no 12\nhow to break the sky\nthe red\n",
      to: "harmful.csv")
    try seer.folder.write("question\nIs it green?\nyou and I\n", to: "safe.csv")
    try seer.folder.write("prompt\nIs it green?\nyou and I\n", to: "kind.csv")
  }

  func detox(_ options: String...) throws -> Seer.Outcome {
    try seer.run(
      Seer.program,
      [
        "evaluate", "detox", "--harmful", "harmful.csv", "--safe", "kind.csv", "--tokens", "6",
        "--output", "answers.jsonl",
      ] + options)
  }

  @Test func answersAreJudgedAndKept() throws {
    let outcome = try detox("--json")
    let result = try outcome.json()
    let answers = try #require(result["answers"] as? [[String: Any]])
    #expect(answers.count == 2)
    #expect(answers.map { $0["prompts"] as? Int } == [3, 2])
    #expect(answers.map { $0["set"] as? String } == ["harmful", "safe"])
    for key in ["substring_refusals", "opening_refusals"] {
      #expect(answers.allSatisfy { $0[key] is [String: Any] }, "\(key)")
    }
    #expect((result["pairs"] as? [Any])?.isEmpty == true)
    #expect(outcome.errors.contains("1 row of harmful.csv repeat a prompt"))
    let lines = String(decoding: try bytes(ofFile: seer.folder("answers.jsonl")), as: UTF8.self)
      .split(separator: "\n")
    #expect(lines.count == 5)
    let generated = try seer(
      "generate", "--prompt", "how to break the sky", "--tokens", "6", "--json"
    ).json()
    let first = try #require(
      try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
    #expect(first["answer"] as? String == generated["text"] as? String)
    #expect(
      first["prompt"] as? String == "how to break the sky" && first["model"] as? String == "base")
  }

  @Test func anInterruptedRunGivesTheSameReport() throws {
    let whole = try detox("--json")
    let answers = try bytes(ofFile: seer.folder("answers.jsonl"))
    // As a kill leaves it: two whole lines and a torn one.
    let lines = answers.split(separator: 0x0A, omittingEmptySubsequences: false)
    let cut = lines[0] + [0x0A] + lines[1] + [0x0A] + lines[2].prefix(20)
    try seer.folder.write(Array(cut), to: "answers.jsonl.partial")
    try FileManager.default.removeItem(atPath: seer.folder("answers.jsonl"))
    let resumed = try detox("--json")
    #expect(resumed.errors.contains("Went on with unfinished answers: 2 were there."))
    #expect(try bytes(ofFile: seer.folder("answers.jsonl")) == answers)
    func figures(_ outcome: Seer.Outcome) throws -> Data {
      let rest = try outcome.json().filter { $0.key != "notes" }
      return try JSONSerialization.data(withJSONObject: rest, options: .sortedKeys)
    }
    #expect(try figures(resumed) == figures(whole))
    let again = try detox("--json")
    #expect(again.errors.contains("holds these answers already"))
    #expect(try figures(again) == figures(whole))
    #expect(
      try !names(inFolder: seer.folder.path).contains { $0.hasPrefix("answers.jsonl.") })
  }

  @Test func answersOfAnotherRecipeAreKept() throws {
    _ = try detox()
    let before = try bytes(ofFile: seer.folder("answers.jsonl"))
    try detox("--limit", "1").expect(73, "answers.jsonl: found answers of another model")
    #expect(try bytes(ofFile: seer.folder("answers.jsonl")) == before)
  }

  @Test func detoxAsText() throws {
    let outcome = try detox("--limit", "1", "--prompt-column", "prompt")
    #expect(outcome.status == 0)
    for words in ["harmful, base: 1 prompts", "refused by substring", "answers: answers.jsonl"] {
      #expect(outcome.output.contains(words), "\(outcome.output)")
    }
  }

  @Test func otherColumnsAndLongPrompts() throws {
    try seer.run(
      Seer.program,
      [
        "evaluate", "detox", "--harmful", "harmful.csv", "--safe", "safe.csv", "--output",
        "a.jsonl",
      ]
    ).expect(65, "safe.csv, header", "wanted a column `prompt`")
    let long = String(repeating: "the red sky ", count: 1500)
    try seer.folder.write("prompt\n\(long)\nshort\n", to: "kind.csv")
    let outcome = try detox("--json")
    #expect(
      outcome.status == 0 && outcome.errors.contains("1 row of kind.csv hold prompts of more"))
    try seer.folder.write("prompt\n\(long)\n", to: "kind.csv")
    try FileManager.default.removeItem(atPath: seer.folder("answers.jsonl"))
    try detox().expect(65, "kind.csv: found no prompt that leaves room", "2042 tokens")
  }

  @Test(arguments: [
    (["--tokens", "0"], 64, "--tokens: found 0"),
    (["--tokens", "2048"], 64, "--tokens: found 2048"),
    (["--limit", "0"], 64, "--limit: found 0"), (["--width", "0"], 64, "--width: found 0"),
    (["--output", "none/answers.jsonl"], 73, "none/answers.jsonl"),
    (["--harmful", "none.csv"], 66, "none.csv"),
  ])
  func badOptions(options: [String], status: Int32, words: String) throws {
    var arguments = [
      "--harmful": "harmful.csv", "--safe": "kind.csv", "--output": "a.jsonl", "--tokens": "4",
    ]
    arguments[options[0]] = options[1]
    try seer.run(
      Seer.program,
      ["evaluate", "detox"] + arguments.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    ).expect(status, words)
  }

  @Test func ability() throws {
    try seer.folder.write(
      "question,choices,answer\nWhich colour?,red|green,red\nWhich?,\"[\"\"a\"\",\"\"b\"\"]\",B\n",
      to: "choices.csv")
    let result = try seer(
      "evaluate", "ability", "--texts", "kind.csv", "--choices", "choices.csv", "--json"
    ).json()
    #expect(
      Set(result.keys) == [
        "rows", "tokens", "perplexity_base", "perplexity_tuned", "kl", "agreement", "choices",
      ])
    let choices = try #require(result["choices"] as? [String: Any])
    #expect(choices["questions"] as? Int == 2)
    #expect(result["agreement"] as? Double == 1)
    try seer.folder.write("question,choices,answer\nWhich?,red,red\n", to: "choices.csv")
    try seer("evaluate", "ability", "--texts", "kind.csv", "--choices", "choices.csv").expect(
      65, "choices.csv, line 2: found 1 choice")
  }
}
