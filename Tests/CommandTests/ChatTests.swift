import Foundation
import TestSupport
import Testing

/// `seer chat`, `seer score --verify` and `--alert`, steering and control vectors.
struct ChatTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    let extraction = try seer(
      "extract", "--concepts", try seer.concepts(), "--run", seer.folder("run"), "--position",
      "mean")
    try #require(extraction.status == 0, "\(extraction.errors)")
  }

  func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func chatInAPipe() throws {
    let outcome = try seer.shell(
      "printf 'Is the sky blue?\\n\\nAnd 12?\\n' | \"$SEER\" chat --tokens 5 --run run --layer 2 --json"
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    let result = try object(outcome.output)
    #expect(Set(result.keys) == ["concepts", "monitor", "turns"])
    let turns = try #require(result["turns"] as? [[String: Any]])
    #expect(
      turns.compactMap { $0["role"] as? String } == ["user", "assistant", "user", "assistant"])
    #expect(turns[0]["text"] as? String == "Is the sky blue?")
    for turn in turns {
      #expect(Set(turn.keys) == ["role", "text", "scores", "top", "cosine", "sequence", "tokens"])
      let tokens = try #require(turn["tokens"] as? [[String: Any]])
      #expect(tokens.compactMap { $0["text"] as? String }.joined() == turn["text"] as? String)
    }
  }

  /// The first answer is what `generate` makes of the same prompt.
  @Test func aChatStreams() throws {
    let chat = try seer.shell("printf 'Hi\\n/reset\\nHi' | \"$SEER\" chat --tokens 6")
    #expect(chat.status == 0 && chat.errors.hasPrefix("seer: memory: weights"))
    let text = try #require(
      try seer("generate", "--prompt", "Hi", "--tokens", "6", "--json").json()["text"] as? String)
    #expect(chat.output == text + "\n" + text + "\n")
    let system = try seer.shell(
      "printf 'Hi' | \"$SEER\" chat --tokens 6 --system 'Say blue'; printf '/quit\\nHi' | \"$SEER\" chat"
    )
    #expect(system.status == 0 && !system.output.isEmpty)
    let scored = try seer.shell("echo Hi | \"$SEER\" chat --tokens 6 --run run --layer 2")
    #expect(scored.output.contains("  [user: ") && scored.output.contains("  [assistant: "))
  }

  /// Another template makes another text; `generate` reads the same one.
  @Test func aTemplateOfOnesOwn() throws {
    let template = """
      {"user": {"before": "Q ", "after": "\\n"}, "assistant": {"before": "A "}, "generation": "A "}
      """
    try seer.folder.write(template, to: "own.json")
    let chat = try seer.shell("echo Hi | \"$SEER\" chat --tokens 6 --template-file own.json")
    #expect(chat.status == 0, "\(chat.errors)")
    let written = try seer(
      "generate", "--prompt", "Hi", "--tokens", "6", "--template-file", "own.json", "--json"
    ).json()
    #expect(chat.output == (written["text"] as? String ?? "") + "\n")
    #expect(chat.output != (try seer.shell("echo Hi | \"$SEER\" chat --tokens 6").output))
    let none = try seer.shell("echo Hi | \"$SEER\" chat --template-file none.jinja")
    none.expect(66, "none.jinja")
  }

  @Test func aChatThatIsTooLong() throws {
    let outcome = try seer.shell("echo Hi | \"$SEER\" chat --tokens 5000")
    outcome.expect(64, "the chat: found ", "wanted at most 2048")
  }

  @Test func verify() throws {
    let arguments = ["score", "--run", "run", "--layer", "1", "--verify", "Is the sky blue?"]
    let result = try seer.run(Seer.program, arguments + ["--json", "--concept", "color"]).json()
    let verify = try #require(result["verify"] as? [String: Any])
    #expect(
      Set(verify.keys) == [
        "concept", "token", "text", "length", "kl", "changes", "later_layer", "later_scores",
        "deletion", "insertion",
      ])
    #expect(verify["concept"] as? String == "color" && verify["later_layer"] as? Int == 3)
    for name in ["kl", "later_scores"] {
      let effect = try #require(verify[name] as? [String: Any])
      #expect(Set(effect.keys) == ["removed", "random", "random_mean", "p"])
      #expect((effect["random"] as? [Double])?.count == 20)
      let p = try #require(effect["p"] as? Double)
      #expect(p > 0 && p <= 1)
    }
    for name in ["deletion", "insertion"] {
      let curve = try #require(verify[name] as? [String: Any])
      let counts = ["shares", "scores", "random"].map { (curve[$0] as? [Double])?.count }
      #expect(Set(counts).count == 1 && counts[0] != nil)
    }
    let text = try seer.run(Seer.program, arguments + ["--token", "3"])
    #expect(text.status == 0, "\(text.errors)")
    #expect(text.output.contains("at token 3"))
    #expect(text.output.contains("next token: KL "))
  }

  @Test func alerts() throws {
    let result = try seer(
      "score", "--run", "run", "--layer", "2", "--alert", "color=0.01", "--json", "Is it blue?"
    ).json()
    let alerts = try #require(result["alerts"] as? [[String: Any]])
    for alert in alerts {
      #expect(Set(alert.keys) == ["concept", "first", "count", "text", "peak"])
      #expect("Is it blue?".contains(alert["text"] as? String ?? "none"))
    }
    let lines = try seer.shell(
      "echo '{\"text\": \"sky\"}' | \"$SEER\" score --run run --layer 2 --alert number=1 -")
    #expect(try object(lines.output)["alerts"] is [Any])
  }

  @Test func steering() throws {
    func text(_ options: String...) throws -> String {
      let outcome = try seer.run(
        Seer.program,
        ["generate", "--prompt", "Hi", "--tokens", "12", "--ignore-stop", "--json"] + options)
      return try #require(try outcome.json()["text"] as? String)
    }
    let plain = try text()
    #expect(try text("--run", "run", "--layer", "2", "--steer", "color=0") == plain)
    let steered = try text("--run", "run", "--layer", "2", "--steer", "color=3")
    #expect(steered != plain)
    let written = try seer(
      "control-vector", "--run", "run", "--layer", "2", "--concept", "color", "--output",
      seer.folder("color.gguf"), "--json"
    ).json()
    #expect(written["layers"] as? [Int] == [2])
    #expect(try text("--control-vector", "color.gguf=3") == steered)
    #expect(try text("--control-vector", "color.gguf=0") == plain)
  }

  @Test(arguments: [
    ["chat", "--tokens", "0"], ["chat", "--run", "run"], ["chat", "--top-p", "2"],
    ["score", "--run", "run", "--layer", "1", "--alert", "color", "x"],
    ["score", "--run", "run", "--layer", "1", "--alert", "color=2", "x"],
    ["score", "--run", "run", "--layer", "1", "--alert", "taste=0.5", "x"],
    ["score", "--run", "run", "--layer", "1", "--concept", "color", "x"],
    ["score", "--run", "run", "--layer", "1", "--verify", "-"],
    ["score", "--run", "run", "--layer", "1", "--verify", "--concept", "taste", "x"],
    ["score", "--run", "run", "--layer", "1", "--verify", "--token", "99", "x"],
    ["generate", "--prompt", "x", "--steer", "color=1"],
    ["generate", "--prompt", "x", "--run", "run", "--layer", "1", "--steer", "color"],
    ["generate", "--prompt", "x", "--run", "run", "--layer", "1", "--steer", "taste=1"],
    ["control-vector", "--run", "run", "--layer", "2", "--concept", "color"],
    ["control-vector", "--run", "run", "--layer", "1", "--concept", "color", "--output", "c.gguf"],
    ["control-vector", "--run", "run", "--concept", "color", "--output", "c.gguf"],
  ])
  func wrongUsage(arguments: [String]) throws {
    try seer.run(Seer.program, arguments).expect(64)
  }

  @Test func aModelIsNoControlVector() throws {
    try seer("generate", "--prompt", "x", "--control-vector", Fixtures.tinyModel).expect(
      65, "key general.architecture: found `llama`, wanted `controlvector`")
    try seer("generate", "--prompt", "x", "--control-vector", "none.gguf").expect(66, "none.gguf")
    try seer(
      "control-vector", "--run", "run", "--layer", "2", "--concept", "color", "--output",
      "no/such/c.gguf"
    ).expect(73, "no/such/c.gguf")
  }
}
