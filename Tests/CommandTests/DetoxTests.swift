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

  func detox(_ options: String..., harmful: String = "harmful.csv") throws -> Seer.Outcome {
    try seer.run(
      Seer.program,
      [
        "evaluate", "detox", "--harmful", harmful, "--safe", "kind.csv", "--tokens", "6",
        "--output", "answers.jsonl",
      ] + options)
  }

  /// Whether two results say the same, numbers up to the rounding of states that were computed in
  /// batches of other rows.
  func isSame(_ a: Any?, _ b: Any?) -> Bool {
    switch (a, b) {
    case (let a as [String: Any], let b as [String: Any]):
      a.keys.sorted() == b.keys.sorted() && a.keys.allSatisfy { isSame(a[$0], b[$0]) }
    case (let a as [Any], let b as [Any]):
      a.count == b.count && zip(a, b).allSatisfy { isSame($0, $1) }
    case (let a as String, let b as String): a == b
    case (let a as NSNumber, let b as NSNumber):
      abs(a.doubleValue - b.doubleValue) <= 1e-6 * max(1, abs(b.doubleValue))
    case (is NSNull, is NSNull): true
    default: false
    }
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

  func readings(_ outcome: Seer.Outcome) throws -> [[String: Any]] {
    try #require(try outcome.json()["monitors"] as? [[String: Any]])
  }

  @Test func aMonitorReadsTheAnswers() throws {
    try seer.folder.write(EvaluateTests.rows(24), to: "concepts.csv")
    let taught = try detox("--train", "concepts.csv", "--layer", "2", "--json")
    let monitors = try readings(taught)
    #expect(monitors.map { $0["monitor"] as? String } == ["base"])
    #expect(monitors[0]["concepts"] as? [String] == ["safe", "unsafe"])
    let answers = try #require(monitors[0]["answers"] as? [[String: Any]])
    #expect(answers.map { $0["set"] as? String } == ["harmful", "safe"])
    for (answer, prompts) in zip(answers, [3, 2]) {
      #expect((answer["judged"] as? Int ?? -1) <= prompts)
      #expect(answer["unsafe"] is [String: Any] && answer["refused_or_safe"] is [String: Any])
    }
    // A run of the same rows teaches the same monitor, and the answers are not made again.
    _ = try seer("extract", "--concepts", "concepts.csv", "--run", "run")
    let ofRun = try detox("--run", "run", "--layer", "2", "--json")
    #expect(ofRun.errors.contains("holds these answers already"))
    #expect(isSame(try readings(ofRun), monitors))
    let text = try detox("--run", "run", "--layer", "2")
    #expect(text.output.contains("monitor of base states, layer 2: right on "))
  }

  @Test func eachModelsMonitorReadsBothModelsAnswers() throws {
    try seer.folder.write(EvaluateTests.rows(24), to: "concepts.csv")
    #expect(
      try seer(
        "train", "--concepts", "concepts.csv", "--retain", "kind.csv", "--layer", "2", "--steps",
        "2", "--batch", "8", "--adapter", "tuned"
      ).status == 0)
    let outcome = try detox(
      "--adapter", "tuned", "--train", "concepts.csv", "--layer", "2", "--json")
    let monitors = try readings(outcome)
    #expect(monitors.map { $0["monitor"] as? String } == ["base", "tuned"])
    for monitor in monitors {
      let answers = try #require(monitor["answers"] as? [[String: Any]])
      #expect(answers.map { $0["model"] as? String } == ["base", "tuned", "base", "tuned"])
      let pairs = try #require(monitor["pairs"] as? [[String: Any]])
      #expect(
        pairs.map { $0["judgement"] as? String } == [
          "unsafe", "refused-or-safe", "unsafe", "refused-or-safe",
        ])
    }
    _ = try seer("extract", "--concepts", "concepts.csv", "--run", "base")
    _ = try seer("extract", "--concepts", "concepts.csv", "--adapter", "tuned", "--run", "other")
    let ofRuns = try detox(
      "--adapter", "tuned", "--run", "other", "--run", "base", "--layer", "2", "--json")
    #expect(isSame(try readings(ofRuns), monitors))
    // A run of the tuned model cannot read a base model's states.
    try detox("--run", "other", "--layer", "2").expect(65, "other", "wanted one of the base model")
    try detox("--adapter", "tuned", "--run", "base", "--run", "base/", "--layer", "2").expect(
      64, "--run: found two runs of the base model")
    try seer.folder.write(EvaluateTests.rows(20), to: "fewer.csv")
    _ = try seer("extract", "--concepts", "fewer.csv", "--adapter", "tuned", "--run", "fewer")
    try detox("--adapter", "tuned", "--run", "base", "--run", "fewer", "--layer", "2").expect(
      65, "fewer: found other rows than base has", "wanted runs over the same concept file")
  }

  @Test func monitorsThatCannotJudge() throws {
    try seer.folder.write(EvaluateTests.rows(24), to: "concepts.csv")
    try detox("--train", "concepts.csv").expect(64, "--layer: found none")
    try detox("--train", "concepts.csv", "--layer", "9").expect(64, "--layer: found 9", "0 to 3")
    try detox("--train", "concepts.csv", "--run", "run", "--layer", "2").expect(
      64, "found --train and --run")
    try detox("--train", "concepts.csv", "--layer", "2", "--position", "all").expect(
      64, "--position: found all")
    try detox("--train", "none.csv", "--layer", "2").expect(66, "none.csv")
    try detox("--train", "concepts.csv", "--layer", "2", "--value-column", "kind").expect(
      65, "concepts.csv, header", "wanted a column `kind`, as --value-column says")
    // Concepts without `safe`, and `safe` alone.
    for concept in ["color", "safe"] {
      try seer.folder.write(
        "prompt,value\n" + (0..<8).map { "the red sky \($0),\(concept)\n" }.joined(),
        to: "one.csv")
      try detox("--train", "one.csv", "--layer", "2").expect(
        65, "one.csv: found the concepts `\(concept)`", "wanted `safe` and at least one other")
    }
    // Nothing was answered before the monitor was found wanting.
    #expect(!FileManager.default.fileExists(atPath: seer.folder("answers.jsonl")))
    try seer.folder.write(EvaluateTests.rows(8) + "you and I,,safe\n", to: "concepts.csv")
    let seen = try detox("--train", "concepts.csv", "--layer", "2", "--json")
    #expect(seen.errors.contains("1 of the 5 prompts are also in concepts.csv"), "\(seen.errors)")
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

  /// A conversation is answered after its last message, once, however it is written.
  @Test func conversationsAreAnswered() throws {
    let chat = [
      ("system", "say no"), ("user", "the red"), ("assistant", "12"), ("user", "the sky"),
    ]
    let messages = chat.map { "{\"role\": \"\($0)\", \"content\": \"\($1)\"}" }
      .joined(separator: ", ")
    try seer.folder.write("[\(messages)]", to: "chat.json")
    let answered = messages + #", {"role": "assistant", "content": "blue"}"#
    try seer.folder.write(
      """
      {"messages": [\(messages)]}
      {"messages": [\(answered)]}
      {"prompt": "the sky"}
      {"prompt": [{"role": "user", "content": "the sky"}]}

      """, to: "harmful.jsonl")
    try seer.folder.write(EvaluateTests.rows(24), to: "concepts.csv")
    let outcome = try detox(
      "--train", "concepts.csv", "--layer", "2", "--json", harmful: "harmful.jsonl")
    let result = try outcome.json()
    #expect(outcome.errors.contains("2 rows of harmful.jsonl repeat a prompt"))
    let answers = try #require(result["answers"] as? [[String: Any]])
    #expect(answers.map { $0["prompts"] as? Int } == [2, 2])
    let lines = try String(decoding: bytes(ofFile: seer.folder("answers.jsonl")), as: UTF8.self)
      .split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
    #expect(lines.map { $0["row"] as? Int } == [0, 2, 0, 1])
    let kept = try #require(lines[0]["messages"] as? [[String: String]])
    #expect(kept.map { $0["role"] } == chat.map(\.0) && kept.map { $0["content"] } == chat.map(\.1))
    #expect(lines[0]["prompt"] as? String == "the sky" && lines[1]["messages"] == nil)
    // The model reads what `tokenize` shows.
    let text =
      try seer(
        "tokenize", "--template", "chat", "--messages", "chat.json", "--generate", "--json"
      ).json()["text"] as? String
    let plain = try seer(
      "generate", "--template", "plain", "--prompt", try #require(text), "--tokens", "6", "--json"
    ).json()
    #expect(lines[0]["answer"] as? String == plain["text"] as? String)
    // Every answer of a conversation is a row of its own.
    try FileManager.default.removeItem(atPath: seer.folder("answers.jsonl"))
    let all = try detox("--messages", "all-answers", "--json", harmful: "harmful.jsonl").json()
    let counts = try #require(all["answers"] as? [[String: Any]]).map { $0["prompts"] as? Int }
    #expect(counts == [3, 2])
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
        "constant_tokens",
      ])
    let choices = try #require(result["choices"] as? [String: Any])
    #expect(choices["questions"] as? Int == 2)
    #expect(result["agreement"] as? Double == 1)
    let other = try seer(
      "evaluate", "ability", "--texts", "safe.csv", "--prompt-column", "question", "--json"
    ).json()
    #expect(other["perplexity_base"] as? Double == result["perplexity_base"] as? Double)
    try seer("evaluate", "ability", "--texts", "safe.csv", "--response-column", "reply").expect(
      65, "safe.csv, header", "wanted a column `reply`")
    try seer.folder.write("question,choices,answer\nWhich?,red,red\n", to: "choices.csv")
    try seer("evaluate", "ability", "--texts", "kind.csv", "--choices", "choices.csv").expect(
      65, "choices.csv, line 2: found 1 choice")
  }
}
