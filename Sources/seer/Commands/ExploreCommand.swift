import ArgumentParser
import Core

struct ExploreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explore", abstract: "Open runs in the terminal explorer.")

  func run() throws {}
}
