import Foundation
import Testing
import seer

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
}
