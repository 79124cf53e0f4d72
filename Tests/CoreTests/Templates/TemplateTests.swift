import SeerSupport
import SeerTemplates
import TestSupport
import Testing

/// What Jinja leaves to whoever runs a template: refusals by name and line, bounds.
struct TemplateTests {
  func text(
    _ template: String, _ variables: [String: TemplateValue] = [:],
    date: TemplateDate = .usual
  ) throws -> String {
    try Template(template).render(variables, date: date)
  }

  func failure(_ template: String) throws -> Failure {
    try #require(thrownFailure { _ = try text(template) }, "\(template) gives a text")
  }

  @Test(arguments: [
    ("a\n{% include 'x' %}", 2, "a tag `include`"), ("{% extends 'x' %}", 1, "a tag `extends`"),
    ("{% block a %}{% endblock %}", 1, "a tag `block`"), ("{% do x %}", 1, "a tag `do`"),
    ("\n\n{{ 'x' | nothing }}", 3, "a filter `nothing`"),
    ("{{ 'x' | pprint }}", 1, "a filter `pprint`"),
    ("{{ x\n is nothing }}", 1, "a test `nothing`"),
    ("{{ 'x'.encode() }}", 1, "the method `encode` of a str"),
    ("{% if 1 %}\n{{ 1 + }}", 2, "`}}`"), ("{% if 1 %}\n\n", 2, "the end of the template"),
    ("{{ '\\N{DASH}' }}", 1, "an escape `\\N`"), ("{{ 'x }}", 1, "no end of a text"),
    ("{{ x.y }}", 1, "`x`, which is undefined"), ("{{ {'a': 1}.b.c }}", 1, "no `b` in a dict"),
    ("{{ lipsum() }}", 1, "`lipsum`"), ("{{ cycler(1) }}", 1, "`cycler`"),
    ("{{ ('a' | safe) ~ 'b' }}", 1, "marked as safe"),
    ("{{ [1].append(2) }}", 1, "would change it"),
    ("{{ 99999999999999999999 }}", 1, "the number 99999999999999999999"),
    ("{{ 2 ** 64 }}", 1, "64 bits"),
    ("{{ namespace }}", 1, "a function to print"),
    ("{{ raise_exception('Be kind') }}", 1, "refuses: Be kind"),
    ("{# x", 1, "no end of a comment"), ("{{ 1 ? 2 }}", 1, "the character `?`"),
    ("{{ {[1]: 2} }}", 1, "a key that is a list"), ("{{ 1 / 0 }}", 1, "a division by zero"),
  ])
  func refusals(template: String, line: Int, found: String) throws {
    try failure(template).expect(place: "chat template, line \(line)", found: found)
  }

  /// So many of a part, and as many of another after it.
  static func deep(_ open: String, _ middle: String = "", _ close: String = "") -> String {
    String(repeating: open, count: 5000) + middle + String(repeating: close, count: 5000)
  }

  static func printed(_ open: String, _ middle: String, _ close: String = "") -> String {
    "{{ \(deep(open, middle, close)) }}"
  }

  static func often(_ start: String, _ step: String) -> String {
    "{% set ns = namespace(x=\(start)) %}{% for a in range(9999) %}{% set ns.x = \(step) %}{% endfor %}{{ ns.x }}"
  }

