import ArgumentParser
import seer

/// The commands with the explorer, which opens where none is given.
struct Seer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seer",
    abstract: "Explore what language models think, in the terminal.",
    discussion: """
      With no command, the last run is opened in the explorer, or else the sample.

      Example:
        seer extract --model smollm2 --concepts samples/concepts.csv --run my-run
        seer explore --run my-run

      `seer help TOPIC` explains a word: \(HelpTopics.names).
      """.reflowed,
    version: Version.text,
    subcommands: [ExploreCommand.self] + Program.commands,
    defaultSubcommand: ExploreCommand.self)
}
