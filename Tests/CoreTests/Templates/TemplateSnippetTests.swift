import SeerSupport
import SeerTemplates
import TestSupport
import Testing

/// Small templates against Jinja2 itself, as transformers sets it up
/// (Fixtures/Templates/make_snippets.py).
struct TemplateSnippetTests {
  @Test func snippetsAreTheReference() throws {
    let golden = try JSON(path: Fixtures.folder + "/Templates/snippets.json")
    var variables: [String: TemplateValue] = [:]
    for member in try #require(golden["variables"]).members {
      variables[String(decoding: member.name, as: UTF8.self)] = try TemplateValue(member.value)
    }
    var count = 0
    for entry in try #require(golden["snippets"]).elements {
      let parts = Array(entry.elements)
      let template = try #require(parts[0].string)
      let wanted = parts[1].bytes
      count += 1
      do throws(Failure) {
        let text = try Template(template).render(variables)
        #expect(
          Array(text.utf8) == wanted,
          "\(template.debugDescription) gives \(text.debugDescription), not \(parts[1].string?.debugDescription ?? "a failure")"
        )
      } catch {
        #expect(
          wanted == nil,
          "\(template.debugDescription) fails: \(error), not \(parts[1].string?.debugDescription ?? "")"
        )
      }
    }
    #expect(count > 900)
  }
}
