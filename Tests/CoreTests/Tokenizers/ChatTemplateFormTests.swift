import SeerSupport
import SeerTokenizers
import TestSupport
import Testing

/// The user's own template: turns as a JSON object.
struct ChatTemplateFormTests {
  @Test func aFormIsATemplate() throws {
    let template = ChatTemplate(
      """
      {"start": "<s>", "user": {"before": "U: ", "end": "|", "after": "\\n"},
       "assistant": {"before": "A: ", "end": "\\"|é{{", "trim": true}, "generation": "A: "}
      """)
    #expect(template.family == .other)
    let chat = [ChatMessage(.user, " hi"), ChatMessage(.assistant, " ho\n")]
    #expect(try template.text(chat) == "<s>U:  hi|\nA: ho\"|é{{")
    #expect(try template.text([chat[0]], generationHeader: true) == "<s>U:  hi|\nA: ")
    let refused = thrownFailure { _ = try template.text([ChatMessage(.system, "x")]) }
    #expect(refused?.found.contains("a system message") == true)
  }

  @Test func aFormWithSystem() throws {
    let template = ChatTemplate(
      """
      {"system": {"before": "S: ", "end": "|"}, "user": {"before": "U: "}, "assistant": {},
       "generation": "A: ", "default_system": "Be \\"kind\\""}
      """)
    #expect(try template.text([ChatMessage(.user, "a")]) == "S: Be \"kind\"|U: a")
    let chat = [ChatMessage(.system, "x"), ChatMessage(.user, "a")]
    #expect(try template.text(chat) == "S: x|U: a")
  }

  @Test(arguments: [
    ("{}", "no `user`"), ("{\"user\": 3, \"assistant\": {}, \"generation\": \"\"}", "`user` of"),
    ("{\"user\": {}, ", "no JSON object"),
  ])
  func aBadForm(text: String, found: String) throws {
    let failure = try #require(thrownFailure { try ChatTemplate(text).check() })
    failure.expect(place: "chat template", found: found)
  }
}
