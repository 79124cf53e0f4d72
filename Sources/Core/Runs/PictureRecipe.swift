import Foundation
import SeerSupport

/// What a run's states were made from, as it is written beside what is made from them.
package struct RunProvenance: Codable, Equatable, Sendable {
  package var run: String
  package var layer: Int?
  package var model: String
  package var modelSHA256: String
  package var adapter: String?
  package var adapterSHA256: String?
  package var statesSHA256: String?
  package var concepts: String
  package var conceptsSHA256: String
  package var template: String
  package var position: String
  package var maxTokens: Int
  /// How exactly the model multiplied; nil where that is not known to be other than exact.
  package var precision: String?
  /// The program that extracted the states.
  package var tool: String

  package enum CodingKeys: String, CodingKey {
    case run, layer, model
    case modelSHA256 = "model_sha256"
    case adapter
    case adapterSHA256 = "adapter_sha256"
    case statesSHA256 = "states_sha256"
    case concepts
    case conceptsSHA256 = "concepts_sha256"
    case template, position
    case maxTokens = "max_tokens"
    case precision, tool
  }

  package init(_ run: Run, layer: Int? = nil) {
    let manifest = run.manifest
    self.run = run.folder
    self.layer = layer
    model = manifest.model
    modelSHA256 = manifest.modelSHA256
    adapter = manifest.adapter
    adapterSHA256 = manifest.adapterSHA256
    statesSHA256 = manifest.statesSHA256
    concepts = manifest.concepts
    conceptsSHA256 = manifest.conceptsSHA256
    template = manifest.templateTitle
    position = manifest.position.rawValue
    maxTokens = manifest.maxTokens
    precision = manifest.multiplied == .exact ? nil : manifest.multiplied.rawValue
    tool = manifest.tool
  }
}

/// How an exported file or picture was made: enough to make it again.
package struct PictureRecipe: Codable, Equatable, Sendable {
  /// The program and version that wrote it.
  package var tool: String
  /// The command that makes it again.
  package var command: [String]
  package var output: String
  package var runs: [RunProvenance]
  /// `states`, the name of a layout (`Layouts`), `concepts`, or `map` for coordinates from a file.
  package var method: String
  /// Of several runs' maps: `joint`, one projection of all, or `aligned`, one of each, turned to
  /// match.
  package var arrangement: String?
  package var map: String?
  package var mapSHA256: String?
  package var seed: UInt64
  /// `npy`, `tsv`, `csv`, `svg` or `png`, of an export.
  package var format: String?
  /// What else a map was made with, such as `perplexity`.
  package var settings: [String: String]?

  package enum CodingKeys: String, CodingKey {
    case tool, command, output, runs, method, arrangement, map
    case mapSHA256 = "map_sha256"
    case seed, format, settings
  }

  package init(
    tool: String, command: [String], output: String, runs: [RunProvenance], method: String,
    seed: UInt64
  ) {
    self.tool = tool
    self.command = command
    self.output = output
    self.runs = runs
    self.method = method
    self.seed = seed
  }

  /// Writes `PATH.recipe.json` beside a file and returns its name; nil where the picture goes down a
  /// pipe or to a device, beside which there is no place.
  @discardableResult
  package func write(beside path: String) throws -> String? {
    if OutputFile.isStream(path) { return nil }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let name = path + ".recipe.json"
    try OutputFile.write([UInt8](try encoder.encode(self)) + [0x0A], to: name)
    return name
  }
}
