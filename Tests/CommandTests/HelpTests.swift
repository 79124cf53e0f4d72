import Foundation
import Testing

struct HelpTests {
  let seer: Seer

  init() throws { seer = try Seer() }

  /// The names under SUBCOMMANDS.
  func commands() throws -> [String] {
    let help = try seer("--help")
    #expect(help.status == 0)
    let list = try #require(
      help.output.components(separatedBy: "SUBCOMMANDS:\n").last?
        .components(separatedBy: "\n\n").first)
    return list.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }

  @Test func everyCommandHasHelpWithAnExample() throws {
    let commands = try commands()
    for wanted in ["explore", "model", "tokenize", "extract", "project", "generate"] {
      #expect(commands.contains(wanted))
    }
    for command in commands where command != "help" {
      let help = try seer(command, "--help")
      #expect(help.status == 0, "\(command)")
      #expect(help.errors.isEmpty, "\(command)")
      #expect(help.output.contains("USAGE: seer \(command)"), "\(command)")
      #expect(help.output.contains("Example"), "\(command)")
      #expect(
        help.output.split(separator: "\n").contains {
          $0.trimmingCharacters(in: .whitespaces).hasPrefix("seer \(command)")
        }, "\(command)")
    }
  }

  @Test func theProgramHasHelpWithAnExample() throws {
    let help = try seer("--help")
    #expect(help.output.contains("Example:\n") && help.output.contains("  seer extract --model"))
    #expect(help.errors.isEmpty)
  }

  @Test func theVersionSaysTheKernelsInUse() throws {
    let version = try seer("--version")
    #expect(version.status == 0 && version.errors.isEmpty)
    #expect(version.output.hasPrefix("seer 0."))
    #expect(version.output.contains("OpenBLAS ") && version.output.contains(" thread"))
  }

  @Test func aKernelThatTheUserSetStands() throws {
    let version = try seer("--version", environment: ["OPENBLAS_CORETYPE": "Haswell"])
    #expect(version.output.contains("OpenBLAS Haswell kernels"))
    #expect(!version.output.contains("restarted"))
  }

  @Test func theProgramRestartsOnceAtTheMost() throws {
    let version = try seer("--version", environment: ["SEER_RELAUNCHED": "1"])
    #expect(version.status == 0 && version.output.hasPrefix("seer 0."))
  }

  @Test func theNumberOfThreadsCanBeSet() throws {
    let version = try seer("--version", environment: ["SEER_THREADS": "1"])
    #expect(version.output.contains("1 thread)"))
  }

  /// An example is as wide as the terminal at most, and what stands there can be copied into a shell.
  @Test(arguments: [60, 80])
  func examplesGoOnAsAShellReadsThem(columns: Int) throws {
    func examples(_ command: [String], _ columns: Int) throws -> [Substring] {
      let help = try seer.run(
        Seer.program, command + ["--help"], environment: ["COLUMNS": "\(columns)"])
      return Array(
        help.output.split(separator: "\n").prefix { !$0.hasPrefix("USAGE") }
          .drop { !$0.hasPrefix("  seer ") })
    }
    let judgements = ["classify", "monitor", "faithfulness", "detox", "ability"].map {
      ["evaluate", $0]
    }
    var broken = 0
    for command in try commands().filter({ $0 != "help" }).map({ [$0] }) + judgements {
      let shown = try examples(command, columns)
      #expect(shown.allSatisfy { $0.count <= columns }, "\(command) at \(columns): \(shown)")
      broken += shown.count { $0.hasSuffix(" \\") }
      func copied(_ lines: [Substring]) -> [String] {
        lines.joined(separator: "\n").replacingOccurrences(of: "\\\n", with: " ")
          .split { $0.isWhitespace }.map(String.init)
      }
      #expect(copied(shown) == copied(try examples(command, 200)), "\(command)")
    }
    #expect(broken > 0)
  }

  /// A paragraph of help is broken at the terminal's width, not where its source was.
  @Test(arguments: [60, 100, 200])
  func proseIsBrokenAtTheTerminalsWidth(columns: Int) throws {
    for command in try commands() where command != "help" {
      let help = try seer(command, "--help", environment: ["COLUMNS": "\(columns)"])
      let lines = help.output.split(separator: "\n", omittingEmptySubsequences: false)
      let end = lines.firstIndex { $0.hasPrefix("USAGE") } ?? 0
      for (line, next) in zip(lines[..<end], lines[..<end].dropFirst()) {
        guard !line.isEmpty, !next.isEmpty, line.first != " ", next.first != " ", line.last != ":"
        else { continue }
        let word = next.prefix { $0 != " " }
        #expect(
          line.count <= columns && line.count + 1 + word.count >= columns,
          "\(command) at \(columns): \(line)")
      }
    }
  }

  @Test func topicsAreExplained() throws {
    // The list may go over the end of a line.
    let words = try seer("--help").output.split { " \n".contains($0) }.joined(separator: " ")
    let list = try #require(
      words.components(separatedBy: "explains a word: ").last?.split(separator: ".").first)
    let topics = list.components(separatedBy: ", ")
    for wanted in ["layers", "positions", "precision", "presets", "templates"] {
      #expect(topics.contains(wanted))
    }
    for topic in topics {
      let help = try seer("help", topic, environment: ["COLUMNS": "70"])
      #expect(help.status == 0 && help.errors.isEmpty, "\(topic)")
      #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(topic)")
      #expect(!help.output.contains("USAGE"), "\(topic)")
    }
  }

  @Test func helpOfACommandIsNotATopic() throws {
    #expect(try seer("help", "extract").output.contains("USAGE: seer extract"))
  }
}
