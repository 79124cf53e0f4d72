import SeerSupport
import TestSupport
import Testing

/// Patterns match as Python's re says (Fixtures/Patterns/make_patterns.py), or are refused.
struct PythonPatternTests {
  struct Golden: Decodable {
    struct Entry: Decodable {
      let pattern: String
      let all: [Bool]
      let start: [Bool]
    }
    let names: [String]
    let entries: [Entry]
  }

  @Test func namesMatchAsInPython() throws {
    let golden: Golden = try Fixtures.golden("Patterns/patterns.json")
    #expect(golden.entries.count > 20)
    for entry in golden.entries {
      let pattern = try PythonPattern(entry.pattern)
      for (index, name) in golden.names.enumerated() {
        #expect(
          try pattern.matchesAll(of: name) == entry.all[index], "\(entry.pattern) of \(name)")
        #expect(
          try pattern.matchesStart(of: name) == entry.start[index], "\(entry.pattern) at \(name)")
      }
    }
  }

  /// What Python refuses, or reads otherwise than PCRE2 would.
  @Test(arguments: [
    (".*\\h", "\\h"), ("a\\Kb", "\\K"), ("\\Qa\\E", "\\Q"), ("\\R", "\\R"), ("\\v", "\\v"),
    ("a(?i)b", "(?i)"), ("a(?im)b", "(?im)"), ("(?|a|b)", "(?|"), ("(?R)", "(?R"),
    ("(a)(?1)", "(?1"),
    ("(?<n>a)", "(?<"), ("(?P<n>a)(?P>n)", "(?P>"), ("(*ACCEPT)", "(*"), ("[[:alpha:]]", "[[:"),
    ("a{,2}", "{,"), ("(?'n'a)", "(?'"),
  ])
  func foreignPartsAreNamed(pattern: String, part: String) throws {
    let failure = try #require(thrownFailure { _ = try PythonPattern(pattern) })
    failure.expect(found: "`\(pattern)`: `\(part)`", wanted: "Python's re")
  }

  @Test(arguments: ["(", "[", "a**", "(?P<n", "\\", "(?z)"])
  func mistakesAreTold(pattern: String) throws {
    let failure = try #require(thrownFailure { _ = try PythonPattern(pattern) })
    failure.expect(found: "`\(pattern)`", wanted: "Python's re")
  }

  @Test func endlessBacktrackingIsEnded() throws {
    let pattern = try PythonPattern("(a|a?)+b")
    let name = String(repeating: "a", count: 60) + "xb"
    let failure = try #require(thrownFailure { _ = try pattern.matchesAll(of: name) })
    failure.expect(found: "backtracks too long", wanted: "a simpler one")
  }
}
