import Foundation
import TestSupport
import Testing

/// `seer tokenize --template chat`, and what the other commands take of a chat template.
struct TokenizeChatTests {
  let seer: Seer

  init() throws { seer = try Seer() }

  @Test func aPromptAndItsAnswer() throws {
    let result = try seer(
      "tokenize", "--template", "chat", "--prompt", "Hi", "--response", "the sky", "--json"
    ).json()
    #expect(Set(result.keys) == ["text", "ids", "tokens", "positions"])
    let text = try #require(result["text"] as? String)
    #expect(
      text.hasSuffix(
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nthe sky<|im_end|>\n"))
    let tokens = try #require(result["tokens"] as? [String])
    let positions = try #require(result["positions"] as? [String: Int])
    #expect(Set(positions.keys) == ["last", "prompt-end"])
    let last = try #require(positions["last"])
    let promptEnd = try #require(positions["prompt-end"])
    #expect(tokens[last] == "<|im_end|>" && last == tokens.count - 2)
    #expect(tokens[promptEnd] == "<|im_end|>" && promptEnd < last)
    let lines = try seer(
      "tokenize", "--template", "chat", "--prompt", "Hi", "--response", "the sky"
    ).output.split(separator: "\n")
    #expect(lines.count == tokens.count)
    #expect(lines[last].hasSuffix("\tlast") && lines[promptEnd].hasSuffix("\tprompt-end"))
  }

  @Test func aConversationWithArguments() throws {
    try seer.folder.write(
      "[{\"role\": \"user\", \"content\": \" Hi \"}, {\"role\": \"tool\", \"content\": \"x\"}]",
      to: "chat.json")
    try seer.folder.write("[{\"name\": \"f\"}]", to: "tools.json")
    try seer.folder.write(
      """
      {{ tools[0].name }}|{{ strftime_now('%d') }}|{{ mode }}|{{ enable_thinking }}
      {% for m in messages %}{{ m.role }}:{{ m.content | trim }};{% endfor %}
      {% if add_generation_prompt %}>{% endif %}
      """, to: "own.jinja")
    let arguments = [
      "tokenize", "--template", "chat", "--messages", "chat.json", "--template-file", "own.jinja",
      "--template-arg", "tools=@tools.json", "--template-arg", "enable_thinking=false",
      "--template-arg", "mode=two words", "--date", "2026-01-31", "--json",
    ]
    let bare = try seer.run(Seer.program, arguments).json()
    #expect(bare["text"] as? String == "f|31|two words|False\nuser:Hi;tool:x;")
    let opened = try seer.run(Seer.program, arguments + ["--generate"]).json()
    #expect(opened["text"] as? String == "f|31|two words|False\nuser:Hi;tool:x;>")
  }

  /// A run of other arguments is told wherever it scores.
  @Test func otherArgumentsThanTheRunsAreTold() throws {
    try seer.folder.write(EvaluateTests.rows(24), to: "concepts.csv")
    try seer.folder.write(
      "{{ style }}{% for m in messages %}<{{ m.content }}>{% endfor %}", to: "own.jinja")
    try seer.folder.write("prompt\nthe sky\n", to: "prompts.csv")
    let given = ["--template-file", "own.jinja", "--template-arg", "style=a"]
    #expect(
      try seer.run(
        Seer.program, ["extract", "--concepts", "concepts.csv", "--run", "run"] + given
      ).status == 0)
    let commands = [
      ["score", "--run", "run", "--layer", "2", "the sky"],
      ["generate", "--run", "run", "--layer", "2", "--prompt", "the sky", "--tokens", "2"],
      [
        "evaluate", "classify", "--train", "concepts.csv", "--test", "concepts.csv", "--layer",
        "2", "--permutations", "0", "--resamples", "2", "--monitor", "run",
      ],
      [
        "evaluate", "detox", "--harmful", "prompts.csv", "--safe", "prompts.csv", "--tokens", "2",
        "--run", "run", "--layer", "2", "--output", "answers.jsonl",
      ],
    ]
    let told = "run was extracted with --template-file (SHA-256 "
    for command in commands {
      let same = try seer.run(Seer.program, command + given)
      #expect(same.status == 0, "\(same.errors)")
      #expect(!same.errors.contains(told), "\(same.errors)")
      try? FileManager.default.removeItem(atPath: seer.folder("answers.jsonl"))
      let other = try seer.run(Seer.program, command + given.dropLast() + ["style=b"])
      #expect(other.status == 0, "\(other.errors)")
      #expect(
        other.errors.contains(told)
          && other.errors.contains("--template-arg style=\"a\"; texts are now written with"),
        "\(command): \(other.errors)")
      try? FileManager.default.removeItem(atPath: seer.folder("answers.jsonl"))
    }
    let chat = try seer.shell("echo Hi | $SEER chat --run run --layer 2 --tokens 2")
    #expect(chat.errors.contains("now written with the model's own template as it is."))
    #expect(
      try seer.run(
        Seer.program,
        ["extract", "--concepts", "concepts.csv", "--run", "other"] + given.dropLast() + ["style=b"]
      ).status == 0)
    let compared = try seer(
      "compare", "--base", "run", "--tuned", "other", "--permutations", "0")
    #expect(compared.errors.contains("The runs differ in how conversations are written: "))
  }

  /// The Prompt screen writes conversations as the run's were, or as it is told.
  @Test func theExplorerTakesTheTemplatesOptions() throws {
    _ = try seer.concepts()
    try seer.folder.write(
      "{{ style }}{% for m in messages %}<{{ m.content }}>{% endfor %}", to: "own.jinja")
    #expect(
      try seer(
        "extract", "--concepts", "concepts.csv", "--run", "run", "--template-file", "own.jinja",
        "--template-arg", "style=a"
      ).status == 0)
    try seer.folder.write(
      "key F4\nwait idle\nsave-screen \(seer.folder("screen.txt"))\nquit\n", to: "keys")
    let arguments = ["explore", "--run", "run", "--script", "keys"]
    func isTold(_ options: String...) throws -> Bool {
      let outcome = try seer.run(Seer.program, arguments + options)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let screen = String(decoding: try bytes(ofFile: seer.folder("screen.txt")), as: UTF8.self)
      #expect(screen.contains("[F4 Prompt]"))
      return screen.contains("run was extracted with --template-file")
    }
    #expect(try !isTold("--template-file", "own.jinja"))
    #expect(try isTold("--template-file", "own.jinja", "--template-arg", "style=b"))
    #expect(try isTold())
    try seer.run(Seer.program, arguments + ["--template-arg", "none"]).expect(
      64, "--template-arg: found `none`")
    try seer.run(Seer.program, arguments + ["--date", "tomorrow"]).expect(64, "--date: found")
  }

  @Test func aRunTellsWhatTheTemplateWasGiven() throws {
    let concepts = try seer.concepts()
    try seer.folder.write(
      "{{ style }}{% for m in messages %}{{ m.content }}|{% endfor %}", to: "own.jinja")
    func extract(_ more: String...) throws -> [String: Any] {
      let outcome = try seer.run(
        Seer.program,
        ["extract", "--concepts", concepts, "--run", "run-\(more.count)"] + more)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let data = try TestSupport.bytes(ofFile: seer.folder("run-\(more.count)/run.json"))
      let object = try JSONSerialization.jsonObject(with: Data(data))
      return try #require(object as? [String: Any])
    }
    let plain = try extract()
    #expect(plain["template_arguments"] == nil && plain["template_date"] == nil)
    let given = try extract(
      "--template-file", "own.jinja", "--template-arg", "style=[1]", "--template-arg", "other=2",
      "--date", "2026-01-31")
    #expect(given["template_arguments"] as? [String: String] == ["style": "[1]"])
    #expect(given["template_date"] == nil)
    #expect(given["template_sha256"] != nil)
  }

  @Test(arguments: [
    (["--prompt", "x"], "Give a text"),
    (["x", "--prompt", "y"], "--prompt: found no --template chat"),
    (["--template", "chat"], "either --messages or --prompt"),
    (["--template", "chat", "x", "--prompt", "y"], "and no text"),
    (
      ["--template", "chat", "--messages", "m", "--response", "y"], "--response: found no --prompt"
    ),
    (["x", "--date", "2026-01-31"], "--date: found no --template chat"),
    (["--template", "chat", "--prompt", "y", "--date", "tomorrow"], "wanted a day such as"),
    (["--template", "chat", "--prompt", "y", "--template-arg", "x"], "wanted NAME=VALUE"),
  ])
  func wrongUsage(arguments: [String], words: String) throws {
    try seer.run(Seer.program, ["tokenize"] + arguments).expect(64, words)
  }

  @Test func aTemplateThatRefuses() throws {
    try seer.folder.write("\n{{ raise_exception('Be kind') if messages }}", to: "own.jinja")
    let outcome = try seer(
      "generate", "--prompt", "Hi", "--template-file", "own.jinja", "--tokens", "2")
    outcome.expect(65, "own.jinja, chat template, line 2: found ", "refuses: Be kind")
  }
}
