import ArgumentParser
import Foundation
import SeerSupport
import SeerTraining

struct PresetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preset",
    abstract: "Print a training preset as a file to copy and edit.",
    discussion: """
      Without a name, the names are listed.

      Example:
        seer preset detox > my-preset.json
        seer train --preset my-preset.json --concepts samples/concepts.csv --adapter my-adapter
      """.reflowed)

  @Argument(help: "A preset's name, or a JSON file of its keys.") var name: String?
  @Flag(help: "Print one JSON object; what is printed for a name is JSON anyway.") var json = false

  struct Names: Encodable {
    let presets: [String]
  }

  func run() throws {
    guard let name else {
      if json { return try Report.json(Names(presets: TrainingPreset.names)) }
      for name in TrainingPreset.names {
        Report.line("\(name)\t\(TrainingPreset.abstract(of: name))")
      }
      return
    }
    let preset = try TrainingPreset.named(name)
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      json
      ? [.sortedKeys, .withoutEscapingSlashes]
      : [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    Report.exact(String(decoding: try encoder.encode(preset), as: UTF8.self) + "\n")
  }
}
