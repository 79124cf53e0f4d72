import Foundation
import TestSupport
import Testing
import seer

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