  /// Each would take the machine or the stack if it could.
  static let greedy: [String] = [
    deep("("), deep("["), deep("{{"), deep("{% if 1 %}"), deep("{% if 1 %}", "", "{% endif %}"),
    deep("{% for a in b %}"), deep("{% set x = [x] %}"), printed("(", "1", ")"), printed("-", "1"),
    printed("not ", "1"), printed("1 + ", "1"), printed("1 ~ ", "1"), printed("", "x", ".a"),
    printed("", "x", "[0]"), printed("", "'x'", " | upper"), printed("", "1", " if 1 else 1"),
    printed("1 and ", "1"), printed("1 < ", "1"), printed("f(", "1", ")"), printed("{1:", "1", "}"),
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ m() }}{% endcall %}",
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    often("'ab'", "ns.x ~ ns.x"), often("[1]", "ns.x + ns.x"), often("[]", "[ns.x]"),
    often("{}", "{'a': ns.x}"), often("'x'", "[ns.x].index"), often("1", "(ns.x, ns)"),
    often("[1]", "ns.x | map('string')"), often("'a'", "[ns.x] | batch(1)"),
    often("2", "ns.x * ns.x"),
    "{{ 'ab' * 99999999999 }}", "{{ [1] * 99999999999 }}", "{{ 'a' | center(99999999999) }}",
    "{{ '%99999999999d' % 1 }}", "{{ '{:99999999999}'.format(1) }}",
    "{{ 'a' | indent(99999999999) }}", "{{ range(-9223372036854775807, 9223372036854775807) }}",
    "{{ range(0, 9, -9223372036854775807 - 1) | list }}", "{{ (-9223372036854775807 - 1) // -1 }}",
    "{{ -(-9223372036854775807 - 1) }}", "{{ (-9223372036854775807 - 1) | abs }}",
    "{{ (-9223372036854775807 - 1) % -1 }}",
    "{{ 'abc'[9223372036854775807::9223372036854775807] }}",
    "{{ 'abc'[::-9223372036854775807 - 1] }}", "{{ [1][-9223372036854775807 - 1] }}",
    "{{ 'a' | replace('', 'b' * 9999999) | replace('b', 'c' * 9999999) }}",
    "{{ ('a' * 9999) | list | join('a' * 9999999) }}", "{{ '%.99999999f' % 1.5 }}",
    "{{ '%c' % -1 }}", "{{ '%d' % 1e300 }}", "{{ 1e300 | int }}", "{{ '1e400' | int }}",
    "{{ 1.5 | round(999999999) }}", "{{ 1.5 | round(-9223372036854775807 - 1) }}",
    "{{ [1] | batch(99999999999, 0) | list }}", "{{ [1] | slice(99999999999) | list }}",
    "{{ 'a\\tb'.expandtabs(99999999999) }}", "{{ 'a'.zfill(99999999999) }}",
    "{{ {} | tojson(indent=99999999999) }}", "{{ 'a' | truncate(-9223372036854775807 - 1) }}",
    "{{ 'abc'.find('b', -9223372036854775807 - 1) }}",
    "{{ 'a b'.split(none, -9223372036854775807 - 1) }}",
    "{{ strftime_now('%Y' * 99999) }}", "{{ strftime_now('%') }}",
  ]

  @Test(arguments: greedy)
  func bounds(template: String) throws {
    // Some end well, and shortly.
    let failure = thrownFailure { _ = try text(template) }
    failure?.expect(place: "chat template", found: "")
  }

  @Test func whatIsBoundedIsRefused() throws {
    for (template, found) in [
      ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls itself again"),
      (
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "come to an end"
      ),
      (
        "{% set ns = namespace(x=[]) %}{% for a in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}",
        "too deep"
      ),
      ("{{ 'ab' * 99999999999 }}", "99999999999 times"), ("{{ range(100001) }}", "100001 numbers"),
    ] {
      try failure(template).expect(place: "chat template, line 1", found: found)
    }
  }

  @Test func todayIsTheDayOfLlamasTemplateUnlessGiven() throws {
    #expect(try text("{{ strftime_now('%d %b %Y, %A') }}") == "26 Jul 2024, Friday")
    let day = try #require(TemplateDate("2026-02-28"))
    #expect(try text("{{ strftime_now('%e. %B %y %j') }}", date: day) == "28. February 26 059")
    #expect(day.description == "2026-02-28")
    for wrong in [
      "2026-02-29", "26-2-28", "2026-13-01", "2026-01-00", "x", "2026-02-28-01", "0000-01-01",
      "２026-01-01",
    ] {
      #expect(TemplateDate(wrong) == nil, "\(wrong)")
    }
    #expect(TemplateDate("2024-02-29") != nil)
  }

  /// Swift's texts are equal where their bytes differ; a template's are not.
  @Test func textsAreBytes() throws {
    let variables: [String: TemplateValue] = [
      "a": .string("\u{212B}"), "b": .string("\u{C5}"), "c": .string("a\r\nb"),
    ]
    #expect(try text("{{ a == b }}{{ {a: 1, b: 2} | length }}", variables) == "False2")
    #expect(try text("{{ c | length }}{{ c.split('\n') | length }}", variables) == "42")
  }

  @Test func messagesNameTheWayOut() throws {
    try failure("{% include 'x' %}").expect(found: "include", advice: "--template-file")
    #expect(try failure("{{ raise_exception('x') }}").advice == nil)
  }
}
