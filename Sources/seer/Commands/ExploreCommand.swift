import ArgumentParser
import Core
import Foundation
import TUI

struct ExploreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explore", abstract: "Open runs in the terminal explorer.",
    discussion: """
      Example:
        seer explore --run my-run

      A script gives the interface one command a line in place of a person: key j, type TEXT,
      mouse X Y left, wait idle, save-screen FILE, resize 120x40, quit.
      """)

  @Option(name: .customLong("run"), help: "A run folder to open.")
  var runs: [String] = []

  @Option(help: "Play this script instead of opening the terminal.")
  var script: String?

  @Flag(help: "Draw with ASCII only, whatever the terminal can do.")
  var ascii = false

  @Option(help: "Colours: direct, 256, 16 or mono; else what the terminal has.")
  var colors: ColorDepth?

  func run() throws {
    let options = ExplorerOptions(
      runs: runs, script: script, ascii: ascii ? true : nil, colors: colors)
    let ending = try Explorer.run(options)
    if ending.exitCode != 0 { Foundation.exit(ending.exitCode) }
  }
}

extension ColorDepth: ExpressibleByArgument {}
